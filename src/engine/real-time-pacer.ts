/**
 * Drives a run on a real GPU, whose clock is the wall's: polls it all the time, but for the moments in which acts are done and views
 * sent. The doorbell ends a poll at once, so an act waits no longer than an event of the device.
 */
import { MissileError } from "../core/error.ts";
import type { Doorbell } from "./doorbell.ts";
import type { Engine } from "./engine.ts";
import type { Pace } from "./session.ts";

/** Longest slice, whole ns: the time between two views. Too large: views come late. Too small: coming and going costs. */
const SLICE_NS = 33_000_000;

/** Turns of the run loop in one breath: enough for what comes in a millisecond. Too many: the other work waits. */
const TURNS_PER_BREATH = 64;

const REAL_PACE: Pace = { paused: false, speed: 1, achievedSpeed: 1 };

function refuse(what: string): never {
  throw new MissileError(
    `a real GPU ${what}: switch loads off, or run the mix on a simulated one`,
    "realTime",
  );
}

type Paced = Pick<Engine, "nowNs" | "presentNs" | "advance" | "hasEnds">;

export class RealTimePacer {
  readonly pace = REAL_PACE;
  private readonly engine: Paced;
  private readonly doorbell: Doorbell;

  constructor(engine: Paced, doorbell: Doorbell) {
    this.engine = engine;
    this.doorbell = doorbell;
  }

  setPaused(): void {
    refuse("cannot be paused");
  }

  setSpeed(): void {
    refuse("has one speed");
  }

  step(): void {
    refuse("cannot be stepped through");
  }

  /** Hears what the GPU has told until now, between pieces of other work. */
  breathe(): void {
    this.engine.advance(this.engine.presentNs(), TURNS_PER_BREATH);
  }

  /** So that what comes now comes after all that was before it. */
  catchUp(): void {
    this.breathe();
  }

  /** Runs until the doorbell rings or a client is to be told of an end, at most for SLICE_NS. Returns 0: there is more to do at once. */
  slice(): number {
    const { engine, doorbell } = this;
    const untilNs = engine.nowNs() + SLICE_NS;
    while (!doorbell.isRung && !engine.hasEnds && !engine.advance(untilNs, 1));
    doorbell.hush();
    return 0;
  }
}
