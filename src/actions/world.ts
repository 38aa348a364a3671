/** What an action's plan is made from: what is seen of the run, and what there is to choose from. */
import type { LoweredNetwork } from "../core/kernel.ts";
import type { View } from "../engine/session.ts";
import type { MixConfig } from "../presets/mix.ts";
import type { Option } from "./argument.ts";

/** What may be chosen, by kind. */
export interface Offers {
  readonly policies: readonly Option[];
  readonly models: readonly Option[];
  readonly gpus: readonly Option[];
  readonly mixes: readonly Option[];
}

export interface World {
  readonly view: View;
  readonly offers: Offers;
  /** A model's kernels at a batch size. Throws MissileError. */
  readonly networkOf: (model: string, batch: number) => LoweredNetwork;
  /** Whether the run, saved there, would replace a file that it does not come from. */
  readonly replaces: (file: string) => boolean;
  /** The run as a mix, as all is set now; for actions that need it, else null. */
  readonly mix: MixConfig | null;
}
