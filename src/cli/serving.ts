/** A run, served: Missile's service for clients and the control service for consoles, behind one address. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MissileError } from "../core/error.ts";
import type { ConsoleSession } from "../engine/session.ts";
import { model, modelNames } from "../models/index.ts";
import { portBytes } from "../native/index.ts";
import { PLAN_FILE, readModelFolder } from "../plan/folder.ts";
import { isModelFolder, loadMix, mixNames, mixYaml } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { type AccessOptions, accessTo } from "../rpc/access.ts";
import { type Address, FIRST_PORT, LOOPBACK } from "../rpc/address.ts";
import { consoleService } from "../rpc/console/service.ts";
import type { SharedRun } from "../rpc/console/shared-run.ts";
import { BlobStore } from "../rpc/missile/blob-store.ts";
import { type Catalogue, MissileService } from "../rpc/missile/service.ts";
import { RpcServer } from "../rpc/server.ts";
import { networks, offers } from "./offers.ts";
import { productVersion } from "./product-version.ts";

/** Wall ms that clients' inferences have to end once the server is told to stop. */
const DRAIN_MS = 5_000;
/** Consoles of one machine find each their port by themselves, up to so many. */
const PORTS = 16;

export const DEFAULT_ADDRESS = { kind: "tcp", host: LOOPBACK, port: FIRST_PORT } as const satisfies Address;

export interface ServingOptions {
  readonly session: ConsoleSession;
  readonly address: Address;
  /** Who gets in; absent: whoever is on this machine. */
  readonly access?: AccessOptions;
}

export interface Serving {
  /** Where it listens. */
  readonly address: Address;
  /** For a console beside the server. */
  readonly run: SharedRun;
  /** Lets clients' inferences end, and closes. */
  stop(): Promise<void>;
}

/** Networks as Missile's clients ask for them. */
function catalogue(): Catalogue {
  return {
    names: modelNames(),
    folder: (dir, name) => {
      const folder = [join(dir, name), dir].find((path) => existsSync(join(path, PLAN_FILE)));
      if (folder === undefined) return null;
      const { path, plan } = readModelFolder(folder);
      return { model: path, batch: plan.batch, precision: plan.precision };
    },
    // Not kept: clients choose batches.
    sizes: ({ model: path, batch }) => {
      if (isModelFolder(path)) {
        const { plan } = readModelFolder(path);
        return { data: portBytes(plan.inputs), output: portBytes(plan.outputs) };
      }
      const { inputBytes, outputBytes } = model(path).lowered(batch);
      return { data: inputBytes, output: outputBytes };
    },
  };
}

/** Over a connection a mix is one of the presets: a file would be one of this machine. */
function loadPreset(name: string): MixConfig {
  if (mixNames().includes(name)) return loadMix(name);
  throw new MissileError(
    `there is no preset mix "${name}"; there are ${mixNames().join(", ")}`,
    "mixNotFound",
  );
}

/** Resolves once it listens. Rejects with MissileError "addressInUse", "cannotListen", and as accessTo throws. */
export async function startServing({ session, address, access = {} }: ServingOptions): Promise<Serving> {
  const server = new RpcServer({ address, ...accessTo(address, access) });
  const store = new BlobStore();
  new MissileService(session, catalogue(), store).addTo(server);
  const service = consoleService(server, {
    session,
    shelf: { offers: offers(), networkOf: networks(), mixes: { load: loadPreset } },
    product: productVersion(),
    mixYaml,
    journalPath: () => session.journalPath,
  });
  server.add(service);
  const bound = await server.listen();
  // However the process ends, but for SIGKILL: then the next server removes what is left.
  const removeBlobs = (): void => store.removeAll();
  process.once("exit", removeBlobs);
  return {
    address: bound,
    run: service.run,
    stop: async () => {
      await server.stop(DRAIN_MS);
      removeBlobs();
      process.off("exit", removeBlobs);
    },
  };
}

/** On the first port of servers, or on one of the next where that is taken; null: they are all taken. */
export async function startServingAnywhere(
  options: Omit<ServingOptions, "address">,
): Promise<Serving | null> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS; port++) {
    try {
      return await startServing({ ...options, address: { ...DEFAULT_ADDRESS, port } });
    } catch (cause) {
      if (!(cause instanceof MissileError && cause.code === "addressInUse")) throw cause;
    }
  }
  return null;
}
