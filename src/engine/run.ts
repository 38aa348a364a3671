/**
 * The loop that moves a run forward: let the device go on to its next instant, deliver what is due then, and again.
 *
 * The same loop drives a simulated GPU and a real one. Every event passes through `deliver`, in one order for the
 * journal, the arrivals and the scheduler, so that a journal is the whole story. Nothing is allocated per turn.
 */
import type { Commands } from "../core/command.ts";
import type { Device } from "../core/device.ts";
import type { Event } from "../core/event.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { Arrivals } from "../core/workload.ts";

/** What the loop needs of its parts. `out` is where the scheduler's commands go: the device, or what stands before it. */
export interface RunParts {
  readonly device: Pick<Device, "nowNs" | "submit" | "poll">;
  readonly scheduler: Pick<Scheduler, "step">;
  readonly arrivals: Pick<Arrivals, "step" | "nextNs" | "deliverDue">;
  readonly out: Commands;
  /** Sees each event before the scheduler does. */
  readonly record?: ((event: Event) => void) | undefined;
}

/** A single step over an idle GPU stops here: with nothing planned there is no next instant to stop at. */
const LONGEST_STEP_NS = 1_000_000_000;

export class Run {
  private readonly parts: RunParts;
  private readonly timePassed: { kind: "timePassed"; atNs: number } = { kind: "timePassed", atNs: 0 };
  private delivered = 0;
  private lastEventNs = 0;

  constructor(parts: RunParts) {
    this.parts = parts;
  }

  /** Hands one event to everyone who hears events. The operator's events enter here between turns, at nowNs. */
  readonly deliver = (event: Event): void => {
    const { arrivals, scheduler, record, out } = this.parts;
    this.delivered += 1;
    this.lastEventNs = event.atNs;
    record?.(event);
    arrivals.step(event);
    scheduler.step(event, out);
  };

  /** Goes on to `untilNs`, or for `turns` turns if that comes first. True once `untilNs` is reached. */
  advance(untilNs: number, turns = Number.POSITIVE_INFINITY): boolean {
    const { device } = this.parts;
    for (let turn = 0; turn < turns && device.nowNs() < untilNs; turn++) this.turn(untilNs);
    return device.nowNs() >= untilNs;
  }

  /** Goes on until something has happened, at most one simulated second. */
  step(): void {
    const { device } = this.parts;
    const untilNs = device.nowNs() + LONGEST_STEP_NS;
    const before = this.delivered;
    while (this.delivered === before && device.nowNs() < untilNs) this.turn(untilNs);
  }

  /** Tells the scheduler the time, so that what it averages over time ends now and not at the last event. */
  tellTime(): void {
    const nowNs = this.parts.device.nowNs();
    if (nowNs <= this.lastEventNs) return;
    this.timePassed.atNs = nowNs;
    this.deliver(this.timePassed);
  }

  /** One instant: the device's events first, then the requests that come. */
  private turn(untilNs: number): void {
    const { device, arrivals } = this.parts;
    device.poll(Math.min(arrivals.nextNs(), untilNs), this.deliver);
    // What answers an event does not wait until requests are taken in.
    if (arrivals.nextNs() <= device.nowNs()) device.submit();
    arrivals.deliverDue(device.nowNs(), this.deliver);
  }
}
