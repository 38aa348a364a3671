#!/usr/bin/env node
/** The command `missile-console`. */
import { MissileError } from "../core/error.ts";
import { exitCodeOf } from "./failure.ts";
import { buildProgram } from "./program.ts";

process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`| head`) is no error.
  if (cause.code === "EPIPE") process.exit(0);
  // The terminal has gone: Node's own way out aborts with a stack trace then. A console that is open closes its run first.
  if (cause.code === "EIO") {
    process.kill(process.pid, "SIGHUP");
    return;
  }
  const message = `stdout cannot be written (${cause.message}); the figures are not complete`;
  process.exit(exitCodeOf(new MissileError(message, "outputNotWritable")));
});

try {
  await buildProgram().parseAsync();
} catch (cause) {
  process.exitCode = exitCodeOf(cause);
}
