/**
 * What was seen: every view of the last half minute, and every so many of those before, some minutes back. It counts
 * views, of which some 30 come in a second of wall time whatever the speed of the run, so its memory is bounded. Times are
 * those of the run.
 */
import { assert } from "../core/assert.ts";
import type { DecisionEntry } from "../core/snapshot.ts";
import type { View } from "../engine/session.ts";
import { Identities } from "./identity.ts";

const VIEWS_PER_S = 30;
/** Views kept whole: 30 s. */
const FINE_VIEWS = 30 * VIEWS_PER_S;
/** Beyond those, two a second are kept. */
const COARSE_STRIDE = VIEWS_PER_S / 2;
/** How far back it goes where nobody says. */
const MINUTES = 10;
/** Series remembered; the one not asked for the longest is forgotten first. */
const MOST_COLUMNS = 256;

export interface Moment {
  readonly view: View;
  readonly identities: Identities;
}

export type Figure = (view: View) => number;

/** What a pane may ask. */
export type HistoryReader = Pick<History, "span" | "at" | "series">;

const timeOf = (moment: Moment): number => moment.view.snapshot.atNs;

/** The last `capacity` items, oldest first. */
class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #first = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  get(index: number): T {
    return this.#items[(this.#first + index) % this.#capacity]!;
  }

  /** Adds an item and returns the one it displaced. */
  push(item: T): T | undefined {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return undefined;
    }
    const displaced = this.#items[this.#first];
    this.#items[this.#first] = item;
    this.#first = (this.#first + 1) % this.#capacity;
    return displaced;
  }

  replaceLast(item: T): void {
    this.#items[(this.#first + this.#items.length - 1) % this.#capacity] = item;
  }
}

/** Index of the newest moment not after `atNs`; -1: all are. */
function newestUntil(ring: Ring<Moment>, atNs: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(ring.get(middle)) <= atNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Figures by step: a step's place is its number modulo the length, and `steps` says whose figure stands there. */
interface Column {
  readonly steps: Float64Array;
  readonly figures: Float64Array;
}

const newColumn = (length: number): Column => ({
  steps: new Float64Array(length).fill(-1),
  figures: new Float64Array(length),
});

export class History {
  #fine = new Ring<Moment>(FINE_VIEWS);
  #coarse: Ring<Moment>;
  readonly #coarseViews: number;
  /** Displaced from the fine ones so far. */
  #displaced = 0;
  readonly #columns = new Map<string, Column>();

  constructor(minutes = MINUTES) {
    this.#coarseViews = Math.ceil(Math.max(0, minutes * 60 * VIEWS_PER_S - FINE_VIEWS) / COARSE_STRIDE);
    this.#coarse = new Ring(this.#coarseViews);
  }

  /** Every view as it comes. Time that goes back is another run: the history starts anew. */
  push(view: View): void {
    const { atNs, tenants } = view.snapshot;
    if (this.#fine.length > 0 && atNs < timeOf(this.latest())) this.#forget();
    if (this.#fine.length === 0) {
      this.#fine.push({ view, identities: Identities.none.next(tenants, 0) });
      return;
    }
    const before = this.latest();
    const identities = before.identities.next(tenants, timeOf(before));
    const moment = { view: sharingLog(view, before.view), identities };
    // A paused run shows the same instant again and again: that fills no history.
    if (atNs === timeOf(before)) this.#fine.replaceLast(moment);
    else this.#add(moment);
  }

  get span(): { readonly fromNs: number; readonly untilNs: number } {
    const oldest = this.#coarse.length > 0 ? this.#coarse.get(0) : this.#fine.get(0);
    return { fromNs: timeOf(oldest), untilNs: timeOf(this.latest()) };
  }

  latest(): Moment {
    assert(this.#fine.length > 0, "a history is asked once it has a view");
    return this.#fine.get(this.#fine.length - 1);
  }

  /** The newest moment not after `atNs`; the oldest where all are after it. */
  momentAt(atNs: number): Moment {
    const fine = newestUntil(this.#fine, atNs);
    if (fine >= 0) return this.#fine.get(fine);
    if (this.#coarse.length === 0) return this.#fine.get(0);
    return this.#coarse.get(Math.max(0, newestUntil(this.#coarse, atNs)));
  }

  at(atNs: number): View {
    return this.momentAt(atNs).view;
  }

  /**
   * The figure at the end of each of the last `count` steps of `stepMs`, the last of them at `untilNs` itself; NaN where
   * nothing was seen yet. Steps begin at whole multiples of `stepMs`, so that what was drawn once stays as it is. Of a step that
   * is over the figure is remembered under `key`, which must be another one for each figure; a series that is asked for at every
   * frame costs one figure a frame.
   */
  series(figure: Figure, key: string, untilNs: number, stepMs: number, count: number): Float64Array {
    const stepNs = stepMs * 1e6;
    const column = this.#columnFor(`${key} ${stepMs}`, count);
    const { fromNs, untilNs: newestNs } = this.span;
    const last = Math.floor(untilNs / stepNs);
    const figures = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const step = last - count + 1 + index;
      const endNs = Math.min((step + 1) * stepNs, untilNs);
      const place = step % column.steps.length;
      if (step >= 0 && step < last && column.steps[place] === step) figures[index] = column.figures[place]!;
      else {
        const value = endNs < fromNs ? Number.NaN : figure(this.at(endNs));
        figures[index] = value;
        if (step < 0 || step === last || endNs > newestNs || endNs < fromNs) continue;
        column.steps[place] = step;
        column.figures[place] = value;
      }
    }
    return figures;
  }

  #columnFor(key: string, count: number): Column {
    const known = this.#columns.get(key);
    const column = known !== undefined && known.steps.length >= count ? known : newColumn(count);
    // The order of the map is the order of use.
    this.#columns.delete(key);
    this.#columns.set(key, column);
    if (this.#columns.size > MOST_COLUMNS) this.#columns.delete(this.#columns.keys().next().value!);
    return column;
  }

  #add(moment: Moment): void {
    const displaced = this.#fine.push(moment);
    if (displaced !== undefined && this.#displaced++ % COARSE_STRIDE === 0) this.#coarse.push(displaced);
  }

  #forget(): void {
    this.#fine = new Ring(FINE_VIEWS);
    this.#coarse = new Ring(this.#coarseViews);
    this.#displaced = 0;
    this.#columns.clear();
  }
}

/** The view with the log's entries of the view before it where they are the same: most are, and they are most of its memory. */
function sharingLog(view: View, before: View): View {
  const known = new Map<number, DecisionEntry>(before.snapshot.log.map((entry) => [entry.sequence, entry]));
  const log = view.snapshot.log.map((entry) => {
    const same = known.get(entry.sequence);
    return same?.atNs === entry.atNs ? same : entry;
  });
  return { ...view, snapshot: { ...view.snapshot, log } };
}
