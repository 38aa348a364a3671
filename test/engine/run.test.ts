import { describe, expect, it } from "vitest";
import type { Commands } from "../../src/core/command.ts";
import type { Event } from "../../src/core/event.ts";
import { asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { Run, type RunParts } from "../../src/engine/run.ts";

/** A device whose events are laid down beforehand, and which notes how it was polled. */
class ScriptedDevice {
  now = 0;
  readonly polledUntil: number[] = [];
  submit = (): void => {};
  private readonly script: Event[];

  constructor(script: readonly Event[]) {
    this.script = [...script];
  }

  nowNs(): number {
    return this.now;
  }

  poll(untilNs: number, deliver: (event: Event) => void): void {
    this.polledUntil.push(untilNs);
    const next = this.script[0]?.atNs ?? Number.POSITIVE_INFINITY;
    this.now = Math.max(this.now, Math.min(next, untilNs));
    while (this.script[0] !== undefined && this.script[0].atNs <= this.now)
      deliver(this.script.shift() as Event);
  }
}

const retired = (atNs: number): Event => ({
  kind: "launchRetired",
  atNs,
  launch: asLaunchId(1),
  kernelsDone: 1,
  blocksLeft: 0,
});
const arrived = (atNs: number): Event => ({ kind: "requestArrived", atNs, tenant: asTenantId(0) });

interface Stage {
  readonly run: Run;
  readonly device: ScriptedDevice;
  readonly seen: string[];
}

/** A run over scripted device events and arrival times, with a log of what the scheduler saw. */
function stage(script: { events?: Event[]; arrivals?: number[] }): Stage {
  const device = new ScriptedDevice(script.events ?? []);
  const due = [...(script.arrivals ?? [])];
  const seen: string[] = [];
  const parts: RunParts = {
    device,
    scheduler: {
      step: (event) => {
        seen.push(`${event.kind}@${event.atNs}`);
      },
    },
    arrivals: {
      step: () => {},
      nextNs: () => due[0] ?? Number.POSITIVE_INFINITY,
      deliverDue: (nowNs, deliver) => {
        while ((due[0] ?? Number.POSITIVE_INFINITY) <= nowNs) {
          due.shift();
          deliver(arrived(nowNs));
        }
      },
    },
    out: {} as Commands,
  };
  return { run: new Run(parts), device, seen };
}

describe("the run loop", () => {
  it("delivers arrivals and device events in the order of their times", () => {
    const { run, device, seen } = stage({
      events: [retired(30), retired(70)],
      arrivals: [10, 50],
    });
    expect(run.advance(100)).toBe(true);
    expect(seen).toEqual(["requestArrived@10", "launchRetired@30", "requestArrived@50", "launchRetired@70"]);
    expect(device.now).toBe(100);
  });

  it("never polls beyond the next arrival or the end", () => {
    const { run, device } = stage({ arrivals: [10] });
    run.advance(30);
    expect(device.polledUntil).toEqual([10, 30]);
  });

  it("submits what answers events before it takes in requests of the same instant", () => {
    const { run, device, seen } = stage({ events: [retired(10), retired(20)], arrivals: [20] });
    device.submit = () => seen.push("submit");
    run.advance(30);
    expect(seen).toEqual(["launchRetired@10", "launchRetired@20", "submit", "requestArrived@20"]);
  });

  it("stops after the turns it was given, short of the end", () => {
    const { run, device } = stage({ events: [retired(10), retired(20), retired(30)] });
    expect(run.advance(100, 2)).toBe(false);
    expect(device.now).toBe(20);
  });

  it("steps to the next instant at which something happens, past polls that bring nothing", () => {
    const { run, device, seen } = stage({ events: [retired(25)], arrivals: [90] });
    run.step();
    expect(seen).toEqual(["launchRetired@25"]);
    run.step();
    expect(seen).toEqual(["launchRetired@25", "requestArrived@90"]);
    expect(device.now).toBe(90);
  });

  it("steps no further than a second over an idle GPU", () => {
    const { run, device, seen } = stage({});
    run.step();
    expect(seen).toEqual([]);
    expect(device.now).toBe(1e9);
  });

  it("tells the time once, and only where no event has told it", () => {
    const { run, seen } = stage({ events: [retired(10)] });
    run.advance(10);
    run.tellTime();
    expect(seen).toEqual(["launchRetired@10"]);
    run.advance(15);
    run.tellTime();
    run.tellTime();
    expect(seen).toEqual(["launchRetired@10", "timePassed@15"]);
  });

  it("shows each event to the recorder before the scheduler acts on it", () => {
    const order: string[] = [];
    const run = new Run({
      device: new ScriptedDevice([]),
      scheduler: { step: () => order.push("scheduler") },
      arrivals: {
        step: () => order.push("arrivals"),
        nextNs: () => Number.POSITIVE_INFINITY,
        deliverDue: () => {},
      },
      out: {} as Commands,
      record: () => order.push("record"),
    });
    run.deliver(retired(0));
    expect(order).toEqual(["record", "arrivals", "scheduler"]);
  });
});
