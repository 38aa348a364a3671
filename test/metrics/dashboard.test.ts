/** docs/grafana-dashboard.json: that Grafana can import it, and that a run has every metric and label that it asks for. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { viewOnce } from "../../src/engine/headless.ts";
import { exposition, PROMETHEUS } from "../../src/metrics/exposition.ts";
import { smallMix } from "../engine/fixtures.ts";
import { parsePrometheus } from "./parse.ts";

const target = z.object({
  refId: z.string(),
  expr: z.string(),
  legendFormat: z.string(),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
  datasource: z.object({ uid: z.literal("${datasource}") }),
});
const panel = z.object({
  id: z.int(),
  type: z.string(),
  title: z.string(),
  gridPos: z.object({ x: z.int(), y: z.int(), w: z.int().positive(), h: z.int().positive() }),
  targets: z.array(target).default([]),
});
const dashboard = z
  .object({
    schemaVersion: z.int(),
    uid: z.string(),
    templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.unknown() })) }),
    panels: z.array(panel),
  })
  .parse(JSON.parse(readFileSync("docs/grafana-dashboard.json", "utf8")));

/** A family's samples by their full names, with the labels that they have. */
const labelsByMetric = new Map<string, Set<string>>();
for (const { samples } of parsePrometheus(await exposition(viewOnce(smallMix, 0.5), PROMETHEUS)).values()) {
  for (const { name, labels } of samples) {
    const known = labelsByMetric.get(name) ?? new Set();
    for (const [label, value] of Object.entries(labels)) known.add(label).add(`${label}=${value}`);
    labelsByMetric.set(name, known);
  }
}

const expressions = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.templating.list.map(({ name, query }) => [`$${name}`, JSON.stringify(query)] as const),
];

/** What Prometheus itself adds. */
const SCRAPED = ["instance", "job"];

describe("the Grafana dashboard", () => {
  it.each(expressions)("%s asks for what there is: %s", (_, expr) => {
    for (const [, metric, selector] of expr.matchAll(/\b(missile_\w+)(?:\{((?:[^}"]|"[^"]*")*)\})?/g)) {
      expect([...labelsByMetric.keys()]).toContain(metric);
      const known = labelsByMetric.get(metric!)!;
      for (const [, label, operator, value] of (selector ?? "").matchAll(/(\w+)(=~|=)\\?"([^"\\]*)\\?"/g)) {
        if (!SCRAPED.includes(label!)) expect(known, expr).toContain(label);
        const values = operator === "=" ? [value!] : value!.startsWith("$") ? [] : value!.split("|");
        for (const one of values) expect(known, expr).toContain(`${label}=${one}`);
      }
    }
  });

  it.each(dashboard.panels.flatMap(({ targets }) => targets))("says of $expr only what it keeps", (each) => {
    const kept = /\bby \(([^)]*)\)/
      .exec(each.expr)?.[1]
      ?.split(",")
      .map((label) => label.trim());
    for (const [, label] of each.legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      const [metric] = /missile_\w+/.exec(each.expr)!;
      expect(kept ?? [...labelsByMetric.get(metric)!], each.expr).toContain(label);
    }
  });

  it("shows p99 against SLO, SMs, PCIe, attainment and decisions", () => {
    const all = expressions.map(([, expr]) => expr).join("\n");
    for (const metric of [
      "missile_tenant_latency_recent_seconds",
      "missile_tenant_slo_seconds",
      "missile_tenant_request_duration_seconds_bucket",
      "missile_tenant_slo_attainment",
      "missile_tenant_sm_ran",
      "missile_tenant_copied_bytes_total",
      "missile_decisions_total",
    ])
      expect(all).toContain(metric);
  });

  it("has panels with ids of their own that do not lie on one another", () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { gridPos } of dashboard.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  });

  it("can be imported anywhere: its data source is a variable", () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(["datasource", "instance", "tenant"]);
  });
});
