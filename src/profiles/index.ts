/** What kernels take on a GPU: measured, kept in files, looked up. */
export { type Occasion, wholeProfile } from "./measure.ts";
export { cacheFolder, profilePath } from "./places.ts";
export {
  mismatch,
  networkOf,
  type Profile,
  type ProfiledKernel,
  profileSchema,
  readProfile,
  withCurves,
  writeProfile,
} from "./profile.ts";
export {
  look,
  measuredProfiles,
  NO_PROFILES,
  type ProfileShelf,
  reasonAgainst,
  simulatedProfiles,
} from "./shelf.ts";
export { keepTiles, tunedTiles } from "./tuned-tiles.ts";
export { type ChainTimer, type TunedCase, tune } from "./tuning.ts";
