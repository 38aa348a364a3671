/** What the console's lists offer, with a few words on each. */
import type { Option } from "../actions/argument.ts";
import type { Offers, World } from "../actions/world.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import { policyTable } from "../core/policies/index.ts";
import { simulatedNetworks } from "../engine/networks.ts";
import { model, modelNames } from "../models/index.ts";
import { gpuNames, loadGpu, mixNames, mixTitle } from "../presets/index.ts";

const options = (names: readonly string[], detailOf: (name: string) => string): Option[] =>
  names.map((name) => ({ value: name, detail: detailOf(name) }));

/** A model's kernels, lowered once: forms ask at every key. */
export function networks(): World["networkOf"] {
  const known = new Map<string, LoweredNetwork>();
  return (name, batch) => {
    const key = `${name} ${batch}`;
    const network =
      known.get(key) ?? simulatedNetworks({ model: name, batch, precision: "tf32", vramKiB: null }).network;
    known.set(key, network);
    return network;
  };
}

export const offers = (): Offers => ({
  policies: Object.entries(policyTable).map(([value, { summary }]) => ({ value, detail: summary })),
  models: options(modelNames(), (name) => model(name).description),
  gpus: options(gpuNames(), (name) => loadGpu(name).name),
  mixes: options(mixNames(), mixTitle),
});
