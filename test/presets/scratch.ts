/** Files that a test writes, in a directory of its own that goes when the tests of the file end. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { MissileError } from "../../src/core/error.ts";

const directory = mkdtempSync(join(tmpdir(), "missile-presets-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Writes the file and returns its absolute path. */
export function scratchFile(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** Expects `act` to throw a MissileError of that code whose one line holds every one of `parts`. */
export function expectRefusal(act: () => unknown, code: string, ...parts: string[]): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(MissileError);
  const error = thrown as MissileError;
  expect(error.message.split("\n")).toHaveLength(1);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.code).toBe(code);
}
