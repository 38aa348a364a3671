import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { describeLoad, locateTrace, resolveLoad } from "../../src/presets/load.ts";
import type { LoadConfig } from "../../src/presets/mix.ts";
import { presetPath } from "../../src/presets/paths.ts";
import { expectRefusal, scratchFile } from "./scratch.ts";

const trace = (file: string, stream?: string): Extract<LoadConfig, { kind: "trace" }> => ({
  kind: "trace",
  file,
  ...(stream === undefined ? {} : { stream }),
});

describe("locateTrace", () => {
  it("looks beside the mix first, then among the presets", () => {
    const own = scratchFile("own.csv", "1\n2\n");
    expect(locateTrace(trace("own.csv"), dirname(own))).toBe(own);
    expect(locateTrace(trace("apollo-like.txt"), dirname(own))).toBe(presetPath("traces", "apollo-like.txt"));
    expect(locateTrace(trace(own), "/nowhere")).toBe(own);
  });

  it("completes a bare name with the form that fits", () => {
    expect(locateTrace(trace("apollo-like"), "/nowhere")).toBe(presetPath("traces", "apollo-like.txt"));
    expect(locateTrace(trace("apollo-like", "lidar"), "/nowhere")).toBe(
      presetPath("traces", "apollo-like.json"),
    );
  });

  it("says where it looked in vain", () => {
    const missing = presetPath("traces", "gone.txt");
    expectRefusal(
      () => locateTrace(trace("gone"), "/nowhere"),
      "traceNotFound",
      "/nowhere/gone.txt",
      missing,
    );
  });
});

describe("resolveLoad", () => {
  it("turns people's units into nanoseconds", () => {
    const closed = { kind: "closed", inFlight: 2, thinkMs: 1.5 } as const;
    expect(resolveLoad(closed)).toEqual({ kind: "closed", inFlight: 2, thinkNs: 1_500_000 });
    const poisson = { kind: "poisson", ratePerS: 3 } as const;
    expect(resolveLoad(poisson)).toEqual(poisson);
  });

  it("reads a trace by its form", () => {
    const csv = scratchFile("two.csv", "0\n10\n");
    expect(resolveLoad(trace(csv))).toEqual({ kind: "trace", offsetsNs: [0, 1e7], periodNs: 2e7 });
    const text = scratchFile("two.trace", "0 10");
    expect(resolveLoad(trace(text))).toEqual({ kind: "trace", offsetsNs: [0, 1e7], periodNs: 6e10 });
    expect(resolveLoad(trace("apollo-like", "lidar"))).toMatchObject({ kind: "trace", periodNs: 6e10 });
  });

  it("names the streams there are when it finds none, and refuses one where there are no streams", () => {
    const streams = "camera-front, camera-left, camera-right, lidar, traffic-light";
    const json = "apollo-like.json";
    expectRefusal(() => resolveLoad(trace(json, "radar")), "noSuchStream", '"radar"', streams);
    expectRefusal(() => resolveLoad(trace(json)), "noSuchStream", "name one of its streams", streams);
    const text = scratchFile("one.txt", "0 10");
    expectRefusal(() => resolveLoad(trace(text, "lidar")), "noSuchStream", "one stream only");
  });
});

describe("describeLoad", () => {
  it.each<[string, LoadConfig]>([
    ["trace lidar", trace("apollo-like", "lidar")],
    ["trace arrivals", trace("/somewhere/arrivals.csv")],
    ["closed x2", { kind: "closed", inFlight: 2, thinkMs: 0 }],
    ["closed x1, think 5 ms", { kind: "closed", inFlight: 1, thinkMs: 5 }],
    ["poisson 100/s", { kind: "poisson", ratePerS: 100 }],
    ["uniform 0.5/s", { kind: "uniform", ratePerS: 0.5 }],
    ["clients", { kind: "clients" }],
  ])("says %j", (words, load) => {
    expect(describeLoad(load)).toBe(words);
  });
});
