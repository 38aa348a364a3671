/** Requests from outside: who sends them hears how they ended, and the run stays one that its journal replays. */
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OUTCOMES } from "../../src/core/request.ts";
import { END_NUMBERS } from "../../src/engine/client-requests.ts";
import { Engine } from "../../src/engine/engine.ts";
import { replay } from "../../src/engine/replay.ts";
import { tenantWithDefaults } from "../../src/presets/index.ts";
import type { MixConfig, TenantConfig } from "../../src/presets/mix.ts";
import { scratch, smallMix } from "./fixtures.ts";

const MS = 1e6;
const empty: MixConfig = { ...smallMix, tenants: [] };
const CLIENT = { address: "127.0.0.1:40000", estimatedMs: null };

const guest = (changes: Partial<TenantConfig> = {}): TenantConfig => ({
  ...tenantWithDefaults({ name: "guest", class: "LS", model: "resnet34" }),
  load: { kind: "clients" },
  ...changes,
});

interface End {
  readonly ticket: number;
  readonly outcome: string;
  readonly ms: number;
}

function endsOf(engine: Engine): End[] {
  const rows = engine.takeEnds();
  const ends: End[] = [];
  for (let at = 0; at < rows.length; at += END_NUMBERS) {
    const [ticket, outcome, arrivedNs, endedNs] = rows.slice(at, at + END_NUMBERS) as [
      number,
      number,
      number,
      number,
    ];
    ends.push({ ticket, outcome: OUTCOMES[outcome]!, ms: (endedNs - arrivedNs) / MS });
  }
  return ends;
}

const codeOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "done";
};

describe("a tenant of a client", () => {
  it("has requests when the client sends them and no others, each answered by its ticket", () => {
    const engine = new Engine(empty);
    const tenancy = engine.bring(guest(), CLIENT);
    engine.advance(100 * MS);
    expect(engine.snapshot().tenants[0]).toMatchObject({
      name: "guest",
      client: "127.0.0.1:40000",
      load: "clients",
      requests: { arrived: 0 },
    });
    engine.infer(7, tenancy);
    engine.infer(5, tenancy);
    expect(engine.isAwaited).toBe(true);
    engine.advance(200 * MS);
    const ends = endsOf(engine);
    expect(ends.map(({ ticket, outcome }) => [ticket, outcome])).toEqual([
      [7, "completed"],
      [5, "completed"],
    ]);
    expect(ends[1]!.ms).toBeGreaterThan(ends[0]!.ms);
    expect(engine.isAwaited).toBe(false);
    expect(endsOf(engine)).toEqual([]);
    engine.close();
  });

  it("has requests beside those of a load of its own", () => {
    const engine = new Engine(smallMix);
    const tenancy = engine.bring(guest({ load: { kind: "closed", inFlight: 1, thinkMs: 0 } }), CLIENT);
    for (let ticket = 0; ticket < 10; ticket++) engine.infer(ticket, tenancy);
    engine.advance(300 * MS);
    expect(endsOf(engine).map(({ ticket }) => ticket)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(engine.snapshot().tenants[2]!.requests.completed).toBeGreaterThan(20);
    engine.close();
  });

  it("whose client goes while the operator has it drain, is dropped", () => {
    const engine = new Engine(empty);
    const tenancy = engine.bring(guest(), CLIENT);
    engine.infer(1, tenancy);
    engine.act({ kind: "removeTenant", tenant: 0, how: "drain" });
    engine.dismiss(tenancy);
    engine.advance(50 * MS);
    expect(endsOf(engine)).toMatchObject([{ ticket: 1, outcome: "aborted" }]);
    expect(engine.snapshot().tenants).toEqual([]);
    engine.close();
  });

  it("is refused requests while its load is off and after it has left, and never meets another's", () => {
    const engine = new Engine(empty);
    const tenancy = engine.bring(guest(), CLIENT);
    engine.act({ kind: "changeTenant", tenant: 0, change: { loadOn: false } });
    expect(codeOf(() => engine.infer(1, tenancy))).toBe("loadOff");
    engine.act({ kind: "changeTenant", tenant: 0, change: { loadOn: true } });
    engine.infer(2, tenancy);
    engine.dismiss(tenancy);
    engine.dismiss(tenancy);
    engine.advance(50 * MS);
    expect(endsOf(engine)).toMatchObject([{ ticket: 2, outcome: "aborted" }]);
    expect(codeOf(() => engine.infer(3, tenancy))).toBe("tenantGone");
    const next = engine.bring(guest(), CLIENT);
    expect(engine.snapshot().tenants[0]!.id).toBe(0);
    expect(next).not.toBe(tenancy);
    expect(codeOf(() => engine.infer(4, tenancy))).toBe("tenantGone");
    engine.dismiss(tenancy);
    engine.advance(60 * MS);
    expect(engine.snapshot().tenants.length).toBe(1);
    engine.close();
  });

  it("is rejected by its client's estimate, in ms", () => {
    const outcomes = (estimatedMs: number | null): string[] => {
      const engine = new Engine(empty);
      const tenancy = engine.bring(guest({ sloMs: 50 }), { ...CLIENT, estimatedMs });
      engine.infer(1, tenancy);
      engine.advance(100 * MS);
      const ends = endsOf(engine).map(({ outcome }) => outcome);
      engine.close();
      return ends;
    };
    expect(outcomes(null)).toEqual(["completed"]);
    expect(outcomes(49)).toEqual(["completed"]);
    expect(outcomes(51)).toEqual(["rejected"]);
  });
});

describe("a request that is cancelled", () => {
  const waiting = { LS: 6, BE: 6 } as const;

  it.each(["LS", "BE"] as const)(
    "in whatever phase is dropped, and those behind it go on (%s)",
    (tenantClass) => {
      // Parameters are streamed at every request, so each phase lasts.
      const config = guest({ class: tenantClass, vramKiB: 0 });
      for (let atMs = 0; atMs < 8; atMs += 0.5) {
        const engine = new Engine(empty);
        const tenancy = engine.bring(config, CLIENT);
        for (let ticket = 0; ticket < waiting[tenantClass]; ticket++) engine.infer(ticket, tenancy);
        engine.advance(Math.round(atMs * MS));
        const first = endsOf(engine).length;
        engine.cancel(first);
        engine.cancel(first);
        engine.advance(200 * MS);
        const ends = endsOf(engine);
        expect(ends.find(({ ticket }) => ticket === first)?.outcome, `${atMs} ms`).toBe("aborted");
        expect(ends.filter(({ outcome }) => outcome === "completed").length, `${atMs} ms`).toBe(5 - first);
        expect(engine.isAwaited).toBe(false);
        const { arrived, completed, aborted, inFlight } = engine.snapshot().tenants[0]!.requests;
        expect([arrived, completed + aborted, inFlight]).toEqual([6, 6, 0]);
        engine.close();
      }
    },
  );

  it("leaves the parameters that it had not brought to the next one", () => {
    const engine = new Engine(empty);
    const tenancy = engine.bring(guest({ model: "vgg19" }), CLIENT);
    engine.infer(0, tenancy);
    engine.advance(2 * MS);
    engine.cancel(0);
    engine.infer(1, tenancy);
    engine.advance(300 * MS);
    const { h2dBytes, weightKiB } = engine.snapshot().tenants[0]!;
    expect(endsOf(engine).map(({ outcome }) => outcome)).toEqual(["aborted", "completed"]);
    expect(h2dBytes).toBeGreaterThan(weightKiB * 1024);
    engine.close();
  });

  it("ends, whatever comes when, and the journal replays", () => {
    const steps = fc.array(
      fc.record({
        gapUs: fc.nat(1500),
        tenant: fc.nat(2),
        what: fc.constantFrom("infer", "infer", "infer", "cancel", "dismiss", "policy" as const),
        pick: fc.nat(20),
      }),
      { minLength: 10, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (script) => {
        const journalPath = join(scratch(), "run.journal");
        const engine = new Engine(smallMix, { journalPath });
        const tenancies = [
          engine.bring(guest({ name: "a", vramKiB: 1000 }), CLIENT),
          engine.bring(guest({ name: "b", class: "BE", model: "densenet161", vramKiB: 0 }), CLIENT),
          engine.bring(guest({ name: "c", sloMs: 3 }), CLIENT),
        ];
        const sent: number[] = [];
        const ended: End[] = [];
        for (const [index, { gapUs, tenant, what, pick }] of script.entries()) {
          engine.advance(engine.nowNs() + gapUs * 1000);
          ended.push(...endsOf(engine));
          if (what === "cancel") engine.cancel(sent[sent.length - 1 - pick] ?? -1);
          else if (what === "dismiss" && pick === 0) engine.dismiss(tenancies[tenant]!);
          else if (what === "policy" && pick < 2)
            engine.act({ kind: "choosePolicy", policy: pick === 0 ? "temporal" : "missiletemporal" });
          else if (what === "infer" && codeOf(() => engine.infer(index, tenancies[tenant]!)) === "done")
            sent.push(index);
        }
        engine.advance(engine.nowNs() + 400 * MS);
        ended.push(...endsOf(engine));
        engine.close();
        expect(ended.map(({ ticket }) => ticket).sort((a, b) => a - b)).toEqual(sent);
        expect(replay(journalPath).difference).toBeNull();
      }),
      { numRuns: 20 },
    );
  });
});
