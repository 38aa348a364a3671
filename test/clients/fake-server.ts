/** A server of Missile's service without a GPU: it notes what it is asked and answers as a test says. Nothing of src/rpc but the protos. */
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Console, MISSILEService } from "../../src/rpc/protos.ts";

export interface InferAnswer {
  readonly succ: boolean;
  readonly response: number;
}

export const FINISHED: InferAnswer = { succ: true, response: 4 };
export const REJECTED: InferAnswer = { succ: true, response: 3 };
export const REFUSED: InferAnswer = { succ: false, response: 0 };

export interface FakeOptions {
  /** Of its control service; absent: it has none. */
  readonly policy?: string;
  readonly canLoad?: boolean;
  /** Who does not show it is refused. */
  readonly token?: string;
  /** Answers inference number `index`, from 0 on. */
  readonly infer?: (index: number) => InferAnswer | Promise<InferAnswer>;
  /** Size of a blob of that name, made by the test. */
  readonly blobBytes?: number;
}

export interface FakeServer {
  readonly port: number;
  /** Everything asked but inferences: the call and its request. */
  readonly asked: readonly { readonly call: string; readonly request: unknown }[];
  inferences(): number;
  /** Ends all connections at once. */
  kill(): void;
}

const MID = 7;
const QID = 3;

function handlers(options: FakeOptions, asked: { call: string; request: unknown }[], count: () => number) {
  const note =
    <Request, Reply>(call: string, reply: (request: Request) => Reply): handleUnaryCall<Request, Reply> =>
    ({ request }, answer) => {
      asked.push({ call, request });
      answer(null, reply(request));
    };
  const infer: handleUnaryCall<{ mid: number }, InferAnswer & { tid: number }> = async (_, answer) => {
    const index = count();
    const reply = (await options.infer?.(index)) ?? FINISHED;
    answer(null, { ...reply, tid: index + 1 });
  };
  return {
    SetPriority: note("SetPriority", () => ({ succ: true, qid: QID })),
    LoadModel: note("LoadModel", () => ({ succ: options.canLoad ?? true, mid: MID })),
    RegisterBlob: note("RegisterBlob", ({ mid, name }: { mid: number; name: string }) => ({
      succ: options.blobBytes !== undefined,
      key: `${process.pid}-${mid}_${name}`,
      size: options.blobBytes ?? 0,
    })),
    SetBlob: note("SetBlob", () => ({ succ: true })),
    GetBlob: note("GetBlob", () => ({ succ: true })),
    Infer: infer,
    Logout: note("Logout", () => ({ succ: true })),
  };
}

/** The handlers for who shows the token. */
function guarded(handlers: UntypedServiceImplementation, token: string): UntypedServiceImplementation {
  const guard =
    (handle: handleUnaryCall<unknown, unknown>): handleUnaryCall<unknown, unknown> =>
    (call, answer) =>
      call.metadata.get("authorization")[0] === `Bearer ${token}`
        ? handle(call, answer)
        : answer({ code: status.UNAUTHENTICATED, details: "a token is needed" });
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      guard(handle as handleUnaryCall<unknown, unknown>),
    ]),
  );
}

function consoleHandlers(policy: string): UntypedServiceImplementation {
  const none: handleUnaryCall<unknown, unknown> = (_, answer) => answer({ code: status.UNIMPLEMENTED });
  const version: handleUnaryCall<unknown, { policy: string }> = (_, answer) => answer(null, { policy });
  return {
    ...Object.fromEntries(Object.keys(Console.service).map((name) => [name, none])),
    GetVersion: version,
  };
}

export async function fakeServer(options: FakeOptions = {}): Promise<FakeServer> {
  const server = new Server();
  const asked: { call: string; request: unknown }[] = [];
  let inferences = 0;
  const { policy, token } = options;
  const shown = (all: UntypedServiceImplementation): UntypedServiceImplementation =>
    token === undefined ? all : guarded(all, token);
  server.addService(MISSILEService.service, shown(handlers(options, asked, () => inferences++)));
  if (policy !== undefined) server.addService(Console.service, shown(consoleHandlers(policy)));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, asked, inferences: () => inferences, kill: () => server.forceShutdown() };
}
