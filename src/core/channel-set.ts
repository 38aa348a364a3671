import { BitSet } from "./bit-set.ts";

/** Physical VRAM channels that a tenant's memory may lie in: its colour. */
export type ChannelSet = BitSet<"channel">;

/** Channels from, ... to - 1. */
export function channelRange(from: number, to: number): ChannelSet {
  return BitSet.range<"channel">(from, to);
}

export const NO_CHANNELS: ChannelSet = new BitSet(0, 0, 0);
