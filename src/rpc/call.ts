/** A unary call as a promise, and what its failure means for whoever made it. */
import { type ServiceError, status } from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import { sayCallFailure } from "./connect.ts";

/** What the caller can mend: the call was understood, and refused. */
const REFUSALS: ReadonlySet<status> = new Set([
  status.FAILED_PRECONDITION,
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
]);

/** The server is away, or fails: asking otherwise would not help. */
export class ServerTrouble extends Error {}

/** One line, as a MissileError "refused" where the caller can mend it, else as ServerTrouble. */
export function failureOf(error: ServiceError, address: string): Error {
  if (!REFUSALS.has(error.code)) return new ServerTrouble(sayCallFailure(error, address));
  const isAboutUs = error.code === status.UNAUTHENTICATED;
  return new MissileError(isAboutUs ? sayCallFailure(error, address) : error.details, "refused");
}

/** `start` makes the call. Rejects as failureOf says. */
export const answerOf = <Reply>(
  address: string,
  start: (callback: (error: ServiceError | null, reply?: Reply) => void) => void,
): Promise<Reply> =>
  new Promise((resolve, reject) =>
    start((error, reply) => {
      if (error !== null || reply === undefined) reject(failureOf(error as ServiceError, address));
      else resolve(reply);
    }),
  );
