#!/usr/bin/env node
/** The command `missile-console`. */
import { exitCodeOf } from "./failure.ts";
import { buildProgram } from "./program.ts";

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") process.exit(0);
  throw cause;
});

try {
  await buildProgram().parseAsync();
} catch (cause) {
  process.exitCode = exitCodeOf(cause);
}
