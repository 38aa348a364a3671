import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Deed } from "../../src/actions/deed.ts";
import { foresee } from "../../src/actions/foresee.ts";
import { type Done, did, NOTHING_DONE, redone, type Undo, undone } from "../../src/actions/undo.ts";
import { FakeSession } from "../tui/fake-session.ts";

/** Speeds are set one after another: each step knows the speed before and after. */
const step = (before: number, after: number): Done => ({
  says: `${before} → ${after}`,
  deeds: [{ kind: "setSpeed", factor: after }],
  inverse: [{ kind: "setSpeed", factor: before }],
});

const factorOf = ([deed]: readonly Deed[]): number => (deed?.kind === "setSpeed" ? deed.factor : Number.NaN);

describe("undo", () => {
  it("goes back through every value there was, and forth again, as a text editor does", () => {
    const commands = fc.array(fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constantFrom("undo", "redo")));
    fc.assert(
      fc.property(commands, (list) => {
        let undo: Undo = NOTHING_DONE;
        let speed = 0;
        // What a text editor would do: a list of values and a place in it.
        let values = [0];
        let place = 0;
        for (const command of list) {
          if (typeof command === "number") {
            undo = did(undo, step(speed, command));
            speed = command;
            values = [...values.slice(0, place + 1), command];
            place++;
          } else if (command === "undo") {
            const last = undo.past.at(-1);
            undo = undone(undo);
            if (last !== undefined) speed = factorOf(last.inverse);
            place = Math.max(0, place - 1);
          } else {
            const next = undo.future.at(-1);
            undo = redone(undo);
            if (next !== undefined) speed = factorOf(next.deeds);
            place = Math.min(values.length - 1, place + 1);
          }
          expect(speed).toBe(values[place]);
        }
      }),
    );
  });

  it("forgets the oldest steps", () => {
    let undo = NOTHING_DONE;
    for (let value = 0; value < 700; value++) undo = did(undo, step(value, value + 1));
    expect(undo.past).toHaveLength(500);
    expect(factorOf(undo.past.at(-1)!.deeds)).toBe(700);
  });
});

describe("what is foreseen", () => {
  it("is the view with the settings asked for, and nothing else", () => {
    const view = new FakeSession().view();
    const seen = foresee(view, [
      { kind: "changeTenant", tenant: "lidar", change: { nice: 7, sloMs: null, loadOn: false } },
      { kind: "setTunable", tunable: "cfsPeriodPackets", value: 64 },
      { kind: "setPaused", paused: true },
      { kind: "saveMix", file: "x.yaml" },
      { kind: "resetStatistics" },
    ]);
    const lidar = seen.snapshot.tenants[1]!;
    expect([lidar.nice, lidar.sloMs, lidar.loadOn, lidar.vramKiB]).toEqual([7, null, false, 21_418]);
    expect([seen.snapshot.cfsPeriodPackets, seen.pace.paused, seen.pace.speed]).toEqual([64, true, 1]);
    expect(seen.snapshot.tenants[0]).toBe(view.snapshot.tenants[0]);
  });
});
