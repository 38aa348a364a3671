/** How a fake real GPU fares. */
import type { View } from "../../src/engine/session.ts";

/** Of a real GPU on which all is well. */
export const HEALTH: NonNullable<View["health"]> = {
  decisions: { count: 12_345, p50Ns: 2400, p99Ns: 7800, p999Ns: 31_000 },
  launches: 12_345,
  evictions: 678,
  smPartitions: 24,
  maskedLaunches: 9,
  memory: {
    poolMiB: 256,
    uncolouredWhy: null,
    partitions: 12,
    bePartitions: 4,
    migratedBytes: 3 * 2 ** 20,
    shortage: null,
  },
  telemetry: {
    smMhz: 1980,
    milliwatts: 77_400,
    celsius: 30,
    memoryUsedBytes: 30 * 2 ** 30,
    memoryBytes: 140 * 2 ** 30,
  },
};
