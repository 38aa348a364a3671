/** What a command that fails says, and the exit code it leaves: 2 for what the operator can mend, 1 for the rest. */
import { CommanderError } from "commander";
import { MissileError } from "../core/error.ts";
import { reasonOf } from "../presets/text-file.ts";

/** Where an operator can mend it (errno(3)). */
const FILE_CODES: ReadonlySet<string> = new Set(
  "EACCES EDQUOT EEXIST EISDIR ENOENT ENOSPC ENOTDIR ENOTEMPTY EPERM EROFS".split(" "),
);

export const PROGRAM_NAME = "missile-console";

/** What is worth knowing and no failure goes to stderr, in one line. */
export const sayAside = (text: string): boolean => process.stderr.write(`${PROGRAM_NAME}: ${text}\n`);

/** The run was done and its outcome is bad news: it has been told already. */
export class BadOutcome extends Error {}

/** What the system refused with a file: no such folder, no room, no right to it. */
function refusalOf(cause: unknown): string | null {
  const { code, path, syscall } = cause as NodeJS.ErrnoException;
  if (!(cause instanceof Error) || code === undefined || syscall === undefined) return null;
  if (!FILE_CODES.has(code)) return null;
  return path === undefined ? reasonOf(cause) : `${path}: ${reasonOf(cause)}`;
}

/** Prints one line on stderr (the stack too with MISSILE_DEBUG=1) and returns the exit code. */
export function exitCodeOf(cause: unknown, program = PROGRAM_NAME): number {
  if (cause instanceof BadOutcome) return 1;
  // Commander has printed its message: help and version are no failures.
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof MissileError) {
    process.stderr.write(`${program}: ${message}\n`);
    return 2;
  }
  const isDebugging = process.env.MISSILE_DEBUG === "1";
  const refusal = refusalOf(cause);
  if (refusal !== null && !isDebugging) {
    process.stderr.write(`${program}: ${refusal}\n`);
    return 2;
  }
  process.stderr.write(
    isDebugging && cause instanceof Error
      ? `${cause.stack}\n`
      : `${program}: ${message} (set MISSILE_DEBUG=1 to see where)\n`,
  );
  return 1;
}
