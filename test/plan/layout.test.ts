import { describe, expect, it } from "vitest";
import { placesOf } from "../../src/plan/evaluate.ts";
import { filledTo, jointAxes } from "../../src/plan/joint.ts";
import {
  channelsLast,
  expanded,
  type Layout,
  reach,
  reshaped,
  rowMajor,
  sameLayout,
  sliced,
  transposed,
} from "../../src/plan/layout.ts";

const places = (layout: Layout | null): number[] | null => (layout === null ? null : [...placesOf(layout)]);

describe("layouts", () => {
  it("put channels side by side and pad them", () => {
    // [1, 2, 1, 3] in pixels of 4 elements.
    expect(places(channelsLast([1, 2, 1, 3], 4))).toEqual([0, 4, 8, 1, 5, 9]);
    expect(places(rowMajor([2, 3], 4))).toEqual([0, 1, 2, 4, 5, 6]);
  });

  it("see a reshape of channels-last images as two factors of one axis", () => {
    const seen = reshaped(channelsLast([1, 2, 2, 2], 4), [1, 8]);
    expect(places(seen)).toEqual([0, 4, 8, 12, 1, 5, 9, 13]);
    expect(seen?.axes[1]?.length).toBe(2);
  });

  it("do not see what needs a copy", () => {
    expect(reshaped(rowMajor([2, 3], 4), [3, 2])).toBeNull();
    // A slice of an axis whose inner factor would be cut.
    const shuffled = reshaped(transposed(rowMajor([2, 3]), [1, 0]), [6]) as Layout;
    expect(places(sliced(shuffled, 0, 0, 4))).toEqual([0, 3, 1, 4]);
    expect(sliced(shuffled, 0, 0, 3)).toBeNull();
  });

  it("go back where they came from", () => {
    const image = channelsLast([2, 6, 3, 5], 8);
    const tokens = transposed(reshaped(image, [2, 6, 15]) as Layout, [0, 2, 1]);
    const back = reshaped(transposed(tokens, [0, 2, 1]), [2, 6, 3, 5]) as Layout;
    expect(sameLayout(back, image)).toBe(true);
  });

  it("repeat what is broadcast, and know how far they reach", () => {
    expect(places(expanded(rowMajor([2, 1]), [3, 2, 2]))).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect(reach(sliced(rowMajor([4, 6]), 1, 2, 2, 3) as Layout)).toBe(2 + 3 * 6 + 3 + 1);
  });
});

describe("joint axes", () => {
  it("cut each axis where any layout is cut, and merge what lies alike in all", () => {
    const rows = rowMajor([2, 12]);
    const turned: Layout = {
      offset: 0,
      axes: [
        [{ extent: 2, stride: 12 }],
        [
          { extent: 3, stride: 1 },
          { extent: 4, stride: 3 },
        ],
      ],
    };
    expect(jointAxes([rows, turned])).toEqual([
      { extent: 2, strides: [12, 12] },
      { extent: 3, strides: [4, 1] },
      { extent: 4, strides: [1, 3] },
    ]);
    expect(jointAxes([rows, rows])).toEqual([{ extent: 24, strides: [1, 1] }]);
  });

  it("are not where factors do not divide one another", () => {
    const factors = (outer: number, inner: number): Layout => ({
      offset: 0,
      axes: [
        [
          { extent: outer, stride: 1 },
          { extent: inner, stride: 7 },
        ],
      ],
    });
    expect(jointAxes([factors(2, 3), factors(3, 2)])).toBeNull();
  });

  it("are filled up in front", () => {
    expect(filledTo(2, [{ extent: 5, strides: [1] }], 1)?.map(({ extent }) => extent)).toEqual([1, 5]);
    expect(
      filledTo(
        1,
        [
          { extent: 5, strides: [7] },
          { extent: 2, strides: [1] },
        ],
        1,
      ),
    ).toBeNull();
  });
});
