/** Tuning: what is tried, what is chosen, and what a plan then does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import { model } from "../../src/models/index.ts";
import { seeded } from "../../src/models/seeded.ts";
import { runOnCpu } from "../../src/native/index.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { TILES, tileName } from "../../src/plan/tiles.ts";
import { loadGpu } from "../../src/presets/index.ts";
import { type ChainTimer, keepTiles, tune, tunedTiles } from "../../src/profiles/index.ts";
import { tilesPath } from "../../src/profiles/places.ts";
import { scratch } from "../engine/fixtures.ts";

const spec = loadGpu("h200");
const network = seeded(model("squeezenet1.1").build!(1));
const made = plan(network, { precision: "tf32" }).plan;

/** Takes as long as `ns` says of each kernel of a chain. */
function timerOf(ns: (name: string, splits: number) => number) {
  const chains: LoweredNetwork[] = [];
  const time: ChainTimer = (chain) => {
    chains.push(chain);
    return chain.program!.kernels.reduce((sum, { name, args }) => sum + ns(name, Number(args.splits)), 0);
  };
  return { time, chains };
}

describe("tuning", () => {
  it("tries every problem of the plan with kernels that lie within their storages", () => {
    const { time, chains } = timerOf(() => 1000);
    const cases = tune(time, spec, made);
    const tiled = made.kernels.filter(({ name }) => /^conv_f32_\d/.test(name));
    expect(cases.reduce((sum, one) => sum + one.kernels, 0)).toBe(tiled.length);
    expect(cases.length).toBeLessThan(tiled.length);
    expect(chains.length).toBeGreaterThan(4 * cases.length);
    for (const { program } of chains) {
      for (const { views, grid } of program!.kernels) {
        expect(grid).toBeGreaterThan(0);
        for (const { storage, firstByte, sizeBytes } of Object.values(views))
          expect(firstByte + sizeBytes).toBeLessThanOrEqual(program!.storages[storage]!.sizeBytes);
      }
      const uses = program!.storages.map(({ use }) => use);
      for (const use of ["parameters", "input", "output"])
        expect(uses.filter((own) => own === use)).toHaveLength(1);
    }
  });

  it("gives each turn of a chain weights of its own, as far as L2 could hold them", () => {
    const { time, chains } = timerOf(() => 1000);
    tune(time, spec, made);
    for (const { program } of chains) {
      const weights = program!.kernels.flatMap(({ views }) => views.weight ?? []);
      const places = new Set(weights.map(({ firstByte }) => firstByte));
      expect(weights.length).toBeGreaterThan(2);
      expect(places.size).toBe(weights.length);
    }
  });

  it("asks for what can be executed", () => {
    const { time, chains } = timerOf(() => 1000);
    tune(time, spec, made);
    const split = chains.find(({ program }) => Number(program!.kernels[0]!.args.splits) > 1)!;
    for (const chain of [chains[0]!, split]) {
      const outputs = runOnCpu(chain, new Map([["nothing", new Float32Array(1)]]));
      expect([...outputs.keys()]).toEqual(["nothing"]);
    }
  });

  it("takes what is fastest", () => {
    const { time } = timerOf((name, splits) => (name === "conv_f32_32x64" ? 900 : 1000) + 10 * splits);
    const cases = tune(time, spec, made);
    expect(new Set(cases.map(({ best }) => best))).toEqual(new Set(["32x64/1"]));
    for (const { bestNs, ruledNs } of cases) expect(bestNs).toBeLessThanOrEqual(ruledNs);
  });

  it("rather takes longer than blocks that keep their SMs for too long", () => {
    // On so many SMs all blocks run at once: each lasts as long as its kernel, but for the start.
    const { time } = timerOf((_, splits) => (splits === 1 ? 25_000 : 22_500));
    const cases = tune(time, { ...spec, sms: 1e6 }, made);
    // Some are too shallow to be split.
    const [whole, split] = [true, false].map((is) => cases.filter(({ best }) => best.endsWith("/1") === is));
    expect(split!.length).toBeGreaterThan(0);
    for (const { blockNs, bestNs } of split!) expect([blockNs, bestNs]).toEqual([19_500, 22_500]);
    for (const { blockNs, bestNs } of whole!) expect([blockNs, bestNs]).toEqual([22_000, 25_000]);
  });
});

describe("the table of tiles", () => {
  const usual = process.env.XDG_CACHE_HOME;
  afterEach(() => {
    process.env.XDG_CACHE_HOME = usual;
  });

  it("is what plans go by, and keeps what was measured before", () => {
    process.env.XDG_CACHE_HOME = scratch();
    const { time } = timerOf((name) => (name === "conv_f32_64x32" ? 100 : 1000));
    const cases = tune(time, spec, made);
    keepTiles("made-up", "580.1", { another: "64x64/1" });
    keepTiles("made-up", "580.1", Object.fromEntries(cases.map(({ key, best }) => [key, best])));
    const tiles = tunedTiles("made-up");
    expect(tiles.another).toBe("64x64/1");
    const tuned = plan(network, { precision: "tf32", tiles }).plan;
    const names = new Set(
      tuned.kernels.map(({ name }) => name).filter((name) => name.startsWith("conv_f32")),
    );
    expect(names).toEqual(new Set(["conv_f32_64x32"]));
  });

  it("of the package names tiles that there are", () => {
    process.env.XDG_CACHE_HOME = scratch();
    const tiles = Object.entries(tunedTiles("NVIDIA H200"));
    expect(tiles.length).toBeGreaterThan(10);
    for (const [key, choice] of tiles) {
      expect(key).toMatch(/^(f32|f16|bf16) \d+x\d+x\d+x\d+ \d+x\d+s\d+x\d+$/);
      expect(TILES.map(tileName)).toContain(choice.split("/")[0]);
    }
  });

  it("is refused where the file is none", () => {
    process.env.XDG_CACHE_HOME = scratch();
    const path = tilesPath("made-up");
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "[]");
    expect(() => tunedTiles("made-up")).toThrow(/is no table of tuned tiles; remove it, or write it anew/);
  });
});
