/**
 * Missile's own service, as its clients know it. What they get wrong is answered `succ = false` and written into the run's log; what is
 * over a limit is refused with a status.
 */
import { MissileError } from "../../core/error.ts";
import type { ClientTenant, Inference, ServingSession } from "../../engine/session.ts";
import type { TenantConfig } from "../../presets/mix.ts";
import type { Connection } from "../connection.ts";
import type { Caller } from "../gate.ts";
import type { LoadModelRequest__Output } from "../generated/missile/rpc/LoadModelRequest.ts";
import type { MISSILEServiceHandlers } from "../generated/missile/rpc/MISSILEService.ts";
import { MISSILEService } from "../protos.ts";
import type { RpcServer } from "../server.ts";
import { checkOperator, statusOf, unary } from "../unary.ts";
import type { Blob, BlobStore } from "./blob-store.ts";
import { type BlobSizes, Client, Model, type Settings } from "./client.ts";
import { modelOf, type NamedModel } from "./model-name.ts";
import { Refusals } from "./refusals.ts";

/** What there is to run, from whoever knows networks. */
export interface Catalogue {
  readonly names: readonly string[];
  /** The model folder that is meant, if one is. Throws MissileError where it cannot be read. */
  folder(dir: string, name: string): NamedModel | null;
  /** Bytes of one request's input and output. */
  sizes(named: NamedModel): BlobSizes;
}

/** InferReply.response, as Missile's clients know it. */
const REJECTED = 3;
const FINISHED = 4;

const DEFAULT_NICE = 100_000;
const ALL_PERCENT = 100;
/** Ids are int32. */
const ID_LIMIT = 2 ** 31;
/** Ids of models name shared memory that all servers of a machine share: each process begins elsewhere. */
const FIRST_MID = (process.pid % 2048) * 2 ** 20 + 1;

const RUN_OVER = "the run that the model was loaded into has ended; load it into the next one";

const LIMIT_CODES: ReadonlySet<string> = new Set(["overLimit", "tooManyTenants", "readOnly"]);

/** Throws MissileError "badSetting". In proto3 what is not said is 0. */
function fromZero(what: string, value: number): number {
  if (value >= 0) return value;
  throw new MissileError(`${what} must be at least 0, not ${value}`, "badSetting");
}

const saidOr = <T>(value: number, otherwise: T): number | T => (value === 0 ? otherwise : value);

function tenantConfig(
  name: string,
  { model, batch, precision }: NamedModel,
  settings: Settings,
  { rt, sloMs }: LoadModelRequest__Output,
): TenantConfig {
  const { percSmRequest, percSmLimit, allocMemorySizeKib, percPcieBandwidth } = settings;
  return {
    name,
    class: rt || settings.rt ? "LS" : "BE",
    model,
    batch,
    precision,
    nice: saidOr(percPcieBandwidth, DEFAULT_NICE),
    vramKiB: saidOr(allocMemorySizeKib, null),
    smRequestPercent: percSmRequest,
    smLimitPercent: saidOr(percSmLimit, ALL_PERCENT),
    sloMs: saidOr(fromZero("slo_ms", sloMs), null),
    load: { kind: "clients" },
    startS: 0,
    stopS: null,
  };
}

export class MissileService {
  private readonly session: ServingSession;
  private readonly catalogue: Catalogue;
  private readonly store: BlobStore;
  private readonly refusals: Refusals;
  private readonly clients = new Map<Connection, Client>();
  private nextQid = 1;
  private nextMid = FIRST_MID;
  private nextTid = 1;
  private brought = 0;

  constructor(session: ServingSession, catalogue: Catalogue, store: BlobStore) {
    this.session = session;
    this.catalogue = catalogue;
    this.store = store;
    this.refusals = new Refusals(session);
  }

  addTo(server: RpcServer): void {
    const { callerOf } = server;
    const failed = { succ: false };
    const handlers: MISSILEServiceHandlers = {
      SetPriority: unary(callerOf, (request, caller) =>
        this.attempt(caller, failed, async (client) => ({
          succ: true,
          qid: this.setPriority(client, request),
        })),
      ),
      LoadModel: unary(callerOf, (request, caller) =>
        this.attempt(caller, failed, async (client) => ({
          succ: true,
          mid: await this.loadModel(client, request),
        })),
      ),
      RegisterBlob: unary(callerOf, ({ mid, name }, caller) =>
        this.attempt(caller, failed, async (client) => {
          const { key, sizeBytes } = await this.registerBlob(client.model(mid), name);
          return { succ: true, key, size: sizeBytes };
        }),
      ),
      SetBlob: unary(callerOf, ({ key }, caller) =>
        this.attempt(caller, failed, async (client) => {
          const { model, name } = client.modelOf(key);
          await model.setBlob(name);
          return { succ: true };
        }),
      ),
      GetBlob: unary(callerOf, ({ key }, caller) =>
        this.attempt(caller, failed, async (client) => {
          const { model, name } = client.modelOf(key);
          await (await model.blob(name)).fromDevice();
          return { succ: true };
        }),
      ),
      Infer: unary(callerOf, ({ mid, async: isAsync }, caller) =>
        this.attempt(caller, failed, async (client) => {
          const model = client.model(mid);
          const tid = this.newTid();
          if (!isAsync) return this.infer(client, model, tid, caller.whenOver);
          model.inferAsync((cause) => this.tell(client, cause));
          return { succ: true, tid };
        }),
      ),
      Logout: unary(callerOf, ({ mid }, caller) =>
        this.attempt(caller, failed, async (client) => {
          await this.release(client, client.model(mid));
          return { succ: true };
        }),
      ),
    };
    server.add({ definition: MISSILEService.service, handlers: { ...handlers } });
  }

  /** Clients that have anything here. */
  get size(): number {
    return this.clients.size;
  }

  /** The answer of `work`, or `failed` where an operating error ends it. Over a limit it throws. */
  private async attempt<Reply>(
    caller: Caller,
    failed: Reply,
    work: (client: Client) => Promise<Reply>,
  ): Promise<Reply> {
    const client = this.clientOf(caller);
    try {
      checkOperator(caller);
      return await work(client);
    } catch (cause) {
      if (!client.isGone) this.tell(client, cause);
      if (cause instanceof MissileError && !LIMIT_CODES.has(cause.code)) return failed;
      throw cause;
    }
  }

  private tell(client: Client, cause: unknown): void {
    const isOver = cause instanceof MissileError && cause.code === "sessionOver";
    this.refusals.tell(client.address, isOver ? RUN_OVER : statusOf(cause).details);
  }

  private clientOf({ connection, identity }: Caller): Client {
    const known = this.clients.get(connection);
    if (known !== undefined) return known;
    const client = new Client(identity.name);
    this.clients.set(connection, client);
    void connection.ended.then(() => {
      this.clients.delete(connection);
      client.isGone = true;
      for (const model of client.models.values()) void this.release(client, model);
    });
    return client;
  }

  private setPriority(client: Client, settings: Settings): number {
    fromZero("perc_sm_request", settings.percSmRequest);
    fromZero("perc_sm_limit", settings.percSmLimit);
    fromZero("alloc_memory_size_kib", settings.allocMemorySizeKib);
    fromZero("perc_pcie_bandwidth", settings.percPcieBandwidth);
    const qid = this.nextQid++;
    client.addQueue(qid, settings);
    return qid;
  }

  private async loadModel(client: Client, request: LoadModelRequest__Output): Promise<number> {
    const { dir, name, qid, estimatedRuntimeMs } = request;
    const settings = client.queue(qid);
    const named = this.catalogue.folder(dir, name) ?? modelOf(dir, name, this.catalogue.names);
    const estimatedMs = saidOr(fromZero("estimated_runtime_ms", estimatedRuntimeMs), null);
    const config = tenantConfig(`${named.model} #${++this.brought}`, named, settings, request);
    // Before there is a tenant: whatever is wrong with the model leaves none behind.
    const sizesBytes = this.catalogue.sizes(named);
    const tenant = await this.session.bring(config, { address: client.address, estimatedMs });
    const model = new Model(this.newMid(), qid, tenant, sizesBytes);
    if (client.isGone) await this.leave(tenant);
    else client.models.set(model.mid, model);
    return model.mid;
  }

  private async registerBlob(model: Model, name: string): Promise<Blob> {
    const { mid, sizesBytes, blobs, tenant } = model;
    if (!Object.hasOwn(sizesBytes, name))
      throw new MissileError(`model ${mid} has the blobs data and output, and no other`, "noSuchBlob");
    let made = blobs.get(name);
    if (made === undefined) {
      made = this.store.make(mid, name, sizesBytes[name as keyof BlobSizes]);
      blobs.set(name, made);
      made.catch(() => blobs.delete(name));
      if (name === "output") await tenant.wantOutputs();
    }
    return made;
  }

  private async infer(client: Client, model: Model, tid: number, whenOver: (listener: () => void) => void) {
    const over = new AbortController();
    whenOver(() => over.abort());
    const { outcome } = await model.infer(over.signal);
    const response = responseTo(outcome);
    if (response === null && !model.isGone) {
      const what = outcome === "failed" ? "failed with the GPU" : "was dropped";
      this.refusals.tell(client.address, `an inference of model ${model.mid} ${what}`);
    }
    return { succ: response !== null, tid, response: response ?? 0 };
  }

  /** All of a model goes: its tenant, its requests, its shared memory; with its last model a queue as well. */
  private async release(client: Client, model: Model): Promise<void> {
    model.isGone = true;
    client.models.delete(model.mid);
    if ([...client.models.values()].every(({ qid }) => qid !== model.qid)) client.queues.delete(model.qid);
    const removed = [...model.blobs.values()].map((made) =>
      made.then(
        (blob) => this.store.remove(blob),
        () => {},
      ),
    );
    await Promise.all([...removed, this.leave(model.tenant)]);
  }

  /** A run that is over has taken its tenants along. */
  private async leave(tenant: ClientTenant): Promise<void> {
    try {
      await tenant.leave();
    } catch (cause) {
      if (!(cause instanceof MissileError) || cause.code !== "sessionOver") throw cause;
    }
  }

  private newMid(): number {
    const mid = this.nextMid++;
    if (this.nextMid === ID_LIMIT) this.nextMid = 1;
    return mid;
  }

  private newTid(): number {
    const tid = this.nextTid++;
    if (this.nextTid === ID_LIMIT) this.nextTid = 1;
    return tid;
  }
}

/** null: neither. */
function responseTo(outcome: Inference["outcome"]): number | null {
  switch (outcome) {
    case "completed":
    case "late":
      return FINISHED;
    case "rejected":
      return REJECTED;
    case "aborted":
    case "failed":
      return null;
  }
}
