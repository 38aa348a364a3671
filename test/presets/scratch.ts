/** Files that tests write, in a directory that goes with the process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { MissileError } from "../../src/core/error.ts";

const directory = mkdtempSync(join(tmpdir(), "missile-presets-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));

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
