import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { loadAddon } from "../../src/native/addon.ts";

test("an addon that is not built is told with what to run", () => {
  const load = () => loadAddon("/nowhere/missile.node");
  expect(load).toThrow(MissileError);
  expect(load).toThrow(
    "the native addon is not built (/nowhere/missile.node is missing); run: npm run install",
  );
});

test("an addon that does not load is told in one line", () => {
  const path = join(mkdtempSync(join(tmpdir(), "missile-")), "missile.node");
  writeFileSync(path, "not an addon");
  expect(() => loadAddon(path)).toThrow(
    /^the native addon does not load \(.*\); build it again: npm run install$/,
  );
});
