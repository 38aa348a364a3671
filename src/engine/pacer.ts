/**
 * Drives a simulated run by the wall clock: with a speed factor, pause and single step, in slices short enough that
 * whoever shares the thread is heard between them.
 *
 * A simulation that cannot keep up runs as fast as it can and says so in achievedSpeed; the time it owes is forgotten
 * beyond MAX_DEBT_MS, so a slow stretch is never followed by a rush.
 */
import { MissileError } from "../core/error.ts";
import type { Engine } from "./engine.ts";
import type { Pace } from "./session.ts";

/** Longest slice, wall ms. Too large: acts wait. Too small: more of the time goes into coming and going. */
const SLICE_MS = 4;
/** Wall ms between slices while the run keeps up. Too large: the screen stutters at speed 1; too small: idle wakings. */
const TICK_MS = 4;
/** Turns of the run loop between looks at the wall clock: some tenths of a millisecond. */
const TURNS_PER_LOOK = 64;
/** Wall ms that a run may be late and still catch up. */
const MAX_DEBT_MS = 50;
/** Wall ms over which achievedSpeed is measured. */
const MEASURE_MS = 500;
const MAX_SPEED = 10_000;
const NS_PER_MS = 1e6;

export class Pacer {
  private readonly engine: Pick<Engine, "nowNs" | "advance" | "step">;
  private readonly wallMs: () => number;
  private paused = false;
  private speed = 1;
  private achieved = 0;
  /** A wall instant and the simulated instant that belongs to it. */
  private anchorMs: number;
  private anchorNs: number;
  private measuredMs: number;
  private measuredNs: number;

  /** Throws MissileError "badSpeed". */
  constructor(engine: Pick<Engine, "nowNs" | "advance" | "step">, speed: number, wallMs: () => number) {
    this.engine = engine;
    this.wallMs = wallMs;
    this.anchorMs = this.measuredMs = wallMs();
    this.anchorNs = this.measuredNs = engine.nowNs();
    this.setSpeed(speed);
  }

  get pace(): Pace {
    return { paused: this.paused, speed: this.speed, achievedSpeed: this.achieved };
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    this.anchor(0);
    this.restartMeasurement();
    if (paused) this.achieved = 0;
  }

  /** Throws MissileError "badSpeed". */
  setSpeed(factor: number): void {
    if (!(factor > 0 && factor <= MAX_SPEED)) {
      throw new MissileError(`the speed must be above 0 and at most ${MAX_SPEED}, not ${factor}`, "badSpeed");
    }
    this.speed = factor;
    this.anchor(0);
  }

  /** Throws MissileError "notPaused". */
  step(): void {
    if (!this.paused) throw new MissileError("pause the run before you step through it", "notPaused");
    this.engine.step();
  }

  /** A simulation waits while other work is done. */
  breathe(): void {}

  /** Goes on to this moment, as far as a slice gets, so that what comes now comes now. */
  catchUp(): void {
    this.slice();
  }

  /** Runs what is due, for at most SLICE_MS. Returns the wall ms until there is more to do; 0: at once. */
  slice(): number {
    if (this.paused) return TICK_MS;
    const startMs = this.wallMs();
    const targetNs = this.anchorNs + Math.round((startMs - this.anchorMs) * NS_PER_MS * this.speed);
    let reached = this.engine.advance(targetNs, TURNS_PER_LOOK);
    while (!reached && this.wallMs() - startMs < SLICE_MS)
      reached = this.engine.advance(targetNs, TURNS_PER_LOOK);
    this.measure();
    if (reached) return TICK_MS;
    const debtMs = (targetNs - this.engine.nowNs()) / (NS_PER_MS * this.speed);
    if (debtMs > MAX_DEBT_MS) this.anchor(MAX_DEBT_MS);
    return 0;
  }

  /** From now on the simulation is `debtMs` wall ms late. */
  private anchor(debtMs: number): void {
    this.anchorMs = this.wallMs() - debtMs;
    this.anchorNs = this.engine.nowNs();
  }

  private measure(): void {
    const nowMs = this.wallMs();
    const elapsedMs = nowMs - this.measuredMs;
    if (elapsedMs < MEASURE_MS) return;
    this.achieved = (this.engine.nowNs() - this.measuredNs) / (elapsedMs * NS_PER_MS);
    this.restartMeasurement();
  }

  private restartMeasurement(): void {
    this.measuredMs = this.wallMs();
    this.measuredNs = this.engine.nowNs();
  }
}
