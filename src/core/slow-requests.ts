/** The slowest requests of the last minute, with their stories. Only those that are among them are ever written down. */
import type { Request } from "./request.ts";
import type { SlowRequest } from "./snapshot.ts";

/** Requests that are kept. */
const KEPT = 10;
/** The last minute, in pieces that are forgotten whole: so it is the last 50 to 60 s. */
const PIECES = 6;
const PIECE_NS = 10e9;

export class SlowRequests {
  /** The slowest of each piece, the slowest first. */
  private readonly pieces: SlowRequest[][] = Array.from({ length: PIECES }, () => []);
  /** Of the piece that is now: what a latency must exceed to be kept. */
  private leastMs = 0;
  private piece = 0;

  /** The request is complete, and its story is still there. */
  offer(request: Request, latencyMs: number, nowNs: number): void {
    this.advance(nowNs);
    if (latencyMs <= this.leastMs || request.trace === null) return;
    const kept = this.pieces[this.piece % PIECES]!;
    const at = kept.findIndex((other) => other.latencyMs < latencyMs);
    kept.splice(at < 0 ? kept.length : at, 0, request.trace.told(request, latencyMs));
    if (kept.length > KEPT) kept.pop();
    if (kept.length === KEPT) this.leastMs = kept[KEPT - 1]!.latencyMs;
  }

  slowest(nowNs: number): SlowRequest[] {
    this.advance(nowNs);
    return this.pieces
      .flat()
      .sort((a, b) => b.latencyMs - a.latencyMs)
      .slice(0, KEPT);
  }

  reset(): void {
    for (const kept of this.pieces) kept.length = 0;
    this.leastMs = 0;
  }

  private advance(nowNs: number): void {
    const piece = Math.floor(nowNs / PIECE_NS);
    if (piece === this.piece) return;
    const steps = Math.min(piece - this.piece, PIECES);
    for (let step = 0; step < steps; step++) this.pieces[(piece - step) % PIECES]!.length = 0;
    this.leastMs = 0;
    this.piece = piece;
  }
}
