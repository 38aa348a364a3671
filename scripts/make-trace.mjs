/** Writes presets/traces/apollo-like.txt and .json from their generator. Run `npm run build` first. */
import { writeFileSync } from "node:fs";
import { apolloOffsets, apolloStreams } from "../dist/src/presets/apollo-trace.js";
import { presetPath } from "../dist/src/presets/paths.js";

writeFileSync(presetPath("traces", "apollo-like.txt"), apolloOffsets());
writeFileSync(presetPath("traces", "apollo-like.json"), apolloStreams());
