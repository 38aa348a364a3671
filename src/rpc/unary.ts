/** A unary call as an async function: what it resolves with is the answer, what it rejects with a status. */
import { type handleUnaryCall, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import type { Caller } from "./gate.ts";

export interface UnaryCaller extends Caller {
  /** Calls back once the call is over: answered, cancelled, past its deadline, or its connection gone. */
  whenOver(listener: () => void): void;
}

/** Statuses of operating errors; FAILED_PRECONDITION for all others. */
const STATUSES: Readonly<Record<string, status>> = {
  overLimit: status.RESOURCE_EXHAUSTED,
  tooManyTenants: status.RESOURCE_EXHAUSTED,
  readOnly: status.PERMISSION_DENIED,
};

/** What a call is answered with that an operating error ends. Anything else is a bug, told as such. */
export function statusOf(cause: unknown): { code: status; details: string } {
  return cause instanceof MissileError
    ? { code: STATUSES[cause.code] ?? status.FAILED_PRECONDITION, details: cause.message }
    : { code: status.INTERNAL, details: `bug: ${(cause as Error).message}` };
}

/** Throws MissileError "readOnly". */
export function checkOperator({ identity }: Caller): void {
  if (identity.role === "operator") return;
  throw new MissileError("you are a viewer here: acts on the run are for operators", "readOnly");
}

/** `callerOf` is the server's. */
export function unary<Request, Reply>(
  callerOf: (call: ServerUnaryCall<Request, Reply>) => Caller,
  handle: (request: Request, caller: UnaryCaller) => Promise<Reply> | Reply,
): handleUnaryCall<Request, Reply> {
  return async (call, answer) => {
    try {
      const { connection, identity } = callerOf(call);
      const whenOver = (listener: () => void): void => void call.once("cancelled", listener);
      answer(null, await handle(call.request, { connection, identity, whenOver }));
    } catch (cause) {
      answer(statusOf(cause));
    }
  };
}
