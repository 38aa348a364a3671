/**
 * Keeps what ended of the last ten minutes, some tens of ns a request: what screens export and shadow runs begin with.
 *
 * Rows go into chunks of shared memory, so the thread that drives a real GPU hands them over without copying any.
 */
import { MAX_TENANTS } from "../core/device.ts";
import type { Event } from "../core/event.ts";
import { asTenantId, type TenantId } from "../core/ids.ts";
import { OUTCOMES, type Outcome } from "../core/request.ts";
import { CHUNK_ROWS, type Recording, RequestChunk } from "./recording.ts";
import type { Tenancy } from "./request-records.ts";

const KEPT_NS = 600e9;
/** Of 344 KiB each: a million requests. More than that of the last ten minutes, and the oldest go. */
const MOST_CHUNKS = 64;
/** Acts of the operator that are remembered. */
const MOST_CHANGES = 4096;

const CODES = Object.fromEntries(OUTCOMES.map((outcome, code) => [outcome, code])) as Record<Outcome, number>;

export class Recorder {
  private readonly tenancies: Tenancy[] = [];
  /** The tenancy of each tenant that is here. */
  private readonly current = new Uint32Array(MAX_TENANTS);
  private readonly chunks: RequestChunk[] = [];
  private last: RequestChunk | null = null;
  private completeFromNs = 0;
  private changesNs: number[] = [];

  /** Hears what the operator does, and who joins as the run begins. */
  hear(event: Event): void {
    switch (event.kind) {
      case "tenantJoined": {
        const { name, class: tenantClass } = event.spec;
        this.current[event.tenant] = this.tenancies.length;
        this.tenancies.push({ id: event.tenant, name, class: tenantClass, joinedNs: event.atNs });
        break;
      }
      case "tenantChanged":
      case "tenantLeft":
      case "policyChosen":
      case "tunableSet":
        break;
      default:
        return;
    }
    this.changesNs.push(event.atNs);
    if (this.changesNs.length > MOST_CHANGES) this.changesNs.shift();
  }

  /** A request has ended. */
  ended(tenant: TenantId, atNs: number, arrivedNs: number, outcome: Outcome): void {
    const chunk = this.last !== null && this.last.count < CHUNK_ROWS ? this.last : this.nextChunk(atNs);
    const row = chunk.count++;
    chunk.arrivedNs[row] = arrivedNs;
    chunk.latencyNs[row] = atNs - arrivedNs;
    chunk.tenancy[row] = this.current[tenant]!;
    chunk.outcome[row] = CODES[outcome];
  }

  tenancyOf(tenant: TenantId): number {
    return this.current[tenant]!;
  }

  /** The tenant whose stay this is; null: it has gone, and its id may be another's. */
  tenantOf(tenancy: number): TenantId | null {
    const id = this.tenancies[tenancy]?.id;
    return id !== undefined && this.current[id] === tenancy ? asTenantId(id) : null;
  }

  /** All that is kept. */
  recording(): Pick<Recording, "chunks" | "tenancies" | "completeFromNs" | "changesNs"> {
    return {
      chunks: this.chunks.map(({ buffer, count }) => ({ buffer, count })),
      tenancies: [...this.tenancies],
      completeFromNs: this.completeFromNs,
      changesNs: [...this.changesNs],
    };
  }

  /** Begins a chunk, and forgets those that are too old. */
  private nextChunk(atNs: number): RequestChunk {
    for (
      let [oldest] = this.chunks;
      oldest !== undefined && (this.chunks.length >= MOST_CHUNKS || endNs(oldest) < atNs - KEPT_NS);
      [oldest] = this.chunks
    ) {
      // Whoever arrives after the last end that was forgotten ends after it, and is kept.
      this.completeFromNs = endNs(oldest) + 1;
      this.chunks.shift();
    }
    const chunk = new RequestChunk();
    this.chunks.push(chunk);
    this.last = chunk;
    return chunk;
  }
}

/** When the last request of a chunk ended. */
const endNs = ({ arrivedNs, latencyNs, count }: RequestChunk): number =>
  arrivedNs[count - 1]! + latencyNs[count - 1]!;
