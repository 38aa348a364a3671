/** The console, or where stdout is no terminal a short headless run instead. */
import { MissileError } from "../core/error.ts";
import { runHeadless } from "../engine/headless.ts";
import { reportText } from "../engine/report-text.ts";
import { chosenBackend } from "./chosen-backend.ts";
import { chosenMix } from "./chosen-mix.ts";
import { sayAside } from "./failure.ts";
import type { InteractiveFlags } from "./interactive.ts";
import { snapshotOnce } from "./once.ts";
import { checkFormatless, type OnceOptions } from "./once-options.ts";
import { printText } from "./print.ts";
import { showProgress } from "./progress-line.ts";

export type ConsoleFlags = InteractiveFlags & OnceOptions;

/** What only a screen that stays has use for must not be taken in silence where there is none. */
function refuseForScreen({ listen, metrics, record }: ConsoleFlags): void {
  const asked = Object.entries({ listen: listen !== undefined && listen !== false, metrics, record });
  const [name] = asked.find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name === undefined) return;
  throw new MissileError(
    `--${name} is for the console on a terminal; \`serve\` runs without one`,
    "noTerminal",
  );
}

async function printOnce(flags: ConsoleFlags, headlessSeconds: number): Promise<void> {
  const mix = chosenMix(undefined, flags);
  const run = {
    backend: chosenBackend(flags),
    journalPath: flags.journal,
    opening: showProgress,
    warn: sayAside,
  };
  if (flags.once === true) process.stdout.write(await snapshotOnce(mix, flags, run));
  else printText(reportText(runHeadless(mix, headlessSeconds, run)));
}

/** Resolves once the operator has quit, or all is printed. Throws MissileError. */
export async function openConsole(flags: ConsoleFlags, headlessSeconds: number): Promise<void> {
  if (flags.once !== true) checkFormatless(flags);
  if (flags.once === true || !process.stdout.isTTY) {
    refuseForScreen(flags);
    await printOnce(flags, headlessSeconds);
    return;
  }
  const { openInteractive } = await import("./interactive.ts");
  await openInteractive(flags, null);
}
