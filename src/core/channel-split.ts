/** Where LS's VRAM channels end and BE's begin. */
import type { GpuSpec } from "./spec.ts";

/**
 * The first of BE's channels, which are the highest, for the share of the channels that BE is to have, 0..1. The cut lies between
 * partitions, and each class keeps one partition at least.
 */
export function firstBeChannel(
  { channels, channelsPerPartition }: Pick<GpuSpec, "channels" | "channelsPerPartition">,
  beShare: number,
): number {
  const partitions = Math.ceil(channels / channelsPerPartition);
  const wanted = Math.round(partitions * beShare);
  return (partitions - Math.min(Math.max(wanted, 1), partitions - 1)) * channelsPerPartition;
}
