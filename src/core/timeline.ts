/**
 * What a request did from its arrival on: one part of blame after another, without a gap.
 *
 * Bounded: where a request has very many phases, as under a policy that decides at every kernel, neighbours are folded together.
 * Then their order is lost, but the sum of each part stays exact.
 */
import { BLAME_PARTS } from "./blame.ts";
import type { RequestPhase } from "./snapshot.ts";

/** More phases than a wide screen can tell apart. Fewer lose the order of what happened; more only cost to send. */
const CAPACITY = 48;
/** Neighbours folded together at a time: more than there are parts, so that folding always makes room. */
const FOLDED = 8;

export class Timeline {
  private readonly parts = new Uint8Array(CAPACITY);
  private readonly untilNs = new Float64Array(CAPACITY);
  private readonly sums = new Float64Array(BLAME_PARTS.length);
  private count = 0;
  private fromNs = 0;

  begin(fromNs: number): void {
    this.fromNs = fromNs;
    this.count = 0;
  }

  /** The part lasted until `untilNs`, from where the one before ended. */
  append(part: number, untilNs: number): void {
    const last = this.count - 1;
    if (untilNs === this.endNs) return;
    if (last >= 0 && this.parts[last] === part) {
      this.untilNs[last] = untilNs;
      return;
    }
    if (this.count === CAPACITY) this.fold();
    this.push(part, untilNs);
  }

  phases(): RequestPhase[] {
    const phases: RequestPhase[] = [];
    let fromNs = this.fromNs;
    for (let index = 0; index < this.count; index++) {
      const untilNs = this.untilNs[index]!;
      phases.push({ part: BLAME_PARTS[this.parts[index]!]!, fromNs, untilNs });
      fromNs = untilNs;
    }
    return phases;
  }

  private get endNs(): number {
    return this.count === 0 ? this.fromNs : this.untilNs[this.count - 1]!;
  }

  /** Each group of neighbours becomes one phase a part, in the order of BLAME_PARTS. */
  private fold(): void {
    const all = this.count;
    let fromNs = this.fromNs;
    this.count = 0;
    for (let first = 0; first < all; first += FOLDED) {
      this.sums.fill(0);
      const end = Math.min(all, first + FOLDED);
      let phaseFromNs = fromNs;
      for (let index = first; index < end; index++) {
        this.sums[this.parts[index]!]! += this.untilNs[index]! - phaseFromNs;
        phaseFromNs = this.untilNs[index]!;
      }
      for (let part = 0; part < this.sums.length; part++) {
        if (this.sums[part] === 0) continue;
        fromNs += this.sums[part]!;
        this.push(part, fromNs);
      }
    }
  }

  private push(part: number, untilNs: number): void {
    if (this.count > 0 && this.parts[this.count - 1] === part) this.count--;
    this.parts[this.count] = part;
    this.untilNs[this.count++] = untilNs;
  }
}
