/**
 * The sensors of a real GPU, read once a second. NVML may take milliseconds to answer, so this belongs on a thread that neither
 * schedules nor launches: a session's.
 */
import { openTelemetry, type TelemetryReading } from "../native/index.ts";

/** As often as the chip's own power readings change, or less. */
const READ_MS = 1000;

export interface Telemetry {
  /** null: not read yet, or there are no sensors for us. */
  latest(): TelemetryReading | null;
  stop(): void;
}

/** Begins to read; a sensor that fails ends it without a word, since the run does not need it. */
export function startTelemetry(ordinal: number): Telemetry {
  const sensors = openTelemetry(ordinal);
  let latest: TelemetryReading | null = null;
  const timer = setInterval(read, READ_MS);
  timer.unref();
  function read(): void {
    try {
      latest = sensors?.read() ?? null;
    } catch {
      latest = null;
      clearInterval(timer);
    }
  }
  read();
  return { latest: () => latest, stop: () => clearInterval(timer) };
}
