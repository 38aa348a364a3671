/** The figures of a run as metrics: what Prometheus would read of them. */
import { describe, expect, it } from "vitest";
import { LATENCY_EDGES_MS } from "../../src/core/latency-buckets.ts";
import { Engine } from "../../src/engine/engine.ts";
import { viewOnce } from "../../src/engine/headless.ts";
import type { View } from "../../src/engine/session.ts";
import { exposition, OPEN_METRICS, PROMETHEUS } from "../../src/metrics/exposition.ts";
import { smallMix } from "../engine/fixtures.ts";
import { parseOpenMetrics, parsePrometheus, type ReadFamily } from "./parse.ts";

const view = viewOnce(smallMix, 0.5);
const text = await exposition(view, PROMETHEUS);
const families = parsePrometheus(text);

const named = (name: string): View => {
  const { snapshot } = view;
  const [first, ...others] = snapshot.tenants;
  return { ...view, snapshot: { ...snapshot, tenants: [{ ...first!, name }, ...others] } };
};

const sampleValue = (
  family: ReadFamily | undefined,
  labels: Readonly<Record<string, string>>,
): number | undefined =>
  family?.samples.find((sample) =>
    Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
  )?.value;

describe("metrics", () => {
  it("are the same in both formats", async () => {
    const open = parseOpenMetrics(await exposition(view, OPEN_METRICS));
    const told = (all: Map<string, ReadFamily>) =>
      [...all.values()].map(({ type, help, samples }) => ({ type, help, samples }));
    expect(told(open)).toEqual(told(families));
    expect([...open.keys()]).toEqual([...families.keys()].map((name) => name.replace(/_total$/, "")));
  });

  it("leave the labels of histograms and summaries to those", () => {
    for (const { type, samples } of families.values()) {
      if (type === "histogram") continue;
      for (const { labels } of samples) expect(Object.keys(labels)).not.toContain("quantile");
    }
  });

  it("name counters _total, and nothing else", () => {
    for (const { name, type } of families.values()) expect(name.endsWith("_total")).toBe(type === "counter");
    expect([...families.values()].some(({ type }) => type === "counter")).toBe(true);
  });

  it("say in words what they are, the same for all figures of a family", () => {
    for (const { name, help } of families.values()) {
      expect(help).not.toBe("");
      if (/(seconds|bytes)/.test(name)) expect(help, name).not.toMatch(/GB\/s|\bms\b/);
    }
  });

  it("label each figure of a tenant with its name, class and model", () => {
    for (const { name, samples } of families.values()) {
      if (!name.startsWith("missile_tenant_")) continue;
      for (const { labels } of samples) {
        expect(Object.keys(labels).slice(0, 3), name).toEqual(["tenant", "class", "model"]);
      }
    }
  });

  it("are in base units", () => {
    const { name: tenant, latencyMs } = view.snapshot.tenants[0]!;
    const p99 = sampleValue(families.get("missile_tenant_latency_seconds"), { tenant, percentile: "99" });
    expect(p99).toBeCloseTo(latencyMs.p99 / 1000, 12);
  });

  it.each(['a"b\\c', "two words", "雪", "a,b={}"])("bring the name %s back", async (name) => {
    const nice = parsePrometheus(await exposition(named(name), PROMETHEUS)).get("missile_tenant_nice");
    expect(nice?.samples.map(({ labels }) => labels.tenant)).toContain(name);
  });

  it("leave out what is not known, and who is not there", async () => {
    const nobody = { ...view, snapshot: { ...view.snapshot, tenants: [] } };
    const without = await exposition(nobody, PROMETHEUS);
    expect(without).not.toContain("missile_tenant_");
    const [tenant] = view.snapshot.tenants;
    const idle = { ...tenant!, sloMs: null, sloAttainment: null };
    const told = await exposition({ ...view, snapshot: { ...view.snapshot, tenants: [idle] } }, PROMETHEUS);
    expect(told).toContain("missile_tenant_nice");
    expect(told).not.toContain("missile_tenant_slo_seconds");
    expect(told).not.toContain("NaN");
  });
});

describe("the histogram of latency", () => {
  const family = families.get("missile_tenant_request_duration_seconds")!;
  const of = (tenant: string, name: string) =>
    family.samples.filter((sample) => sample.name.endsWith(name) && sample.labels.tenant === tenant);

  it("has rising counts up to all completed requests", () => {
    for (const { name, requests, latencyMs } of view.snapshot.tenants) {
      const buckets = of(name, "_bucket");
      expect(buckets.map(({ labels }) => labels.le)).toEqual([
        ...LATENCY_EDGES_MS.map((ms) => String(ms / 1000)),
        "+Inf",
      ]);
      const counts = buckets.map(({ value }) => value);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(requests.completed);
      expect(of(name, "_count")[0]?.value).toBe(requests.completed);
      expect(of(name, "_sum")[0]?.value).toBeCloseTo((latencyMs.mean * requests.completed) / 1000, 9);
    }
  });

  it("brackets the percentiles that were measured one by one", () => {
    const { name, latencyMs, requests } = view.snapshot.tenants[0]!;
    const rank = Math.ceil(requests.completed * 0.5);
    const at = of(name, "_bucket").findIndex(({ value }) => value >= rank);
    expect(latencyMs.p50).toBeLessThanOrEqual(LATENCY_EDGES_MS[at]! * 1.001);
    expect(latencyMs.p50).toBeGreaterThan(LATENCY_EDGES_MS[at - 1]! * 0.999);
  });
});

describe("counters", () => {
  const COUNTED = /_total$|_bucket$|_sum$|_count$/;

  async function countersOf(engine: Engine): Promise<Map<string, number>> {
    const now = { ...view, snapshot: engine.snapshot() };
    const counters = new Map<string, number>();
    for (const { samples } of parsePrometheus(await exposition(now, PROMETHEUS)).values()) {
      for (const { name, labels, value } of samples) {
        if (COUNTED.test(name)) counters.set(`${name} ${JSON.stringify(labels)}`, value);
      }
    }
    return counters;
  }

  it("never go back within a run, whatever changes, and begin anew with the statistics", async () => {
    const engine = new Engine(smallMix);
    const acts = [
      () => engine.act({ kind: "choosePolicy", policy: "orion" }),
      () => engine.act({ kind: "changeTenant", tenant: 0, change: { sloMs: 5 } }),
      () => engine.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: 64 }),
    ];
    let before = await countersOf(engine);
    for (const [turn, act] of acts.entries()) {
      engine.advance((turn + 1) * 100e6);
      act();
      const now = await countersOf(engine);
      for (const [key, value] of before) expect(now.get(key), key).toBeGreaterThanOrEqual(value);
      before = now;
    }
    engine.act({ kind: "resetStatistics" });
    const count =
      'missile_tenant_request_duration_seconds_count {"tenant":"camera","class":"LS","model":"resnet34"}';
    expect(before.get(count)).toBeGreaterThan(10);
    expect((await countersOf(engine)).get(count)).toBe(0);
    engine.close();
  });
});
