/** VRAM channels: what commands and the executor need of this folder. */
export { type ChannelMap, decodeBlocks, pairCounts, readChannelMap, writeChannelMap } from "./channel-map.ts";
export { colourPool } from "./colour-pool.ts";
export { type Progress, probeChannels, type Stage, type Verification, verifyChannels } from "./probe.ts";
export { bestSplit, type PairCount, type Split } from "./split.ts";
