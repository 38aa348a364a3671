/** Words into values and back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Argument, parse, say } from "../../src/actions/argument.ts";
import { controlActions } from "../../src/actions/index.ts";
import { parseLoad, sayLoad } from "../../src/actions/load-words.ts";
import { sharesOf, stepNice } from "../../src/actions/nice.ts";
import { MissileError } from "../../src/core/error.ts";
import type { LoadConfig } from "../../src/presets/mix.ts";
import { OFFERS } from "../tui/fake-mix.ts";

const number = (changes: Partial<Extract<Argument, { kind: "number" }>> = {}): Argument => ({
  kind: "number",
  name: "n",
  title: "N",
  least: 1,
  most: 1000,
  isWhole: true,
  unit: "ms",
  ...changes,
});

describe("numbers", () => {
  it.each([
    ["12", 12],
    [" 12 ms ", 12],
    ["1,000", 1000],
    ["1k", 1000],
    ["0.5k", 500],
    ["0.0011k", 1.1],
  ])("%s is %i", (words, value) => {
    expect(parse(number({ isWhole: Number.isInteger(value) }), words, OFFERS)).toBe(value);
  });

  it.each(["", "0", "1001", "1.5", "ten", "1e9", "12 s", "--2", "NaN", "Infinity", "0x10"])(
    "%s is refused",
    (words) => {
      expect(() => parse(number(), words, OFFERS)).toThrow(/^N: .*a whole number of 1 to 1,000 ms$/);
    },
  );

  it("may be none where that is a word for it", () => {
    expect(parse(number({ none: "none" }), "none", OFFERS)).toBeNull();
    expect(() => parse(number(), "none", OFFERS)).toThrow(MissileError);
  });

  it("of every argument come back from what is said of them", () => {
    const args = controlActions
      .flatMap((action) => action.arguments)
      .filter((argument) => argument.kind === "number");
    fc.assert(
      fc.property(fc.constantFrom(...args), fc.double({ min: 0, max: 1, noNaN: true }), (argument, along) => {
        const raw = argument.least + along * (argument.most - argument.least);
        const value = argument.isWhole ? Math.round(raw) : Number(raw.toPrecision(6));
        expect(parse(argument, say(argument, value), OFFERS)).toBe(value);
      }),
    );
  });
});

describe("loads", () => {
  const loads: fc.Arbitrary<LoadConfig> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("poisson" as const, "uniform" as const),
      ratePerS: fc.integer({ min: 1, max: 1000 }),
    }),
    fc.record({
      kind: fc.constant("closed" as const),
      inFlight: fc.integer({ min: 1, max: 64 }),
      thinkMs: fc.integer({ min: 0, max: 100 }),
    }),
    fc.constant({ kind: "clients" as const }),
    fc.record({
      kind: fc.constant("trace" as const),
      file: fc.constantFrom("a.json", "/my traces/b.json"),
      stream: fc.option(fc.constant("front"), { nil: undefined }),
    }),
  );

  it("come back from what is said of them", () => {
    fc.assert(
      fc.property(loads, (load) => {
        expect(parseLoad(sayLoad(load))).toEqual(load);
      }),
    );
  });

  it.each([
    "",
    "poisson",
    "poisson x/s",
    "poisson 0/s",
    "poisson 2000000/s",
    "closed x0",
    "closed x5000",
    "often",
  ])("%s is refused with what would be right", (words) => {
    expect(() => parseLoad(words)).toThrow(/^load: /);
  });

  it("never throw anything but a MissileError", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("", "poisson ", "closed x", "trace "), (text, prefix) => {
        try {
          parseLoad(prefix + text);
        } catch (error) {
          expect(error).toBeInstanceOf(MissileError);
        }
      }),
    );
  });
});

describe("nice", () => {
  it("doubles in three steps and comes back the way it went", () => {
    expect([100_000, 125_000, 160_000].map((nice) => stepNice(nice, 1))).toEqual([125_000, 160_000, 200_000]);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 900_000_000 }), (nice) => {
        const rung = stepNice(nice, 1);
        expect(rung).toBeGreaterThan(nice);
        expect(stepNice(stepNice(rung, -1), 1)).toBe(rung);
        expect(Number.isInteger(rung)).toBe(true);
      }),
    );
  });

  it("stays a positive integer at its ends", () => {
    expect(stepNice(1, -1)).toBe(1);
    expect(stepNice(1_000_000_000, 1)).toBe(1_000_000_000);
  });

  it("buys shares that make a whole", () => {
    expect(sharesOf([1, 3])).toEqual([0.25, 0.75]);
    expect(sharesOf([])).toEqual([]);
  });
});
