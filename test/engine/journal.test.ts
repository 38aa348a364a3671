import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Engine } from "../../src/engine/engine.ts";
import { Journal } from "../../src/engine/journal.ts";
import { decodeEvent, encodeEvent } from "../../src/engine/journal-text.ts";
import { replay } from "../../src/engine/replay.ts";
import { loadGpu } from "../../src/presets/index.ts";
import { tenantSpec } from "../core/stage.ts";
import { scratch, smallMix } from "./fixtures.ts";
import { ToyDevice } from "./toy-device.ts";

const directory = scratch();
const path = join(directory, "run.journal");

/** A run of a few ms with acts in it, so that every kind of line occurs. */
function record(): void {
  const engine = new Engine(smallMix, {
    journalPath: path,
    openDevice: (gpu) => new ToyDevice(loadGpu(gpu)),
  });
  engine.advance(15e6);
  engine.act({ kind: "changeTenant", tenant: 1, change: { nice: 5 } });
  engine.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: 64 });
  engine.act({ kind: "mark", text: "from here" });
  engine.act({ kind: "changeLoad", tenant: 0, load: { kind: "uniform", ratePerS: 500 } });
  engine.act({ kind: "changeTenant", tenant: 0, change: { vramKiB: 20_000 } });
  engine.advance(25e6);
  engine.act({ kind: "choosePolicy", policy: "temporal" });
  engine.advance(35e6);
  engine.act({ kind: "removeTenant", tenant: 1, how: "abort" });
  engine.advance(50e6);
  engine.close();
}

let lines: readonly string[] = [];
beforeAll(() => {
  record();
  lines = readFileSync(path, "utf8").trimEnd().split("\n");
});

/** A journal of these lines, in a file of its own. */
function journalOf(changed: readonly string[]): string {
  const other = join(directory, "other.journal");
  writeFileSync(other, changed.map((line) => `${line}\n`).join(""));
  return other;
}

const lineOf = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));

describe("the journal's text", () => {
  const events: Event[] = [
    { kind: "tenantJoined", atNs: 0, tenant: asTenantId(3), spec: tenantSpec("a", { class: "LS" }) },
    { kind: "tenantChanged", atNs: 1, tenant: asTenantId(3), change: { sloMs: null, nice: 7 } },
    { kind: "tenantLeft", atNs: 2, tenant: asTenantId(3), how: "drain" },
    { kind: "policyChosen", atNs: 3, policy: "orion" },
    { kind: "tunableSet", atNs: 4, tunable: "beChannelShare", value: 0.25 },
    { kind: "statisticsReset", atNs: 5 },
    { kind: "marked", atNs: 5, text: 'a "moment"' },
    { kind: "requestArrived", atNs: 6, tenant: asTenantId(0) },
    { kind: "tpcsYielded", atNs: 7, launch: asLaunchId(9), tpcs: tpcRange(22, 66) },
    { kind: "launchRetired", atNs: 8, launch: asLaunchId(9), kernelsDone: 4, blocksLeft: 17 },
    { kind: "copyRetired", atNs: 9, copy: asCopyId(2), movedBytes: 524288 },
    { kind: "deviceFailed", atNs: 10, code: "xid-79", tenant: -1 },
    { kind: "deviceRestored", atNs: 11 },
    { kind: "timePassed", atNs: 2 ** 52 },
  ];

  it.each(events)("gives back $kind as it was", (event) => {
    expect(decodeEvent(encodeEvent(event))).toEqual(event);
  });

  it("writes sets as people do", () => {
    expect(encodeEvent(events[8] as Event)).toBe('tpcsYielded {"atNs":7,"launch":9,"tpcs":"22-65"}');
  });
});

describe("replay", () => {
  it("finds a run identical", () => {
    const result = replay(path);
    expect(result).toMatchObject({ difference: null, missingAtEnd: 0, header: { mix: "small", seed: 7 } });
    expect(result.events + result.commands + 1).toBe(lines.length);
    for (const kind of ["launch", "copy", "place", "release"])
      expect(lineOf(new RegExp(`^> ${kind} `))).toBeGreaterThan(0);
  });

  it("catches a command that was changed, and says where", () => {
    const index = lineOf(/^> copy /);
    const expected = (lines[index] as string).replace(/"sizeBytes":\d+/, '"sizeBytes":1');
    expect(replay(journalOf(lines.with(index, expected))).difference).toEqual({
      line: index + 1,
      expected,
      got: lines[index],
    });
  });

  it("catches a command that was taken out", () => {
    const index = lineOf(/^> launch /);
    const { difference } = replay(journalOf(lines.toSpliced(index, 1)));
    expect(difference).toMatchObject({ line: index + 1, got: lines[index] });
  });

  it("catches a command that was put in", () => {
    const added = '> release {"tenant":0}';
    const index = lineOf(/^requestArrived /);
    const { difference } = replay(journalOf(lines.toSpliced(index, 0, added)));
    expect(difference).toEqual({ line: index + 1, expected: added, got: null });
  });

  it("catches an event that was changed", () => {
    const index = lineOf(/^tunableSet /);
    const changed = (lines[index] as string).replace('"value":64', '"value":1');
    expect(replay(journalOf(lines.with(index, changed))).difference).not.toBeNull();
  });

  it("does not mind spacing, blank lines and comments, as in traces written by hand", () => {
    const index = lineOf(/^> copy /);
    const spaced = (lines[index] as string).replace("> copy {", ">  copy  { ");
    const byHand = lines.with(index, spaced).toSpliced(3, 0, "", "# a comment");
    expect(replay(journalOf(byHand)).difference).toBeNull();
  });

  it("works for a journal cut off at any point after its header", () => {
    const text = readFileSync(path, "utf8");
    const cut = join(directory, "cut.journal");
    const headerEnd = text.indexOf("\n") + 1;
    for (let part = 0; part <= 40; part++) {
      writeFileSync(cut, text.slice(0, headerEnd + Math.floor(((text.length - headerEnd) * part) / 40)));
      expect(replay(cut).difference).toBeNull();
    }
    writeFileSync(cut, text.slice(0, 50));
    expect(() => replay(cut)).toThrow(`${cut}:1: not a journal: it has no header`);
  });

  it.each([
    ["not a word of it", /:4: no such event: "not"/],
    ["requestArrived {", /:4: .*JSON/],
    ['requestArrived {"atNs":0}', /:4: requestArrived needs a number "tenant"/],
    ['requestArrived {"atNs":0,"tenant":60}', /:4: requestArrived cannot happen here \(bug: /],
    ["> launch", /:4: a command is written/],
  ])("names the line of %s", (line, message) => {
    const broken = journalOf([...lines.slice(0, 3), line]);
    expect(() => replay(broken)).toThrow(message);
  });

  it("names a file that is no journal, and one that is not there", () => {
    expect(() => replay(journalOf(["{}"]))).toThrow(
      /other\.journal:1: not a journal: it does not begin with "missile-journal 2/,
    );
    expect(() => replay(journalOf(["missile-journal 99 {}"]))).toThrow(/version 99/);
    const header = lines[0] as string;
    const changed = (from: RegExp, to: string) => () => replay(journalOf([header.replace(from, to)]));
    expect(changed(/"sms":\d+/, '"sms":-3')).toThrow(/other\.journal:1: names no GPU that could be/);
    expect(changed(/"policy":"\w+"/, '"policy":"none"')).toThrow(/:1: there is no policy "none"/);
    expect(changed(/"cfsPeriodPackets":\d+/, '"cfsPeriodPackets":"x"')).toThrow(/:1: cfsPeriod must be/);
    expect(() => replay(join(directory, "absent"))).toThrow(/absent: cannot be read/);
  });

  it("says which journal cannot be written", () => {
    const header = {
      mix: "m",
      seed: 1,
      options: { policy: "p", cfsPeriodPackets: 1, beChannelShare: 0.5 },
      gpu: {},
    };
    expect(() => new Journal(join(directory, "no", "such"), header as never)).toThrow(
      /the journal cannot be written/,
    );
  });
});
