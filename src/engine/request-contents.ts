/**
 * What clients' requests bring and take away on a GPU that computes. A request has the input that its tenant had when it came: it is put where
 * copies take it from once it is the request's turn. An output is read when its request has completed, before its slot is used again.
 * The scheduler knows nothing of it, so a journal replays without.
 */
import type { Slot } from "../core/command.ts";
import { MissileError } from "../core/error.ts";
import type { RequestId, TenantId } from "../core/ids.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import type { Program } from "../core/program.ts";
import type { Outcome } from "../core/request.ts";
import { type CudaGpu, inputStorage, packedOutputs, portBytes } from "../native/index.ts";

/** Where contents go to and come from. */
export type ContentsPort = Pick<CudaGpu, "setInput" | "output">;

/** Bytes of all inputs that are kept for requests to come and in flight. Too large: clients can fill the memory. */
const MOST_INPUT_BYTES = 2 ** 31;

/** An input storage; the same one for all requests that came with it. */
type Input = Uint8Array;

interface Member {
  readonly program: Program;
  /** Of requests to come; null: the one that was made up. */
  input: Input | null;
  /** What copies take now; null likewise. */
  placed: Input | null;
  wantsOutputs: boolean;
  /** Requests in flight, with what they came with. */
  readonly requests: Map<RequestId, Input | null>;
}

export class RequestContents {
  private readonly port: ContentsPort | null;
  /** Tenants with a client who sets an input or wants outputs: others cost one look. */
  private readonly members = new Map<TenantId, Member>();

  /** `port`: null for a GPU that computes nothing, where all of this does nothing. */
  constructor(port: ContentsPort | null) {
    this.port = port;
  }

  /**
   * What requests get that come from now on: the network's inputs one behind the other, which must not change any more. Throws MissileError
   * "badInput" where they have another size, "overLimit" where too much is kept.
   */
  setInput(tenant: TenantId, network: LoweredNetwork, bytes: Uint8Array): void {
    const member = this.memberOf(tenant, network);
    if (member === null) return;
    const { program } = member;
    const wantedBytes = portBytes(program.inputs);
    if (bytes.length !== wantedBytes) {
      const message = `an input of ${network.name} has ${wantedBytes} bytes, not ${bytes.length}`;
      throw new MissileError(message, "badInput");
    }
    if (this.keptBytes() + bytes.length > MOST_INPUT_BYTES) {
      const message = `inputs of requests in flight take ${MOST_INPUT_BYTES} bytes at most; wait for some of them`;
      throw new MissileError(message, "overLimit");
    }
    member.input = inputStorage(program, bytes);
  }

  /** From now on `ended` tells what the tenant's requests have computed. */
  wantOutputs(tenant: TenantId, network: LoweredNetwork): void {
    const member = this.memberOf(tenant, network);
    if (member !== null) member.wantsOutputs = true;
  }

  /** A client's request is about to arrive. */
  expect(tenant: TenantId, request: RequestId): void {
    const member = this.members.get(tenant);
    member?.requests.set(request, member.input);
  }

  /** Its input is to be copied, and none of the tenant is on its way. */
  staged(tenant: TenantId, request: RequestId): void {
    const member = this.members.get(tenant);
    const input = member?.requests.get(request) ?? null;
    if (member === undefined || input === null || input === member.placed) return;
    this.port?.setInput(tenant, input);
    member.placed = input;
  }

  /** Hears of every request's end. Returns its outputs one behind the other; null: nobody wants them, or there are none. */
  ended(tenant: TenantId, request: RequestId, slot: Slot, outcome: Outcome): Uint8Array<ArrayBuffer> | null {
    const member = this.members.get(tenant);
    if (member?.requests.delete(request) !== true || !member.wantsOutputs || this.port === null) return null;
    if (outcome !== "completed" && outcome !== "late") return null;
    return packedOutputs(member.program, this.port.output(tenant, slot));
  }

  /** Its id may be another's from now on. */
  released(tenant: TenantId): void {
    this.members.delete(tenant);
  }

  /** Null: nothing of it is computed. */
  private memberOf(tenant: TenantId, { program }: LoweredNetwork): Member | null {
    if (this.port === null || program === undefined) return null;
    const known = this.members.get(tenant);
    if (known !== undefined) return known;
    const member: Member = { program, input: null, placed: null, wantsOutputs: false, requests: new Map() };
    this.members.set(tenant, member);
    return member;
  }

  private keptBytes(): number {
    const kept = new Set<Input>();
    for (const { input, placed, requests } of this.members.values())
      for (const one of [input, placed, ...requests.values()]) if (one !== null) kept.add(one);
    return [...kept].reduce((sum, { length }) => sum + length, 0);
  }
}
