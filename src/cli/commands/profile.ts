/** `missile-console profile MODEL`: what each kernel takes alone, by number of TPCs, and what bounds it. */
import { type Command, Option } from "commander";
import { asTenantId } from "../../core/ids.ts";
import { plannedNetworks, simulatedNetworks } from "../../engine/networks.ts";
import { openProfilingDevice } from "../../engine/profiling.ts";
import { type Column, table } from "../../engine/table.ts";
import { PRECISIONS, type Precision } from "../../plan/plan.ts";
import {
  look,
  type Profile,
  type ProfiledKernel,
  profilePath,
  reasonAgainst,
  wholeProfile,
  writeProfile,
} from "../../profiles/index.ts";
import { addBackendOptions, type BackendFlags } from "../backend-options.ts";
import { chosenBackend } from "../chosen-backend.ts";
import { sayAside } from "../failure.ts";
import { wholeNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { endProgress, showProgress } from "../progress-line.ts";

const EXAMPLES = `
Examples:
  missile-console profile resnet34 --backend cuda
  missile-console profile densenet161 --batch 16 --backend cuda --again
  missile-console profile resnet34 --gpu v100 --out resnet34-v100.json

A profile of a real GPU is kept, in the model's folder or of a built-in network in the user's cache. Loading the model there measures nothing
any more, and a simulated GPU of that name takes its times. That of a simulated GPU is only shown.`;

const DEFAULT_GPU = "h200";
const TENANT = asTenantId(0);

interface ProfileOptions extends BackendFlags {
  readonly batch: number;
  readonly precision: Precision;
  readonly json?: true;
  readonly out?: string;
  readonly again?: true;
}

const us = ({ curve }: ProfiledKernel, tpcs: number): number | null => {
  const ns = curve.find((point) => point.tpcs >= tpcs)?.ns;
  return ns === undefined ? null : ns / 1e3;
};

/** Of so many TPCs the table shows the time: all, and by halving. */
function shownCounts(all: number): number[] {
  const counts = [all];
  while (counts[0]! > 1 && counts.length < 5) counts.unshift(Math.ceil(counts[0]! / 2));
  return counts;
}

const columns = (all: number): Column<ProfiledKernel>[] => [
  { title: "kernel", of: ({ name }) => name },
  { title: "blocks", of: ({ grid }) => grid },
  ...shownCounts(all).map(
    (tpcs): Column<ProfiledKernel> => ({
      title: `us on ${tpcs}`,
      of: (kernel) => us(kernel, tpcs),
      digits: 1,
    }),
  ),
  { title: "GB/s", of: ({ gBs }) => gBs },
  { title: "TFLOP/s", of: ({ tFlops }) => tFlops, digits: 2 },
  { title: "bound", of: ({ bound }) => bound },
  { title: "TPCs needed", of: ({ tpcsNeeded }) => tpcsNeeded },
];

function profileText(profile: Profile): string {
  const { model, batch, precision, gpu, driver, tpcs, kernels, measuredAt } = profile;
  const aloneMs = kernels.reduce((sum, { curve }) => sum + curve.at(-1)!.ns, 0) / 1e6;
  const types = precision === null ? "stand-ins for its kernels" : precision;
  const occasion = driver === "" ? "modelled" : `driver ${driver}, measured ${measuredAt}`;
  return [
    `${model}, batch ${batch}, ${types}, on ${gpu} (${occasion})`,
    table(columns(tpcs), kernels),
    `${kernels.length} kernels take ${aloneMs.toFixed(3)} ms alone on all ${tpcs} TPCs`,
  ].join("\n");
}

/** What is known of it, unless that is of no use or too little; else it is measured now, and kept. */
function profileOf(name: string, options: ProfileOptions): Profile {
  const backend = chosenBackend(options);
  const { device, driver } = openProfilingDevice(backend, options.gpu ?? DEFAULT_GPU);
  const { spec } = device;
  try {
    const isReal = driver !== "";
    const networks = isReal ? plannedNetworks(spec.name) : simulatedNetworks;
    const { batch, precision } = options;
    const { network, home } = networks({ model: name, batch, precision, vramKiB: null });
    const path = profilePath(home, network.batch, spec.name);
    const found = isReal ? look(path) : null;
    const why = reasonAgainst(found, network, spec);
    if (!options.again && why === null && (found as Profile).whole) return found as Profile;
    if (why !== null && why !== "") sayAside(`measured anew: ${why}`);
    const occasion = { model: name, driver, measuredAt: new Date().toISOString() };
    const profile = wholeProfile(device, TENANT, network, occasion, (done, kernels) =>
      showProgress(`${name}: ${done} of ${kernels} kernels`),
    );
    endProgress();
    if (isReal) writeProfile(path, profile);
    return profile;
  } finally {
    device.close();
  }
}

export function defineProfile(command: Command): void {
  addBackendOptions(command.argument("<model>", "a built-in network, or a model's folder"))
    .addOption(
      new Option("--gpu <name>", `the GPU to simulate (default: ${DEFAULT_GPU}); a real one: its number`),
    )
    .option("--batch <n>", "inputs of one inference", wholeNumber(1), 1)
    .addOption(
      new Option("--precision <type>", "of a built-in network on a real GPU")
        .choices(PRECISIONS)
        .default("tf32"),
    )
    .option("--again", "measure though it was measured before")
    .option("--json", "print the profile as JSON")
    .option("--out <file>", "write the profile to this file too")
    .addHelpText("after", EXAMPLES)
    .action((name: string) => {
      const options = command.optsWithGlobals<ProfileOptions>();
      const profile = profileOf(name, options);
      if (options.out !== undefined) writeProfile(options.out, profile);
      if (options.json) printJson(profile);
      else printText(profileText(profile));
    });
}
