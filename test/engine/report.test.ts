import { describe, expect, it } from "vitest";
import { runHeadless } from "../../src/engine/headless.ts";
import { type Report, reportJsonSchema, reportSchema } from "../../src/engine/report.ts";
import { reportText } from "../../src/engine/report-text.ts";
import { smallMix } from "./fixtures.ts";

const report: Report = runHeadless(smallMix, 0.5);

describe("a report", () => {
  it("keeps to its schema, also as JSON", () => {
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it("has its schema published in docs/run.schema.json", async () => {
    const text = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/run.schema.json");
  });

  it("says what was run", () => {
    expect(report).toMatchObject({
      mix: "small",
      backend: "sim",
      policy: "missiletemporal",
      cfsPeriod: 512,
      seed: 7,
      simSeconds: 0.5,
    });
    expect(report.events).toBeGreaterThan(100);
    expect(report.decisions).toBeGreaterThan(100);
  });

  it("accounts for every request", () => {
    for (const { requests } of report.tenants) {
      const { arrived, completed, rejected, aborted, failed, inFlight } = requests;
      expect(completed + rejected + aborted + failed + inFlight).toBe(arrived);
      expect(completed).toBeGreaterThan(10);
    }
  });

  it("attributes the whole mean latency", () => {
    for (const { blameMs, latencyMs } of report.tenants) {
      const sum = Object.values(blameMs).reduce((total: number, part) => total + (part ?? Number.NaN), 0);
      expect(sum).toBeCloseTo(latencyMs.mean as number, 6);
    }
  });

  it("has no percentile above the greatest latency", () => {
    // Three requests: the last percentiles are the greatest one's bucket.
    const brief = runHeadless(smallMix, 0.03);
    for (const { latencyMs } of [...brief.tenants, ...report.tenants]) {
      expect(latencyMs.p99).not.toBeNull();
      expect(latencyMs.p99 as number).toBeLessThanOrEqual(latencyMs.max as number);
    }
  });

  it("is the same for the same seed, but for the wall clock", () => {
    const again = runHeadless(smallMix, 0.5);
    expect({ ...again, wallSeconds: 0 }).toEqual({ ...report, wallSeconds: 0 });
    const other = runHeadless({ ...smallMix, seed: 8 }, 0.5);
    expect(other.tenants).not.toEqual(report.tenants);
  });

  it("writes what was never measured as null", () => {
    const idle = runHeadless(
      { ...smallMix, tenants: smallMix.tenants.map((tenant) => ({ ...tenant, startS: 9 })) },
      0.01,
    );
    expect(idle.tenants[0]?.latencyMs).toEqual({ p50: null, p90: null, p99: null, max: null, mean: null });
    expect(JSON.stringify(idle)).not.toContain("NaN");
    expect(reportSchema.parse(idle)).toEqual(idle);
    expect(reportText(idle)).toContain("camera");
  });

  it("fits into 100 columns as text, with every tenant in it", () => {
    const long = { ...smallMix.tenants[0]!, name: "a-tenant-with-a-very-long-name-indeed" };
    const text = reportText(runHeadless({ ...smallMix, tenants: [...smallMix.tenants, long] }, 0.2));
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    for (const name of ["camera", "batch", "a-tenant-with-a…"]) expect(text).toContain(name);
  });

  it("cannot be had for no time at all", () => {
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => runHeadless(smallMix, seconds)).toThrow(/at least 1e-9|at most 9000000 s/);
    }
  });
});
