import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BIT_SET_CAPACITY, BitSet } from "../../src/core/bit-set.ts";

type Any = BitSet<"any">;
const members = fc.uniqueArray(fc.nat({ max: BIT_SET_CAPACITY - 1 }));
const setOf = (indices: readonly number[]): Any =>
  indices.reduce<Any>((set, index) => set.union(BitSet.range(index, index + 1)), new BitSet(0, 0, 0));
const sorted = (indices: Iterable<number>): number[] => [...indices].sort((a, b) => a - b);

describe("a bit set", () => {
  it("behaves as the set of its members", () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const [x, y] = [setOf(a), setOf(b)];
        expect([...x]).toEqual(sorted(a));
        expect(x.size).toBe(a.length);
        expect([...x.union(y)]).toEqual(sorted(new Set([...a, ...b])));
        expect([...x.intersect(y)]).toEqual(sorted(a.filter((index) => b.includes(index))));
        expect([...x.minus(y)]).toEqual(sorted(a.filter((index) => !b.includes(index))));
        expect(x.overlaps(y)).toBe(a.some((index) => b.includes(index)));
        expect(x.isWithin(y)).toBe(a.every((index) => b.includes(index)));
        expect([...x.highest(3)]).toEqual(sorted(a).slice(-3));
        expect(x.equals(setOf(a))).toBe(true);
      }),
    );
  });

  it("is written as runs and read back", () => {
    expect(setOf([0, 1, 2, 5, 31, 32, 33, 95]).toString()).toBe("0-2,5,31-33,95");
    expect(new BitSet(0, 0, 0).toString()).toBe("none");
    fc.assert(
      fc.property(members, (a) => {
        expect(BitSet.parse(setOf(a).toString()).equals(setOf(a))).toBe(true);
      }),
    );
    expect(() => BitSet.parse("1-x")).toThrow(RangeError);
    expect(() => BitSet.parse(`0-${BIT_SET_CAPACITY}`)).toThrow(RangeError);
  });

  it("knows ranges across words", () => {
    expect([...BitSet.range(30, 66)]).toEqual(Array.from({ length: 36 }, (_, index) => 30 + index));
    expect(BitSet.range(7, 7).isEmpty).toBe(true);
    expect(() => BitSet.range(90, BIT_SET_CAPACITY + 1)).toThrow("range");
  });

  it("travels as unsigned words", () => {
    const { word0, word1, word2 } = BitSet.range<"any">(31, 96);
    expect([word0, word1, word2]).toEqual([2 ** 31, 2 ** 32 - 1, 2 ** 32 - 1]);
  });
});
