import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolveLoad } from "../../src/presets/load.ts";
import { loadMix, mixNames, mixTitle } from "../../src/presets/mixes.ts";
import { presetPath } from "../../src/presets/paths.ts";
import { tenantWithDefaults } from "../../src/presets/tenant-defaults.ts";
import { expectRefusal, scratchFile } from "./scratch.ts";

const load = (text: string) => loadMix(scratchFile("mine.yaml", text));

describe("the preset mixes", () => {
  it("are the promised ones", () => {
    expect(mixNames()).toEqual([
      "all-twelve",
      "apollo",
      "be-heavy",
      "cfs-demo",
      "channels-demo",
      "compute-bound",
      "h200-apollo",
      "h200-dnn",
      "h200-micro",
      "ls-heavy",
      "memory-bound",
      "pcie-storm",
      "seed-quickstart",
      "two-tenants",
    ]);
  });

  it.each(mixNames())("%s loads, with its traces, and says what it shows", (name) => {
    const mix = loadMix(name);
    expect(mix).toMatchObject({
      name,
      gpu: "h200",
      policy: "missiletemporal",
      seed: 1,
    });
    expect(mix.beChannelShare).toBe(1 / 3);
    expect(mixTitle(name)).toMatch(/^[A-Z].{10,80}$/);
    for (const tenant of mix.tenants) {
      resolveLoad(tenant.load);
      // Who hurries has a promise to be measured by; who does not has none.
      expect(tenant.sloMs !== null).toBe(tenant.class === "LS");
    }
    expect(readFileSync(presetPath("mixes", `${name}.yaml`), "utf8")).toMatch(/^# .{60,}\n# .+\n/);
  });

  it("apollo has four LS tenants on the trace and two BE tenants", () => {
    const { tenants } = loadMix("apollo");
    const kinds = tenants.map((tenant) => `${tenant.class} ${tenant.load.kind}`);
    expect(kinds).toEqual([...Array(4).fill("LS trace"), ...Array(2).fill("BE closed")]);
  });

  it("all-twelve has every network once", () => {
    expect(new Set(loadMix("all-twelve").tenants.map((tenant) => tenant.model)).size).toBe(12);
  });

  it("seed-quickstart is Missile's", () => {
    expect(loadMix("seed-quickstart").tenants).toMatchObject([
      { class: "LS", model: "resnet34", vramKiB: 128_000, nice: 100_000, load: { kind: "trace" } },
    ]);
  });
});

describe("a mix of the operator's own", () => {
  it("says what it wants and gets defaults for the rest", () => {
    scratchFile("own.csv", "1\n2\n");
    const mix = load(`
gpu: v100
policy: orion
cfsPeriod: 64
beChannelShare: 0.5
seed: 7
tenants:
  - { name: a, class: LS, model: resnet34, batch: 2, nice: 5, vramKiB: 0, smRequest: 10, smLimit: 50, sloMs: 2.5,
      load: { trace: own.csv }, start: 1, stop: 2.5 }
  - { name: b, class: LS, model: resnet34 }
  - { name: c, class: BE, model: vgg19 }
`);
    expect(mix).toMatchObject({
      name: "mine",
      gpu: "v100",
      policy: "orion",
      cfsPeriodPackets: 64,
      beChannelShare: 0.5,
      seed: 7,
    });
    expect(mix.tenants).toEqual([
      {
        name: "a",
        class: "LS",
        model: "resnet34",
        batch: 2,
        precision: "tf32",
        nice: 5,
        vramKiB: 0,
        smRequestPercent: 10,
        smLimitPercent: 50,
        sloMs: 2.5,
        load: { kind: "trace", file: scratchFile("own.csv", "1\n2\n"), stream: undefined },
        startS: 1,
        stopS: 2.5,
      },
      tenantWithDefaults({ name: "b", class: "LS", model: "resnet34" }),
      tenantWithDefaults({ name: "c", class: "BE", model: "vgg19" }),
    ]);
    expect(mix.tenants[2]).toMatchObject({
      batch: 1,
      nice: 100_000,
      vramKiB: null,
      smRequestPercent: 0,
      smLimitPercent: 100,
      sloMs: null,
      load: { kind: "closed", inFlight: 1, thinkMs: 0 },
      startS: 0,
      stopS: null,
    });
  });

  it("is looked for by name, then as a file", () => {
    expectRefusal(() => loadMix("apolo"), "mixNotFound", '"apolo"', 'did you mean "apollo"?', "two-tenants");
  });
});

describe("a mistake in a mix is told with line, column and remedy", () => {
  const tenant = (fields: string): string =>
    `tenants:\n  - name: a\n    class: LS\n    model: vgg19\n    ${fields}\n`;

  it.each([
    ["an unknown key", `gpus: h200\n${tenant("batch: 1")}`, ":1:1:", '"gpus"', 'did you mean "gpu"?'],
    ["an unknown tenant key", tenant("slo: 3"), ":5:5:", '"slo"', 'did you mean "sloMs"?'],
    ["an unknown load", tenant("load: { poison: 3 }"), ":5:13:", '"poison"', 'did you mean "poisson"?'],
    [
      "a value of the wrong type",
      tenant("batch: two"),
      ":5:12:",
      "tenants.0.batch: must be a number, not text",
    ],
    [
      "a value out of range",
      tenant("smLimit: 101"),
      ":5:14:",
      "tenants.0.smLimit: must be at most 100, not 101",
    ],
    ["half a batch", tenant("batch: 1.5"), ":5:12:", "tenants.0.batch: must be a whole number, not 1.5"],
    ["no positive nice", tenant("nice: 0"), ":5:11:", "tenants.0.nice: must be at least 1, not 0"],
    [
      "a channel share of all",
      `beChannelShare: 1\n${tenant("batch: 1")}`,
      ":1:17:",
      "beChannelShare: must be below 1",
    ],
    ["an unknown GPU", `gpu: h20\n${tenant("batch: 1")}`, ":1:6:", '"h20"', 'did you mean "h200"?'],
    ["an unknown policy", `policy: mps\n${tenant("batch: 1")}`, ":1:9:", '"mps"', 'did you mean "mpsplus"?'],
    ["an unknown model", "tenants:\n  - { name: a, class: LS, model: resnet43 }", ":2:34:", '"resnet34"'],
    [
      "an unknown class",
      "tenants:\n  - { name: a, class: RT, model: vgg19 }",
      ":2:23:",
      'must be LS or BE, not "RT"',
    ],
    ["no class", "tenants:\n  - { name: a, model: vgg19 }", ":2:5:", "tenants.0.class: missing", "LS or BE"],
    ["no model", "tenants:\n  - { name: a, class: LS }", ":2:5:", "tenants.0.model: missing", "text"],
    ["no tenants", "tenants: []", ":1:10:", "tenants: must have at least 1 entry, not 0"],
    ["no list", "tenants: vgg19", ":1:10:", "tenants: must be a list, not text"],
    ["nothing at all", "", ":1:1:", "must be a map of keys, not nothing"],
    ["a misspelt key that is missing too", "tennants: []", ":1:1:", 'did you mean "tenants"?'],
    ["a time beyond all runs", tenant("start: 1e20"), ":5:12:", "must be at most 9000000"],
    [
      "a name that steers terminals",
      'tenants:\n  - { name: "a\\e[2J", class: LS, model: vgg19 }',
      ":2:13:",
      "control",
    ],
    [
      "more SMs than there are",
      `${tenant("smRequest: 60")}  - { name: b, class: BE, model: vgg19, smRequest: 50 }`,
      ":6:52:",
      "tenants.1.smRequest: the tenants before ask for all but 40 % of the SMs",
    ],
    ["two loads", tenant("load: { closed: {}, uniform: { ratePerS: 1 } }"), ":5:11:", "closed and uniform"],
    ["a load without a kind", tenant("load: { }"), ":5:11:", "one of trace, closed, poisson, uniform"],
    ["a stream without a trace", tenant("load: { closed: {}, stream: x }"), ":5:33:", "only a trace"],
    ["a rate without a number", tenant("load: { poisson: { } }"), ":5:22:", "ratePerS"],
    ["a missing trace file", tenant("load: { trace: gone.txt }"), ":5:20:", "no trace file", "gone.txt"],
    ["a request above its limit", tenant("smRequest: 60\n    smLimit: 50"), ":5:16:", "not be above smLimit"],
    ["a stop before the start", tenant("start: 5\n    stop: 5"), ":6:11:", "after start (5 s)"],
    [
      "a name twice",
      `${tenant("")}  - { name: a, class: BE, model: vgg19 }`,
      ":6:13:",
      'second tenant of the name "a"',
    ],
  ])("%s", (_, text, ...parts) => {
    expectRefusal(() => load(text), "yamlSchema", "mine.yaml", ...parts);
  });

  it.each([
    ["a key twice", "seed: 1\nseed: 2\n", ":2:1:"],
    ["an alias without its anchor", "tenants: *all\n", "alias"],
    ["two documents", "---\nseed: 1\n---\nseed: 2\n", ":3:1:", "one file holds one"],
    ["a broken line", "tenants:\n  - { name: a\nseed: 3\n", ":3:"],
  ])("%s", (_, text, ...parts) => {
    expectRefusal(() => load(text), "yamlSyntax", "mine.yaml", ...parts);
  });
});
