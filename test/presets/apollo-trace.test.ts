import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { apolloOffsets, apolloStreams } from "../../src/presets/apollo-trace.ts";
import { presetPath } from "../../src/presets/paths.ts";
import { readDisbFile } from "../../src/presets/trace-disb.ts";
import { readOffsetsTrace } from "../../src/presets/trace-offsets.ts";

const committed = (name: string): string => readFileSync(presetPath("traces", name), "utf8");

describe("the apollo-like trace", () => {
  it("is what its generator writes", () => {
    expect(committed("apollo-like.txt")).toBe(apolloOffsets());
    expect(committed("apollo-like.json")).toBe(apolloStreams());
  });

  it("is the same arrivals in both files", () => {
    const streams = readDisbFile(presetPath("traces", "apollo-like.json"));
    const merged = streams.flatMap(({ load }) => (load.kind === "trace" ? [...load.offsetsNs] : []));
    const { offsetsNs } = readOffsetsTrace(presetPath("traces", "apollo-like.txt"));
    expect(merged.sort((first, second) => first - second)).toEqual(offsetsNs);
  });

  it("is near-periodic around 100 ms, with single late, lost and doubled frames", () => {
    for (const { id, load } of readDisbFile(presetPath("traces", "apollo-like.json"))) {
      if (load.kind !== "trace") throw new Error(`${id} is no trace`);
      const gapsMs = load.offsetsNs.slice(1).map((offset, index) => (offset - load.offsetsNs[index]!) / 1e6);
      const rising = gapsMs.toSorted((first, second) => first - second);
      const quantile = (share: number): number => rising[Math.floor(share * (rising.length - 1))]!;
      expect(quantile(0.5)).toBeGreaterThan(90);
      expect(quantile(0.5)).toBeLessThan(125);
      expect(quantile(0.9) - quantile(0.1)).toBeLessThan(35);
      expect(quantile(1)).toBeGreaterThan(1.6 * quantile(0.5));
      expect(quantile(0)).toBeLessThan(0.3 * quantile(0.5));
    }
  });
});
