/** `--metrics ADDRESS`: the run's figures for Prometheus, for as long as it lasts. */
import { Option } from "commander";
import type { MetricsServer, Watched } from "../metrics/server.ts";

export interface MetricsFlags {
  /** Where to listen. */
  readonly metrics?: string;
}

export const metricsOption = (): Option =>
  new Option(
    "--metrics <[host:]port>",
    "serve figures for Prometheus at /metrics; to this machine, unless a host is given",
  );

/** Serves them where that was asked for. Rejects as serveMetrics does. */
export async function startMetrics(
  watched: Watched,
  { metrics }: MetricsFlags,
): Promise<MetricsServer | null> {
  if (metrics === undefined) return null;
  const { serveMetrics } = await import("../metrics/server.ts");
  return serveMetrics(watched, metrics);
}
