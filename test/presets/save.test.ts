import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMix, mixNames, saveMix, tenantWithDefaults } from "../../src/presets/index.ts";
import type { LoadConfig, MixConfig, TenantConfig } from "../../src/presets/mix.ts";
import { presetPath } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";

const directory = scratch();
const fileIn = (name: string): string => join(directory, name);
const text = (path: string): string => readFileSync(path, "utf8");

/** The text of a file after the mix in it was loaded, changed and saved. */
function resaved(before: string, change: (mix: MixConfig) => MixConfig): string {
  const path = fileIn("resaved.yaml");
  writeFileSync(path, before);
  saveMix(change(loadMix(path)), path);
  return text(path);
}

const changeTenant =
  (name: string, change: Partial<TenantConfig>) =>
  (mix: MixConfig): MixConfig => ({
    ...mix,
    tenants: mix.tenants.map((tenant) => (tenant.name === name ? { ...tenant, ...change } : tenant)),
  });

const commented = `# What this is for.
policy: orion # not ours

tenants:
  # the one that hurries
  - name: a
    class: LS
    model: resnet34 # 34
    nice: 0x10
    load: { poisson: { ratePerS: 100 } } # a camera

  # the one that waits
  - name: b
    class: BE
    model: densenet161
    load:
      closed:
        inFlight: 2 # two
# the end
`;

describe("saving a mix in the file that it came from", () => {
  it.each(mixNames())("leaves %s as it is, word for word", (name) => {
    const before = text(presetPath("mixes", `${name}.yaml`));
    expect(resaved(before, (mix) => mix)).toBe(before);
  });

  it("changes the value that differs, and keeps every comment", () => {
    const after = resaved(commented, changeTenant("a", { nice: 7, load: { kind: "poisson", ratePerS: 50 } }));
    expect(after).toBe(
      commented
        .replace("0x10", "7")
        .replace("ratePerS: 100", "ratePerS: 50")
        .replace("# the end", "\n# the end"),
    );
  });

  it("adds what was left to its default above the tenants and the load, and takes out what is none any more", () => {
    const path = (mix: MixConfig) =>
      changeTenant("a", { sloMs: 5, vramKiB: 100 })({ ...mix, cfsPeriodPackets: 64 });
    const after = resaved(commented, path);
    expect(after).toContain("cfsPeriod: 64\n\ntenants:");
    expect(after).toContain("    vramKiB: 100\n    sloMs: 5\n    load: { poisson");
    const back = resaved(after, changeTenant("a", { sloMs: null, vramKiB: null }));
    expect(back).not.toMatch(/sloMs|vramKiB/);
  });

  it("takes a tenant out with its comment, and appends another", () => {
    const after = resaved(commented, (mix) => ({
      ...mix,
      tenants: [mix.tenants[1]!, tenantWithDefaults({ name: "c", class: "LS", model: "resnet34", sloMs: 3 })],
    }));
    expect(after).not.toContain("hurries");
    expect(after).toContain("# the one that waits\n  - name: b");
    expect(after).toContain("  - name: c\n    class: LS\n    model: resnet34\n    sloMs: 3\n");
  });

  it("moves a tenant with its comment", () => {
    const after = resaved(commented, (mix) => ({ ...mix, tenants: [...mix.tenants].reverse() }));
    expect(after).toMatch(
      /tenants:\n {2}# the one that waits\n {2}- name: b.*\n {2}# the one that hurries\n {2}- name: a/s,
    );
  });

  it("writes another kind of load in one line, behind which the comment stays", () => {
    const after = resaved(
      commented,
      changeTenant("a", { load: { kind: "closed", inFlight: 1, thinkMs: 0 } }),
    );
    expect(after).toContain("    load: { closed: { inFlight: 1 } } # a camera\n");
  });

  it("changes one of two that shared a value by an alias", () => {
    const shared = commented
      .replace("nice: 0x10", "nice: &n 5")
      .replace("class: BE\n", "class: BE\n    nice: *n\n");
    expect(resaved(shared, changeTenant("a", { nice: 9 }))).toMatch(/nice: 9.*nice: 5/s);
  });
});

const load: fc.Arbitrary<LoadConfig> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("poisson" as const, "uniform" as const),
    ratePerS: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("closed" as const),
    inFlight: fc.integer({ min: 1, max: 9 }),
    thinkMs: fc.nat(3),
  }),
  fc.constant({ kind: "clients" as const }),
  fc.constantFrom("lidar", "camera-front").map((stream) => ({
    kind: "trace" as const,
    file: presetPath("traces", "apollo-like.json"),
    stream,
  })),
  fc.constant({ kind: "trace" as const, file: presetPath("traces", "apollo-like.txt") }),
);

const tenantNamed = (name: string): fc.Arbitrary<TenantConfig> =>
  fc.record({
    name: fc.constant(name),
    class: fc.constantFrom("LS" as const, "BE" as const),
    model: fc.constantFrom("resnet34", "bert-base"),
    batch: fc.integer({ min: 1, max: 3 }),
    precision: fc.constantFrom("tf32", "fp16", "bf16"),
    nice: fc.integer({ min: 1, max: 1e6 }),
    vramKiB: fc.option(fc.nat(5)),
    smRequestPercent: fc.nat(10),
    smLimitPercent: fc.integer({ min: 10, max: 100 }),
    sloMs: fc.option(fc.double({ min: 0.1, max: 100, noNaN: true })),
    load,
    startS: fc.nat(2),
    stopS: fc.option(fc.integer({ min: 3, max: 5 })),
  });

const names = ["a", "b", "true", "12", "ü: # 名前", "- x", "*y", "  "];

const mix: fc.Arbitrary<MixConfig> = fc
  .shuffledSubarray(names, { minLength: 1, maxLength: 5 })
  .chain((chosen) =>
    fc.record({
      name: fc.constant("m"),
      gpu: fc.constantFrom("h200", "v100"),
      policy: fc.constantFrom("orion", "missiletemporal"),
      cfsPeriodPackets: fc.constantFrom(512, 64),
      beChannelShare: fc.constantFrom(1 / 3, 0.5),
      seed: fc.nat(3),
      tenants: fc.tuple(...chosen.map(tenantNamed)),
    }),
  );

/** Equal but for how an absent stream is written. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a saved mix", () => {
  it("is the mix when it is loaded again, whatever file it replaces, and every comment of who stays is kept", () => {
    const first = fileIn("m.yaml");
    fc.assert(
      fc.property(mix, mix, (one, other) => {
        writeFileSync(first, "tenants: [{ name: q, class: LS, model: resnet34 }]\n");
        saveMix(one, first);
        expect(plain(loadMix(first))).toEqual(plain(one));
        const marked = `# head\n\n${text(first).replaceAll(/^( +)- name: (.*)$/gm, "$1# of $2\n$1- name: $2 # $2")}# tail\n`;
        writeFileSync(first, marked);
        expect(plain(loadMix(first))).toEqual(plain(one));
        saveMix(other, first);
        expect(plain(loadMix(first))).toEqual(plain(other));
        const after = text(first);
        expect(after).toMatch(/^# head/);
        expect(after).toMatch(/# tail\s*$/);
        for (const { name } of one.tenants) {
          const stays = other.tenants.some((tenant) => tenant.name === name);
          const quoted = /- name: (.*) # /.exec(
            marked.split("\n").find((line) => line.includes(`- name: `) && line.includes(name)) ?? "",
          )?.[1];
          if (stays && quoted !== undefined) expect(after).toContain(`# of ${quoted}\n`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is where it was saved, and nothing else is", () => {
    const folder = join(directory, "alone");
    mkdirSync(folder);
    expect(saveMix(loadMix("two-tenants"), join(folder, "mine"))).toBe(join(folder, "mine.yaml"));
    expect(readdirSync(folder)).toEqual(["mine.yaml"]);
    expect(loadMix(join(folder, "mine.yaml"))).toEqual({ ...loadMix("two-tenants"), name: "mine" });
  });

  it("keeps the comments of the mix that it began as", () => {
    const path = saveMix({ ...loadMix("apollo"), seed: 5 }, fileIn("from"), { from: "apollo" });
    expect(text(path)).toContain("# What an autonomous car asks of its GPU");
    expect(text(path)).toContain("load: { trace: apollo-like, stream: camera-front }");
    expect(loadMix(path).seed).toBe(5);
  });

  it("finds a trace beside the mix that it began as from another folder too", () => {
    const [there, here] = [join(directory, "there"), join(directory, "here")];
    for (const folder of [there, here]) mkdirSync(folder);
    writeFileSync(join(there, "own.txt"), text(presetPath("traces", "apollo-like.txt")));
    writeFileSync(
      join(there, "m.yaml"),
      commented.replace("{ poisson: { ratePerS: 100 } }", "{ trace: own.txt }"),
    );
    const loaded = loadMix(join(there, "m.yaml"));
    const path = saveMix(loaded, join(here, "m.yaml"), { from: join(there, "m.yaml") });
    expect(plain(loadMix(path))).toEqual(plain(loaded));
    expect(text(path)).toContain(`trace: ${join(there, "own.txt")}`);
    expect(text(path)).toContain("# a camera");
  });

  it("names a trace as short as can be", () => {
    const [tenant] = loadMix("two-tenants").tenants;
    const mixOf = (file: string): MixConfig => ({
      ...loadMix("two-tenants"),
      tenants: [{ ...tenant!, load: { kind: "trace", file } }],
    });
    expect(text(saveMix(mixOf(presetPath("traces", "apollo-like.txt")), fileIn("t1")))).toContain(
      "trace: apollo-like }",
    );
    expect(text(saveMix(mixOf("apollo-like"), fileIn("t2")))).toContain("trace: apollo-like }");
  });

  it("goes through a link to the file behind it", () => {
    const target = saveMix(loadMix("two-tenants"), fileIn("target"));
    symlinkSync(target, fileIn("link.yaml"));
    saveMix({ ...loadMix("two-tenants"), seed: 3 }, fileIn("link.yaml"));
    expect(loadMix(target).seed).toBe(3);
  });
});

describe("what cannot be saved", () => {
  it("does not replace a file that is no mix", () => {
    const path = fileIn("notes.yaml");
    writeFileSync(path, "shopping: [milk]\n");
    expect(() => saveMix(loadMix("two-tenants"), path)).toThrow(
      /notes\.yaml:1:1: unknown key "shopping".*choose another name/,
    );
    expect(text(path)).toBe("shopping: [milk]\n");
  });

  it("says what no file can say, and why a file cannot be written", () => {
    const two = loadMix("two-tenants");
    expect(() => saveMix({ ...two, tenants: [] }, fileIn("none"))).toThrow(
      /the mix cannot be saved: .*tenants/,
    );
    expect(() => saveMix(two, fileIn("no/such"))).toThrow(/the mix cannot be written \(ENOENT/);
    expect(() => saveMix(two, fileIn("x"), { from: "nonesuch" })).toThrow('called "nonesuch"');
    expect(readdirSync(directory).filter((name) => name.includes("draft"))).toEqual([]);
  });
});
