/** docs/metrics.md says what is exposed: its table is made from what the metrics are made from. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LATENCY_EDGES_MS } from "../../src/core/latency-buckets.ts";
import { viewOnce } from "../../src/engine/headless.ts";
import { RUN_FIGURES } from "../../src/export/run-figures.ts";
import { type Metric, TENANT_FIGURES } from "../../src/export/tenant-figures.ts";
import { familiesOf } from "../../src/metrics/families.ts";
import { smallMix } from "../engine/fixtures.ts";

interface Row {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: Map<string, Set<string>>;
}

const TENANT_LABELS = ["tenant", "class", "model"];

/** A row a family: a run need not have all of them. */
function rows(): Row[] {
  const byName = new Map<string, Row>();
  const add = (prefix: string, own: readonly string[], metric: Metric, help: string): void => {
    const name = `missile_${prefix}${metric.family}`;
    const labels = new Map(own.map((label) => [label, new Set<string>()] as const));
    const row = byName.get(name) ?? { name, type: metric.type, help: metric.help ?? help, labels };
    byName.set(name, row);
    for (const [label, value] of Object.entries(metric.labels ?? {}))
      row.labels.set(label, (row.labels.get(label) ?? new Set()).add(value));
  };
  for (const { metric, help } of RUN_FIGURES) add("", [], metric, help);
  for (const { metric, help } of TENANT_FIGURES) add("tenant_", TENANT_LABELS, metric, help);
  return [...byName.values()];
}

const families = familiesOf(viewOnce(smallMix, 0.5));

/** What is made of no figure: the information, and the histogram. */
function others(known: readonly Row[]): Row[] {
  return families
    .filter(({ name }) => known.every((row) => row.name !== name))
    .map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      labels: new Map(Object.keys(samples[0]!.labels).map((label) => [label, new Set()])),
    }));
}

function table(): string {
  const known = rows();
  const cells = [...others(known), ...known].map(({ name, type, help, labels }) => {
    const said = [...labels].map(([label, values]) =>
      values.size === 0 ? label : `${label}: ${[...values].join(", ")}`,
    );
    return `| \`${name}\` | ${type} | ${said.join("; ")} | ${help} |`;
  });
  return ["| name | type | labels | what |", "| --- | --- | --- | --- |", ...cells].join("\n");
}

it("docs/metrics.md has every metric and the buckets' edges", async () => {
  const edges = LATENCY_EDGES_MS.join(", ");
  const text = readFileSync("docs/metrics.md", "utf8")
    .replace(
      /(<!-- From the tables[^\n]*\n).*?(<!-- end -->)/s,
      (_, begin, end) => `${begin}\n${table()}\n\n${end}`,
    )
    .replace(/(<!-- edges -->).*?(<!-- end -->)/s, (_, begin, end) => `${begin}${edges}${end}`);
  await expect(text).toMatchFileSnapshot("../../docs/metrics.md");
});

it("no run exposes a metric that is not in it", () => {
  const text = readFileSync("docs/metrics.md", "utf8");
  for (const { name } of families) expect(text).toContain(`\`${name}\``);
});
