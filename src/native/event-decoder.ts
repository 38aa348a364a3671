/**
 * Turns the addon's event records into events. One object of each kind is reused for every event of that kind, so that
 * polling makes no garbage: receivers copy what they keep.
 */
import { BitSet } from "../core/bit-set.ts";
import type { Event } from "../core/event.ts";
import { asCopyId, asLaunchId, asTenantId } from "../core/ids.ts";
import { EVENT, EVENT_STRIDE } from "./protocol.ts";

type Reused<Kind extends Event["kind"]> = { -readonly [Field in keyof EventOf<Kind>]: EventOf<Kind>[Field] };
type EventOf<Kind extends Event["kind"]> = Extract<Event, { kind: Kind }>;

export class EventDecoder {
  private readonly buffer: Float64Array;
  private readonly yielded: Reused<"tpcsYielded"> = {
    kind: "tpcsYielded",
    atNs: 0,
    launch: asLaunchId(0),
    tpcs: new BitSet<"tpc">(0, 0, 0),
  };
  private readonly retired: Reused<"launchRetired"> = {
    kind: "launchRetired",
    atNs: 0,
    launch: asLaunchId(0),
    kernelsDone: 0,
    blocksLeft: 0,
  };
  private readonly copied: Reused<"copyRetired"> = {
    kind: "copyRetired",
    atNs: 0,
    copy: asCopyId(0),
    movedBytes: 0,
  };
  private readonly takeFailure: () => string;

  /** `takeFailure`: what went wrong, asked once for each deviceFailed. */
  constructor(buffer: Float64Array, takeFailure: () => string) {
    this.buffer = buffer;
    this.takeFailure = takeFailure;
  }

  /** The instant at which the last poll ended. */
  get nowNs(): number {
    return this.buffer[0]!;
  }

  /** Event number `index` of the last poll, valid until the next one is decoded. */
  decode(index: number): Event {
    const { buffer } = this;
    const at = (index + 1) * EVENT_STRIDE;
    switch (buffer[at]) {
      case EVENT.tpcsYielded:
        this.yielded.atNs = this.nowNs;
        this.yielded.launch = asLaunchId(buffer[at + 1]!);
        this.yielded.tpcs = new BitSet<"tpc">(buffer[at + 2]!, buffer[at + 3]!, buffer[at + 4]!);
        return this.yielded;
      case EVENT.launchRetired:
        this.retired.atNs = this.nowNs;
        this.retired.launch = asLaunchId(buffer[at + 1]!);
        this.retired.kernelsDone = buffer[at + 2]!;
        this.retired.blocksLeft = buffer[at + 3]!;
        return this.retired;
      case EVENT.copyRetired:
        this.copied.atNs = this.nowNs;
        this.copied.copy = asCopyId(buffer[at + 1]!);
        this.copied.movedBytes = buffer[at + 2]!;
        return this.copied;
      case EVENT.deviceFailed: {
        const tenant = buffer[at + 1]!;
        return {
          kind: "deviceFailed",
          atNs: this.nowNs,
          code: this.takeFailure(),
          tenant: tenant === -1 ? -1 : asTenantId(tenant),
        };
      }
      default:
        throw new Error(`bug: unknown event kind ${buffer[at]}`);
    }
  }
}
