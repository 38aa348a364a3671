/** Mixes by name and file: which file a mix came from, and what saving it would replace. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MixFiles } from "../../src/cli/mix-files.ts";
import { loadMix, saveMix } from "../../src/presets/index.ts";
import { scratch } from "../engine/fixtures.ts";

const folder = scratch();

it("a mix replaces every file but the one that it came from, or was saved as", () => {
  const preset = loadMix("two-tenants");
  const [own, other] = [join(folder, "own.yaml"), join(folder, "other.yaml")];
  saveMix(preset, own);
  writeFileSync(other, "tenants: []\n");
  const mix = loadMix(own);
  const files = new MixFiles(mix, own);
  expect(files.replaces(mix.name, own)).toBe(false);
  expect(files.replaces(mix.name, join(folder, "own"))).toBe(false);
  expect(files.replaces(mix.name, other)).toBe(true);
  expect(files.replaces(mix.name, join(folder, "new.yaml"))).toBe(false);
  expect(new MixFiles(preset, "two-tenants").replaces(preset.name, own)).toBe(true);
});

it("what was saved is its own from then on", () => {
  const mix = loadMix("two-tenants");
  const files = new MixFiles(mix, "two-tenants");
  const file = join(folder, "saved.yaml");
  files.save(mix, file);
  expect(files.replaces(mix.name, file)).toBe(false);
});
