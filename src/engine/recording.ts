/** What of a run is kept so that it can be looked at again, or run again otherwise. It crosses threads without a copy. */
import type { GpuSpec } from "../core/spec.ts";
import type { MixConfig } from "../presets/mix.ts";
import type { RequestRecords, Tenancy } from "./request-records.ts";

/** Rows of a chunk. Too small: many chunks. Too large: the engine of a real GPU waits for the memory of the next one. */
export const CHUNK_ROWS = 16_384;

const ROW_BYTES = 8 + 8 + 4 + 1;

/** Requests that have ended, by the time of their end. Rows that are told of do not change any more. */
export class RequestChunk {
  readonly buffer: SharedArrayBuffer;
  readonly arrivedNs: Float64Array;
  readonly latencyNs: Float64Array;
  readonly tenancy: Uint32Array;
  readonly outcome: Uint8Array;
  count: number;

  constructor(
    { buffer, count }: SharedChunk = {
      buffer: new SharedArrayBuffer(CHUNK_ROWS * ROW_BYTES),
      count: 0,
    },
  ) {
    this.buffer = buffer;
    this.arrivedNs = new Float64Array(buffer, 0, CHUNK_ROWS);
    this.latencyNs = new Float64Array(buffer, CHUNK_ROWS * 8, CHUNK_ROWS);
    this.tenancy = new Uint32Array(buffer, CHUNK_ROWS * 16, CHUNK_ROWS);
    this.outcome = new Uint8Array(buffer, CHUNK_ROWS * 20, CHUNK_ROWS);
    this.count = count;
  }
}

export interface SharedChunk {
  readonly buffer: SharedArrayBuffer;
  readonly count: number;
}

export interface Recording {
  /** As all is set now; `present[i]` is of `mix.tenants[i]`. */
  readonly mix: MixConfig;
  readonly present: readonly { readonly tenancy: number; readonly loadOn: boolean }[];
  readonly tenancies: readonly Tenancy[];
  readonly gpu: GpuSpec;
  /** When the run began, from when on no request is missing, and when this was taken. */
  readonly originNs: number;
  readonly completeFromNs: number;
  readonly untilNs: number;
  readonly chunks: readonly SharedChunk[];
  /** Requests that have not ended: tenancy and arrival in turn. */
  readonly inFlight: readonly number[];
  /** When the operator changed something that the scheduler goes by. */
  readonly changesNs: readonly number[];
}

/** Calls back for each request of the recording that has ended and arrived at `sinceNs` or later, by the time of their end. */
export function eachEnded(
  { chunks }: Pick<Recording, "chunks">,
  sinceNs: number,
  take: (chunk: RequestChunk, row: number) => void,
): void {
  for (const shared of chunks) {
    const chunk = new RequestChunk(shared);
    for (let row = 0; row < chunk.count; row++) if (chunk.arrivedNs[row]! >= sinceNs) take(chunk, row);
  }
}

/** The requests that arrived at `sinceNs` or later as columns of their own. */
export function recordsOf(recording: Recording, sinceNs: number): RequestRecords {
  let count = 0;
  eachEnded(recording, sinceNs, () => count++);
  const records = {
    tenancies: recording.tenancies,
    completeFromNs: Math.max(sinceNs, recording.completeFromNs),
    untilNs: recording.untilNs,
    count,
    tenancy: new Uint32Array(count),
    outcome: new Uint8Array(count),
    arrivedNs: new Float64Array(count),
    latencyNs: new Float64Array(count),
  };
  let next = 0;
  eachEnded(recording, sinceNs, (chunk, row) => {
    records.tenancy[next] = chunk.tenancy[row]!;
    records.outcome[next] = chunk.outcome[row]!;
    records.arrivedNs[next] = chunk.arrivedNs[row]!;
    records.latencyNs[next] = chunk.latencyNs[row]!;
    next++;
  });
  return records;
}
