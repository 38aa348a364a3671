/** What the rest of the program reads presets through. */
export { mixFromDisb } from "./disb-mix.ts";
export { gpuNames, gpuSchema, loadGpu } from "./gpu.ts";
export { describeLoad, resolveLoad } from "./load.ts";
export { loadMix, mixNames, mixTitle } from "./mixes.ts";
export { isModelFolder } from "./model-path.ts";
export { mixFile, mixYaml, type SaveOptions, saveMix } from "./save.ts";
export { tenantWithDefaults } from "./tenant-defaults.ts";
export { readTextFile, reasonOf } from "./text-file.ts";
