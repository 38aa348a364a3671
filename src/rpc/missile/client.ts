/** One client: a connection with its queues (settings to come under), its models (tenants) and their blobs. All of it goes with it. */
import { MissileError } from "../../core/error.ts";
import type { ClientTenant, Inference } from "../../engine/session.ts";
import type { SetPriorityRequest__Output } from "../generated/missile/rpc/SetPriorityRequest.ts";
import type { Blob } from "./blob-store.ts";

/** What SetPriority has said. */
export type Settings = SetPriorityRequest__Output;

/** Of one client, with or without a model. */
const MAX_QUEUES = 64;
/** Asynchronous inferences of a model in flight: nothing else holds them back. */
const MAX_ASYNC = 4_096;

export interface BlobSizes {
  readonly data: number;
  readonly output: number;
}

export class Model {
  readonly mid: number;
  readonly qid: number;
  readonly tenant: ClientTenant;
  readonly sizesBytes: BlobSizes;
  /** Made or being made, by name. */
  readonly blobs = new Map<string, Promise<Blob>>();
  isGone = false;
  private asyncInFlight = 0;

  constructor(mid: number, qid: number, tenant: ClientTenant, sizesBytes: BlobSizes) {
    this.mid = mid;
    this.qid = qid;
    this.tenant = tenant;
    this.sizesBytes = sizesBytes;
  }

  /** An inference; what it has computed is the output blob's from then on. Rejects as ClientTenant.infer does, and with "badOutput". */
  async infer(signal?: AbortSignal): Promise<Inference> {
    const inference = await this.tenant.infer(signal);
    if (inference.output !== undefined) (await this.blobs.get("output"))?.computed(inference.output);
    return inference;
  }

  /** From shared memory to the device. Rejects with MissileError: "noSuchBlob", or as Blob.toDevice and ClientTenant.setInput do. */
  async setBlob(name: string): Promise<void> {
    const bytes = await (await this.blob(name)).toDevice();
    if (name === "data") await this.tenant.setInput(bytes);
  }

  /** Throws MissileError "noSuchBlob". */
  blob(name: string): Promise<Blob> {
    const blob = this.blobs.get(name);
    if (blob !== undefined) return blob;
    throw new MissileError("this client has no such blob; call RegisterBlob first", "noSuchBlob");
  }

  /** Infers for nobody. Throws MissileError "overLimit". */
  inferAsync(failed: (cause: unknown) => void): void {
    if (this.asyncInFlight >= MAX_ASYNC) {
      const message = `model ${this.mid} has ${MAX_ASYNC} asynchronous inferences in flight, the most; wait`;
      throw new MissileError(message, "overLimit");
    }
    this.asyncInFlight++;
    const ended = (): void => void this.asyncInFlight--;
    this.infer().then(ended, (cause) => {
      ended();
      failed(cause);
    });
  }
}

export class Client {
  /** For people. */
  readonly address: string;
  readonly queues = new Map<number, Settings>();
  readonly models = new Map<number, Model>();
  isGone = false;

  constructor(address: string) {
    this.address = address;
  }

  /** Throws MissileError "overLimit". */
  addQueue(qid: number, settings: Settings): void {
    if (this.queues.size >= MAX_QUEUES)
      throw new MissileError(`a client has ${MAX_QUEUES} queues at most; log out of some`, "overLimit");
    this.queues.set(qid, settings);
  }

  /** Throws MissileError "noSuchQueue". */
  queue(qid: number): Settings {
    const settings = this.queues.get(qid);
    if (settings !== undefined) return settings;
    throw new MissileError(`this client has no queue ${qid}; call SetPriority first`, "noSuchQueue");
  }

  /** Throws MissileError "noSuchModel". */
  model(mid: number): Model {
    const model = this.models.get(mid);
    if (model !== undefined) return model;
    throw new MissileError(`this client has no model ${mid}; call LoadModel first`, "noSuchModel");
  }

  /** Whose blob that is, and which. Throws MissileError "noSuchBlob". */
  modelOf(key: string): { readonly model: Model; readonly name: string } {
    const [mid, name = ""] = key.split("_");
    const model = this.models.get(Number(mid));
    if (model?.blobs.has(name) === true && key === `${mid}_${name}`) return { model, name };
    throw new MissileError("this client has no such blob; call RegisterBlob first", "noSuchBlob");
  }
}
