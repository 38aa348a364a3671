/**
 * The journal's text, one item a line: a header, then events as `<kind> <json>` and the commands that each caused as
 * `> <kind> <json>`, in the order they happened. Sets of TPCs and channels are written as people write them: "0-21,44".
 */

import { BitSet } from "../core/bit-set.ts";
import type { ChannelSet } from "../core/channel-set.ts";
import type { Commands, CopyOrder, LaunchOrder } from "../core/command.ts";
import type { Event, EventKind } from "../core/event.ts";
import type { LaunchId, TenantId } from "../core/ids.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { TpcSet } from "../core/tpc-set.ts";
import { gpuSchema } from "../presets/index.ts";
import { checkPolicy, checkTunable } from "./acts.ts";

/** Raised with every change that makes older journals unreadable. */
const VERSION = 2;
const MAGIC = "missile-journal";

/** What a scheduler is made of, and, for people, what was run. */
export interface JournalHeader {
  readonly mix: string;
  readonly seed: number;
  readonly options: {
    readonly policy: string;
    readonly cfsPeriodPackets: number;
    readonly beChannelShare: number;
  };
  readonly gpu: GpuSpec;
}

export const encodeHeader = (header: JournalHeader): string =>
  `${MAGIC} ${VERSION} ${JSON.stringify(header)}`;

/** Throws an Error that says what is wrong with the line. */
export function decodeHeader(line: string): JournalHeader {
  const match = /^(\S+) (\d+) (\{.*)$/.exec(line);
  if (match === null || match[1] !== MAGIC)
    throw new Error(
      `not a journal: it does not begin with "${MAGIC} ${VERSION} {...}" (unpack a packed one first)`,
    );
  if (Number(match[2]) !== VERSION)
    throw new Error(`is of version ${match[2]}; this program reads ${VERSION}`);
  const header = parseObject(match[3] ?? "") as unknown as JournalHeader;
  if (!gpuSchema.safeParse(header.gpu).success) throw new Error("names no GPU that could be");
  const { policy, cfsPeriodPackets, beChannelShare } = header.options ?? {};
  if (typeof policy !== "string") throw new Error("names no policy");
  checkPolicy(policy);
  checkTunable("cfsPeriodPackets", cfsPeriodPackets);
  checkTunable("beChannelShare", beChannelShare);
  return header;
}

/** Fields that each kind of event must have beside atNs. */
const eventFields: {
  readonly [Kind in EventKind]: Readonly<Record<string, "number" | "string" | "object">>;
} = {
  tenantJoined: { tenant: "number", spec: "object" },
  tenantChanged: { tenant: "number", change: "object" },
  tenantLeft: { tenant: "number", how: "string" },
  policyChosen: { policy: "string" },
  tunableSet: { tunable: "string", value: "number" },
  statisticsReset: {},
  marked: { text: "string" },
  clientRefused: { who: "string", text: "string" },
  paced: { text: "string" },
  requestArrived: { tenant: "number" },
  requestCancelled: { tenant: "number", request: "number" },
  tpcsYielded: { launch: "number", tpcs: "string" },
  launchRetired: { launch: "number", kernelsDone: "number", blocksLeft: "number" },
  copyRetired: { copy: "number", movedBytes: "number" },
  deviceFailed: { code: "string", tenant: "number" },
  deviceRestored: {},
  timePassed: {},
};

export function encodeEvent(event: Event): string {
  const { kind, ...fields } = event;
  return `${kind} ${JSON.stringify(fields, (_key, value) => (value instanceof BitSet ? value.toString() : value))}`;
}

/** The event of one line. Throws an Error that says what is wrong with it. */
export function decodeEvent(line: string): Event {
  const space = line.indexOf(" ");
  const kind = space < 0 ? line : line.slice(0, space);
  if (!Object.hasOwn(eventFields, kind)) throw new Error(`no such event: "${kind}"`);
  const fields = parseObject(line.slice(kind.length + 1));
  for (const [name, type] of Object.entries({ atNs: "number", ...eventFields[kind as EventKind] })) {
    const value = fields[name];
    if (typeof value !== type || value === null) throw new Error(`${kind} needs a ${type} "${name}"`);
  }
  const sets = kind === "tpcsYielded" ? { tpcs: BitSet.parse<"tpc">(fields.tpcs as string) } : {};
  return { kind, ...fields, ...sets } as unknown as Event;
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("not a JSON object");
  return value as Record<string, unknown>;
}

/** Turns each command into its line, the leading "> " included, and hands it to `write`. */
export class CommandText implements Commands {
  private readonly write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.write = write;
  }

  launch(order: LaunchOrder, tpcs: TpcSet): void {
    const { id, tenant, firstKernel, kernelCount, blocksLeft, priority } = order;
    this.line("launch", { id, tenant, firstKernel, kernelCount, blocksLeft, priority, tpcs: `${tpcs}` });
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    this.line("extend", { launch, tpcs: `${tpcs}` });
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    this.line("evict", { launch, tpcs: `${tpcs}` });
  }

  copy(order: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    const { id, tenant, direction } = order;
    this.line("copy", { id, tenant, direction, offsetBytes, sizeBytes });
  }

  place(tenant: TenantId, channels: ChannelSet): void {
    this.line("place", { tenant, channels: `${channels}` });
  }

  release(tenant: TenantId): void {
    this.line("release", { tenant });
  }

  private line(kind: keyof Commands, fields: object): void {
    this.write(`> ${kind} ${JSON.stringify(fields)}`);
  }
}

/** A hand-written command line in the writer's own form, so that spacing does not matter. Throws an Error. */
export function canonicalCommand(line: string): string {
  const match = /^>\s*(\w+)\s+(.*)$/.exec(line);
  if (match === null) throw new Error('a command is written "> kind {...}"');
  return `> ${match[1]} ${JSON.stringify(parseObject(match[2] ?? ""))}`;
}
