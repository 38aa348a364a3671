import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { historyPath, PaletteFile } from "../../src/cli/palette-file.ts";
import { scratch } from "../engine/fixtures.ts";

const fresh = (): string => join(scratch(), "state", "history");

function holding(bytes: string | Uint8Array): string {
  const path = fresh();
  mkdirSync(dirname(path));
  writeFileSync(path, bytes);
  return path;
}

describe("the palette's history", () => {
  it("lies where XDG says", () => {
    expect(historyPath({ XDG_STATE_HOME: "/var/me" })).toBe("/var/me/missile-console/history");
    expect(historyPath({ XDG_STATE_HOME: "me" })).toMatch(/^\/.*\/\.local\/state\/missile-console\/history$/);
  });

  it("is there in the next console, each line once, the newest last, for its owner alone", () => {
    const path = fresh();
    const file = new PaletteFile(path);
    expect(file.all()).toEqual([]);
    for (const line of ["policy orion", "nice camera 7", "mark 検出器", "policy orion"]) file.add(line);
    const expected = ["nice camera 7", "mark 検出器", "policy orion"];
    expect(file.all()).toEqual(expected);
    expect(new PaletteFile(path).all()).toEqual(expected);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, "pause\n", { mode: 0o644 });
    new PaletteFile(path).add("resume");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("loses no line of consoles that write at once, though files are put aside meanwhile", () => {
    const path = fresh();
    const consoles = Array.from({ length: 4 }, () => new PaletteFile(path));
    const wide = "x".repeat(900);
    for (let at = 0; at < 100; at++)
      for (const [by, file] of consoles.entries()) file.add(`mark ${by} ${at} ${wide}`);
    const last = new PaletteFile(path).all().map((line) => line.split(" ", 3).join(" "));
    // Of 64 KiB a file there are the last 70 lines at least, in their order.
    const wanted = Array.from(
      { length: 70 },
      (_, nth) => `mark ${(330 + nth) % 4} ${Math.floor((330 + nth) / 4)}`,
    );
    expect(last.slice(-70)).toEqual(wanted);
    expect(statSync(path).size).toBeLessThanOrEqual(65 * 1024);
    expect(statSync(`${path}.old`).size).toBeLessThanOrEqual(65 * 1024);
  });

  it("has 500 lines at most", () => {
    const file = new PaletteFile(fresh());
    for (let at = 0; at < 510; at++) file.add(`mark ${at}`);
    expect(file.all()).toHaveLength(500);
    expect(file.all()[0]).toBe("mark 10");
  });

  it("waits for who puts the file aside, and not for who has died doing it", () => {
    const path = holding(`${"x".repeat(900)}\n`.repeat(75));
    const lock = `${path}.lock`;
    writeFileSync(lock, "");
    const file = new PaletteFile(path);
    file.add("one");
    expect({ aside: existsSync(`${path}.old`), locked: existsSync(lock) }).toEqual({
      aside: false,
      locked: true,
    });
    utimesSync(lock, 0, 0);
    file.add("two");
    file.add("three");
    expect({ aside: existsSync(`${path}.old`), locked: existsSync(lock) }).toEqual({
      aside: true,
      locked: false,
    });
    expect(new PaletteFile(path).all().slice(-3)).toEqual(["one", "two", "three"]);
  });

  it.each([
    ["bytes that are no text", Uint8Array.of(0x61, 0xff, 0xfe, 0x0a)],
    ["control characters", "policy orion\n\x1b[2J\n"],
    ["an overlong line", `${"x".repeat(2000)}\n`],
    ["too much", "pause\n".repeat(40_000)],
  ])("is left alone if it has %s, and lines are kept for the run", (_, bytes) => {
    const path = holding(bytes);
    const file = new PaletteFile(path);
    expect(file.problem).toMatch(/history is left alone \(.+\): the palette's lines are kept for this run$/);
    file.add("policy orion");
    expect(file.all()).toEqual(["policy orion"]);
    expect(readFileSync(path)).toEqual(Buffer.from(bytes as string));
  });

  it("says once that a line cannot be kept, and has it all the same", () => {
    const path = holding("");
    const file = new PaletteFile(join(path, "below a file"));
    expect(() => file.add("pause")).toThrow(/the line was not kept \(.+\)$/);
    expect(file.all()).toEqual(["pause"]);
    const folder = new PaletteFile(dirname(path));
    expect(folder.problem).toContain("is left alone");
  });

  it("does not keep what no line can be", () => {
    const path = fresh();
    const file = new PaletteFile(path);
    file.add(`mark ${"x".repeat(1000)}`);
    expect(existsSync(path)).toBe(false);
    expect(file.all()).toHaveLength(1);
  });
});
