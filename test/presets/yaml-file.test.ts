import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { MissileError } from "../../src/core/error.ts";
import { readYamlFile } from "../../src/presets/yaml-file.ts";

const path = join(mkdtempSync(join(tmpdir(), "missile-")), "some.yaml");
const schema = z.strictObject({
  size: z.int(),
  parts: z.array(z.strictObject({ name: z.string() })).default([]),
});

function read(text: string) {
  writeFileSync(path, text);
  return readYamlFile(path, schema);
}

/** The complaint about the text, without the path, on which it must begin. */
function complaint(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof MissileError)) throw error;
    expect(error.message.startsWith(path)).toBe(true);
    expect(error.message).not.toContain("\n");
    return error.message.slice(path.length);
  }
  throw new Error("nothing was wrong with it");
}

test("what the schema accepts comes back with its defaults", () => {
  expect(read("size: 3 # comment\n")).toEqual({ size: 3, parts: [] });
});

test("complaints point at the value, the missing value's parent, or the unknown key", () => {
  expect(complaint("size: 3\nparts:\n  - name: a\n  - name: 7\n")).toMatch(
    /^:4:11: parts\.1\.name: must be text, not 7/,
  );
  expect(complaint("size: 3\nparts:\n  - name: a\n  - {}\n")).toMatch(/^:4:5: parts\.1\.name: /);
  expect(complaint("size: 3\nparts:\n  - name: a\n    colour: red\n")).toMatch(/^:4:5: parts\.0: .*"colour"/);
  expect(complaint("parts: []\n")).toMatch(/^:1:1: size: /);
  expect(complaint("")).toBe(":1:1: must be a map of keys, not nothing");
});

test("broken YAML is told with line and column", () => {
  expect(complaint("size: 3\nparts: [1, 2\nother: 4\n")).toMatch(/^:\d+:\d+: /);
});

test("a file that cannot be read is named", () => {
  expect(() => readYamlFile("/nowhere.yaml", schema)).toThrow(/^\/nowhere\.yaml: cannot be read \(ENOENT/);
});
