/** A recording as something to wind: what must be written to a terminal to show any moment of it. Pure. */
import type { Size } from "../screen/screen.ts";
import { type Cast, type CastEvent, KEYFRAME, sizeOf } from "./cast.ts";

/** Default style, whole screen, cursor at its corner: a terminal as if nothing had been written. */
const BLANK = "\x1b[0m\x1b[2J\x1b[H";

export class Tape {
  readonly #events: readonly CastEvent[];
  readonly #firstSize: Size;
  /** Indices of events from which the whole screen is drawn; the beginning is one. */
  readonly #keyframes: readonly number[];
  readonly #marks: readonly CastEvent[];
  readonly durationS: number;
  /** The next event to be shown. */
  #next = 0;
  #atS = 0;

  constructor({ events, size }: Cast) {
    this.#events = events;
    this.#firstSize = size;
    this.durationS = events.at(-1)?.atS ?? 0;
    const isMark = ({ code }: CastEvent): boolean => code === "m";
    const isKeyframe = (event: CastEvent): boolean => isMark(event) && event.data === KEYFRAME;
    this.#keyframes = [0, ...events.flatMap((event, index) => (isKeyframe(event) ? [index] : []))];
    this.#marks = events.filter((event) => isMark(event) && !isKeyframe(event));
  }

  get atS(): number {
    return this.#atS;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#events.length;
  }

  /** Of the screen at this moment. */
  get size(): Size {
    for (let index = this.#next - 1; index >= 0; index--) {
      const { code, data } = this.#events[index]!;
      const size = code === "r" ? sizeOf(data) : null;
      if (size !== null) return size;
    }
    return this.#firstSize;
  }

  /** When the next event is; Infinity: there is none. */
  get nextAtS(): number {
    return this.#events[this.#next]?.atS ?? Number.POSITIVE_INFINITY;
  }

  /** The label of the last mark so far; "": none. */
  get mark(): string {
    return this.#marks.findLast(({ atS }) => atS <= this.#atS)?.data ?? "";
  }

  /** When the next mark after this moment is, or the last before it; null: there is none. */
  markFrom(direction: 1 | -1): number | null {
    const isBeyond = ({ atS }: CastEvent): boolean => (direction > 0 ? atS > this.#atS : atS < this.#atS);
    const marks = this.#marks.filter(isBeyond);
    return (direction > 0 ? marks[0] : marks.at(-1))?.atS ?? null;
  }

  /** Bytes that bring a terminal that shows this moment to `atS`. */
  windTo(atS: number): string {
    const target = Math.max(0, Math.min(atS, this.durationS));
    const keyframe = this.#keyframes.findLast((index) => (this.#events[index]?.atS ?? 0) <= target) ?? 0;
    const mustBeginAnew = target < this.#atS || keyframe > this.#next;
    if (mustBeginAnew) this.#next = keyframe;
    let bytes = mustBeginAnew ? BLANK : "";
    for (; this.nextAtS <= target; this.#next++) {
      const { code, data } = this.#events[this.#next]!;
      if (code === "o") bytes += data;
    }
    this.#atS = target;
    return bytes;
  }
}
