/** What a view becomes for programs: JSON by its published schema, and CSV that reads back. */
import { describe, expect, it } from "vitest";
import { viewOnce } from "../../src/engine/headless.ts";
import type { View } from "../../src/engine/session.ts";
import {
  csv,
  snapshotDocument,
  snapshotJsonSchema,
  snapshotSchema,
  snapshotText,
} from "../../src/export/index.ts";
import { TENANT_FIGURES } from "../../src/export/tenant-figures.ts";
import { smallMix } from "../engine/fixtures.ts";

const view = viewOnce(smallMix, 0.5);
const named = (name: string): View => {
  const { snapshot } = view;
  const [first, ...others] = snapshot.tenants;
  return { ...view, snapshot: { ...snapshot, tenants: [{ ...first!, name }, ...others] } };
};

/** Lines of RFC 4180 text as cells. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

describe("a snapshot as JSON", () => {
  it("keeps to its schema", () => {
    const document = snapshotDocument(view);
    expect(snapshotSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it("has its schema published in docs/snapshot.schema.json", async () => {
    const text = `${JSON.stringify(snapshotJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/snapshot.schema.json");
  });

  it("says what the view says", () => {
    const [tenant] = view.snapshot.tenants;
    const [told] = snapshotDocument(view).tenants;
    expect(told).toMatchObject({
      name: tenant!.name,
      requestsCompleted: tenant!.requests.completed,
      runP99Ms: tenant!.latencyMs.p99,
      nice: tenant!.nice,
    });
    expect(tenant!.requests.completed).toBeGreaterThan(10);
  });

  it("has null for what is not known, never a missing field", () => {
    const empty = { ...view.snapshot.tenants[0]!.recentLatencyMs, p99: Number.NaN };
    const tenants = view.snapshot.tenants.map((tenant) => ({
      ...tenant,
      recentLatencyMs: empty,
      sloMs: null,
    }));
    const document = snapshotDocument({ ...view, snapshot: { ...view.snapshot, tenants } });
    expect(document.tenants[0]).toMatchObject({ p99Ms: null, sloMs: null });
    expect(() => snapshotSchema.parse(document)).not.toThrow();
  });
});

describe("a snapshot as CSV", () => {
  it("has a line a tenant under one of names", () => {
    const [titles, ...rows] = cellsOf(csv(view.snapshot));
    expect(rows).toHaveLength(view.snapshot.tenants.length);
    for (const row of rows) expect(row).toHaveLength(titles!.length);
    const at = titles!.indexOf("nice");
    expect(rows.map((row) => Number(row[at]))).toEqual(view.snapshot.tenants.map(({ nice }) => nice));
  });

  it.each(["a,b", 'say "hi"', "two words", "雪", "'"])("brings the name %s back", (name) => {
    expect(cellsOf(csv(named(name).snapshot))[1]![0]).toBe(name);
  });

  it("gives a spreadsheet no formula", () => {
    expect(cellsOf(csv(named("=1+1").snapshot))[1]![0]).toBe("'=1+1");
  });
});

describe("figures", () => {
  it("have names of their own", () => {
    const ids = TENANT_FIGURES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a snapshot as text", () => {
  it("names every tenant, in at most 100 columns", () => {
    const text = snapshotText(view);
    for (const { name } of view.snapshot.tenants) expect(text).toContain(name.slice(0, 12));
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
