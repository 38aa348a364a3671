/** A control service on loopback over a run in the built worker, and consoles attached to it. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, vi } from "vitest";
import { networks, offers } from "../../src/cli/offers.ts";
import type { ConsoleSession } from "../../src/engine/session.ts";
import { openSession } from "../../src/engine/session-holder.ts";
import { loadMix, mixYaml } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { type Attached, openRemoteSession } from "../../src/remote/remote-session.ts";
import { formatAddress, parseAddress } from "../../src/rpc/address.ts";
import type { ConnectOptions } from "../../src/rpc/connect.ts";
import { type ConsoleService, consoleService } from "../../src/rpc/console/service.ts";
import { RpcServer, type RpcServerOptions } from "../../src/rpc/server.ts";
import { smallMix } from "../engine/fixtures.ts";

export const PRODUCT = "1.2.3";
const workerUrl = pathToFileURL(join(packageRoot, "dist", "src", "engine", "worker.js"));

const closing: (() => unknown)[] = [];

/** Ends all that a test has begun, the newest first. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export const atEnd = (close: () => unknown): number => closing.push(close);

export async function openRun(mix: MixConfig = smallMix, journalPath?: string): Promise<ConsoleSession> {
  const session = await openSession(mix, { journalPath }, workerUrl);
  atEnd(() => session.close());
  return session;
}

export interface Serving {
  readonly address: string;
  readonly server: RpcServer;
  readonly service: ConsoleService;
}

export async function serve(
  session: ConsoleSession,
  options: Partial<RpcServerOptions> = {},
  journalPath: string | null = null,
): Promise<Serving> {
  const server = new RpcServer({ address: parseAddress("127.0.0.1:0"), ...options });
  const service = consoleService(server, {
    session,
    shelf: { offers: offers(), networkOf: networks(), mixes: { load: loadMix } },
    product: PRODUCT,
    mixYaml,
    journalPath: () => journalPath,
  });
  server.add(service);
  const address = formatAddress(await server.listen());
  atEnd(() => server.stop(0));
  return { address, server, service };
}

export async function attach(address: string, options: ConnectOptions = {}): Promise<Attached> {
  const attached = await openRemoteSession({ address, product: PRODUCT, ...options });
  atEnd(() => attached.session.close());
  return attached;
}

/** Waits for as long as it takes: the test's own limit is the guard. */
export const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 100_000, interval: 5 });
