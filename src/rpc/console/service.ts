/** The control service: one handler a call. */
import type { ServerErrorResponse, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import type { ReopenableSession } from "../../engine/session.ts";
import type { MixConfig } from "../../presets/mix.ts";
import type { Caller } from "../gate.ts";
import type { ConsoleHandlers } from "../generated/missile/console/v1/Console.ts";
import { Console } from "../protos.ts";
import type { RpcServer, Service } from "../server.ts";
import { checkOperator, statusOf, unary } from "../unary.ts";
import { act, listActions, type Shelf } from "./acts.ts";
import { Attachment } from "./attachment.ts";
import { Broadcast } from "./broadcast.ts";
import { SharedRun } from "./shared-run.ts";
import { downloadJournal, SnapshotText, watchEvents, watchSnapshots } from "./streams.ts";

export interface ConsoleServiceOptions {
  readonly session: ReopenableSession;
  readonly shelf: Shelf;
  /** Of the product, such as 0.1.0. */
  readonly product: string;
  readonly mixYaml: (mix: MixConfig) => string;
  /** File of the journal that the run writes now; null: it keeps none. */
  readonly journalPath: () => string | null;
}

export interface ConsoleService extends Service {
  /** For others who look at the run beside the service's callers: a console on the same machine. */
  readonly run: SharedRun;
}

const errorOf = (cause: unknown): ServerErrorResponse => Object.assign(new Error("refused"), statusOf(cause));

type Stream<Request, Reply> = ServerWritableStream<Request, Reply>;

/** A stream whose beginning may be refused; `watch` resolves once there is no more of it, or never. */
const streaming =
  <Request, Reply>(watch: (call: Stream<Request, Reply>) => Promise<void> | undefined) =>
  async (call: Stream<Request, Reply>): Promise<void> => {
    // A reader that has gone is nobody's error.
    call.on("error", () => {});
    try {
      const done = watch(call);
      if (done === undefined) return;
      await done;
      call.end();
    } catch (cause) {
      if (!call.destroyed) call.emit("error", errorOf(cause));
    }
  };

export function consoleService(
  server: Pick<RpcServer, "callerOf">,
  { session, shelf, product, mixYaml, journalPath }: ConsoleServiceOptions,
): ConsoleService {
  const run = new SharedRun(session);
  const looks = run.seat("");
  const broadcast = new Broadcast(looks);
  const texts = new SnapshotText(looks);
  const callerOf = (call: { readonly metadata: ServerUnaryCall<unknown, unknown>["metadata"] }): Caller =>
    server.callerOf(call);
  const handlers: ConsoleHandlers = {
    GetVersion: unary(callerOf, (_, { identity }) => {
      const { backend, gpu, mix, snapshot } = session.view();
      return { version: product, backend, gpu: gpu.name, policy: snapshot.policy, mix, role: identity.role };
    }),
    ListActions: unary(callerOf, () => ({ actions: listActions() })),
    Act: unary(callerOf, async (request, caller) => {
      if (!request.preview) checkOperator(caller);
      const seat = run.seat(caller.identity.name);
      try {
        return await act(request, seat, shelf);
      } finally {
        broadcast.hurry();
        await seat.close();
      }
    }),
    GetMix: unary(callerOf, async () => ({ yaml: mixYaml(await session.mix()) })),
    WatchSnapshots: streaming((call) => {
      watchSnapshots(call, call.request.ratePerS, looks, texts);
      return undefined;
    }),
    WatchEvents: streaming((call) => {
      watchEvents(call, looks);
      return undefined;
    }),
    DownloadJournal: streaming((call) => downloadJournal(call, journalPath())),
    Attach: (call) => {
      const caller = callerOf(call);
      new Attachment({ call, caller, seat: run.seat(caller.identity.name), broadcast, product });
    },
  };
  return { definition: Console.service, handlers: { ...handlers }, run };
}
