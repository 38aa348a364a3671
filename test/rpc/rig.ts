/** A server of Missile's service over a simulated run, in this process, and clients of it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import type { ConsoleSession } from "../../src/engine/session.ts";
import { openSession } from "../../src/engine/session-holder.ts";
import { model, modelNames } from "../../src/models/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import { MIX_DEFAULTS } from "../../src/presets/mix-schema.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { type Address, formatAddress } from "../../src/rpc/address.ts";
import { BlobStore, type BlobStoreOptions } from "../../src/rpc/missile/blob-store.ts";
import { type Catalogue, MissileService } from "../../src/rpc/missile/service.ts";
import { MISSILEService } from "../../src/rpc/protos.ts";
import { RpcServer, type RpcServerOptions } from "../../src/rpc/server.ts";

const workerUrl = pathToFileURL(join(packageRoot, "dist", "src", "engine", "worker.js"));

export { until } from "../until.ts";

export const emptyMix: MixConfig = { name: "rig", ...MIX_DEFAULTS, tenants: [] };

export const MODEL = "ResNet34__shape_1x3x224x224";

export interface Rig {
  readonly session: ConsoleSession;
  readonly server: RpcServer;
  readonly service: MissileService;
  readonly store: BlobStore;
  /** Where its shared memory is. */
  readonly directory: string;
  readonly address: Address;
  /** Names of what lies in it. */
  shared(): string[];
  /** Texts of the run's log as it is once another view has come. */
  log(): Promise<string[]>;
  tenants(): Promise<string[]>;
  close(): Promise<void>;
}

export interface RigOptions extends Partial<RpcServerOptions> {
  readonly store?: BlobStoreOptions;
  readonly journalPath?: string;
  /** Instead of those of the networks here. */
  readonly sizes?: Catalogue["sizes"];
}

const nextView = (session: ConsoleSession): Promise<void> =>
  new Promise((resolve) => {
    // The one on its way may be of before.
    let views = 0;
    const stop = session.subscribe(() => {
      if (++views < 2) return;
      stop();
      resolve();
    });
  });

const sizesOf: Catalogue["sizes"] = ({ model: name, batch }) => {
  const { inputBytes, outputBytes } = model(name).lowered(batch);
  return { data: inputBytes, output: outputBytes };
};

export async function startRig({
  store: storeOptions,
  journalPath,
  sizes = sizesOf,
  ...options
}: RigOptions = {}): Promise<Rig> {
  const session = await openSession(emptyMix, { journalPath }, workerUrl);
  const directory = mkdtempSync(join(tmpdir(), "blobs-"));
  const store = new BlobStore({ directory, ...storeOptions });
  const server = new RpcServer({ address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...options });
  const service = new MissileService(session, { names: modelNames(), folder: () => null, sizes }, store);
  service.addTo(server);
  const address = await server.listen();
  return {
    session,
    server,
    service,
    store,
    directory,
    address,
    shared: () => readdirSync(directory),
    log: async () => {
      await nextView(session);
      return session.view().snapshot.log.map(({ text }) => text);
    },
    tenants: async () => {
      await nextView(session);
      return session.view().snapshot.tenants.map(({ name }) => name);
    },
    close: async () => {
      await server.stop(0);
      await session.close();
      rmSync(directory, { recursive: true });
    },
  };
}

type Stub = InstanceType<typeof MISSILEService>;
type Ask<Request, Reply> = (request: Request) => Promise<Reply>;
type Asks = {
  readonly [Call in
    | "SetPriority"
    | "LoadModel"
    | "RegisterBlob"
    | "SetBlob"
    | "GetBlob"
    | "Infer"
    | "Logout"]: Ask<
    // biome-ignore lint/suspicious/noExplicitAny: the overloads of a stub have no one type
    any,
    // biome-ignore lint/suspicious/noExplicitAny: likewise
    any
  >;
};

export interface RigClient extends Asks {
  readonly stub: Stub;
  close(): void;
}

/** A connection of its own, with the seven calls as functions that reject with a ServiceError. */
export function connect(address: Address): RigClient {
  const stub = new MISSILEService(formatAddress(address), credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const ask =
    (call: keyof Asks): Ask<object, object> =>
    (request) =>
      new Promise((resolve, reject) => {
        const done = (error: ServiceError | null, reply?: object): void =>
          error === null ? resolve(reply!) : reject(error);
        (stub[call] as unknown as (request: object, done: unknown) => void).call(stub, request, done);
      });
  return {
    stub,
    close: () => stub.close(),
    SetPriority: ask("SetPriority"),
    LoadModel: ask("LoadModel"),
    RegisterBlob: ask("RegisterBlob"),
    SetBlob: ask("SetBlob"),
    GetBlob: ask("GetBlob"),
    Infer: ask("Infer"),
    Logout: ask("Logout"),
  };
}

/** A client's first two calls. Returns the model's id. */
export async function load(client: RigClient, changes: object = {}, settings: object = {}): Promise<number> {
  const { qid } = await client.SetPriority({ rt: true, ...settings });
  const { succ, mid } = await client.LoadModel({ dir: "models", name: MODEL, qid, rt: true, ...changes });
  if (!succ) throw new Error("the model was not loaded");
  return mid;
}
