/** The clients of the bench, in a process of their own: `load.js WHAT ADDRESS COUNT`. Prints what it saw as JSON. */

import { consoleClient, missileClient } from "../../src/rpc/connect.ts";
import { ATTACH_VERSION, type FromRun } from "../../src/rpc/console/attach-messages.ts";
import { fromWire, toWire } from "../../src/rpc/console/wire.ts";
import type { MISSILEServiceClient } from "../../src/rpc/generated/missile/rpc/MISSILEService.ts";

/** One kernel. */
const MODEL = "fma";
/** Wall ms of closed loops, and of streams that are left open. */
const LOOP_MS = 5_000;

type Call = "SetPriority" | "LoadModel" | "Infer" | "RegisterBlob";
// biome-ignore lint/suspicious/noExplicitAny: the overloads of a stub have no one type
type Reply = any;

const ask = (stub: MISSILEServiceClient, call: Call, request: object): Promise<Reply> =>
  new Promise((resolve, reject) =>
    (stub[call] as (request: object, done: (error: Error | null, reply: Reply) => void) => void).call(
      stub,
      request,
      (error, reply) => (error === null ? resolve(reply) : reject(error)),
    ),
  );

async function load(stub: MISSILEServiceClient): Promise<number> {
  const { qid } = await ask(stub, "SetPriority", { rt: true });
  const { mid, succ } = await ask(stub, "LoadModel", { name: MODEL, qid, rt: true });
  if (!succ) throw new Error("the model was not loaded");
  return mid;
}

/** Wall ms of each of so many inferences, one after another. */
async function sequential(address: string, count: number): Promise<object> {
  const stub = missileClient(address);
  const mid = await load(stub);
  const ms: number[] = [];
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    await ask(stub, "Infer", { mid });
    ms.push(performance.now() - startMs);
  }
  stub.close();
  return { ms };
}

/** So many clients, each with one inference in flight at all times. */
async function closedLoops(address: string, count: number): Promise<object> {
  const stubs = Array.from({ length: count }, () => missileClient(address));
  const mids = await Promise.all(stubs.map(load));
  const ms: number[] = [];
  const startMs = performance.now();
  const loop = async (index: number): Promise<void> => {
    while (performance.now() - startMs < LOOP_MS) {
      const sentMs = performance.now();
      await ask(stubs[index]!, "Infer", { mid: mids[index]! });
      ms.push(performance.now() - sentMs);
    }
  };
  await Promise.all(stubs.map((_, index) => loop(index)));
  const seconds = (performance.now() - startMs) / 1e3;
  for (const stub of stubs) stub.close();
  return { ms, perS: ms.length / seconds };
}

/** So many consoles that are attached and do nothing but take views. */
async function attached(address: string, count: number): Promise<object> {
  let views = 0;
  let bytes = 0;
  const consoles = Array.from({ length: count }, () => {
    const stub = consoleClient(address);
    const line = stub.Attach();
    line.on("error", () => {});
    line.on("data", ({ message }: { message: Buffer }) => {
      const said = fromWire(message, 1 << 26) as FromRun;
      bytes += message.length;
      if (said.kind !== "view") return;
      views++;
      line.write({ message: toWire({ kind: "taken", sequence: said.sequence }) });
    });
    line.write({
      message: toWire({ kind: "hello", version: ATTACH_VERSION, product: process.argv[5] ?? "" }),
    });
    return { stub, line };
  });
  await new Promise((resolve) => setTimeout(resolve, LOOP_MS));
  for (const { stub, line } of consoles) {
    line.cancel();
    stub.close();
  }
  return { viewsPerS: views / (LOOP_MS / 1e3), kBPerS: bytes / LOOP_MS };
}

/** Connects, makes a tenant and shared memory, infers or leaves in the midst of it, and goes. */
async function cycles(address: string, count: number): Promise<object> {
  const AT_ONCE = 8;
  let done = 0;
  let broken = 0;
  const worker = async (): Promise<void> => {
    while (done < count) {
      const cycle = done++;
      const stub = missileClient(address);
      try {
        const mid = await load(stub);
        if (cycle % 2 === 0) await ask(stub, "RegisterBlob", { mid, name: "data" });
        const inference = ask(stub, "Infer", { mid });
        if (cycle % 3 === 0) inference.catch(() => {});
        else await inference;
      } catch {
        broken++;
      }
      stub.close();
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { perS: count / ((performance.now() - startMs) / 1e3), broken };
}

const modes: Readonly<Record<string, (address: string, count: number) => Promise<object>>> = {
  sequential,
  closedLoops,
  attached,
  cycles,
};
const [, , mode = "", address = "", count = "1"] = process.argv;
const run = modes[mode];
if (run === undefined) throw new Error(`no load "${mode}"; there are ${Object.keys(modes).join(", ")}`);
process.stdout.write(JSON.stringify(await run(address, Number(count))));
process.exit(0);
