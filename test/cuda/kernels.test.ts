/** The kernels' own sources on a GPU of threads: results in every variant, evicted, given up and begun anew, and who does what when. */
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { buildEmulated } from "./emulated/build.ts";

let program: string;
beforeAll(() => {
  program = buildEmulated();
});

/** The last line: whether all was right. */
const verdict = (...args: readonly string[]): string | undefined =>
  execFileSync(program, args, { encoding: "utf8" }).trimEnd().split("\n").at(-1);

describe("kernels on a GPU of threads", () => {
  it("multiply and convolve as their references do, and to the same bits in all variants", () => {
    expect(verdict("products", "1")).toBe("all right");
  });
  it("do all else as their references do", () => {
    expect(verdict("streams", "1")).toBe("all right");
  });
  it("do every block exactly once, whatever is evicted, extended and begun anew", () => {
    expect(verdict("elastic")).toBe("all right");
  });
});
