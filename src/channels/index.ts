/** VRAM channels: what commands and the executor need of this folder. */
export { type ChannelMap, decodeBlocks, pairCounts, readChannelMap, writeChannelMap } from "./channel-map.ts";
export { probeChannels, type Stage, verifyChannels } from "./probe.ts";
export { bestSplit } from "./split.ts";
