/** `npm run bench -- modelled`: what kernels take on a GPU as the simulation models them, beside what was measured on it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { asTenantId } from "../src/core/ids.ts";
import type { TpcCurve } from "../src/core/kernel.ts";
import { type Column, table } from "../src/engine/table.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import { gpuNames, loadGpu } from "../src/presets/index.ts";
import { packageRoot } from "../src/presets/paths.ts";
import { networkOf, type Profile, readProfile } from "../src/profiles/index.ts";
import { quantile } from "./statistics.ts";

/** A folder a GPU, a file a network and batch, as `missile-console profile --out` writes them. */
const FOLDER = join(packageRoot, "bench", "data", "profiles");

interface Row {
  readonly profile: Profile;
  readonly measuredMs: number;
  readonly modelledMs: number;
  /** Of each kernel, on all TPCs and on a quarter of them: modelled over measured, sorted. */
  readonly onAll: Float64Array;
  readonly onFew: Float64Array;
  /** Kernels of which both say that they are bound by the same. */
  readonly sameBound: number;
}

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** The time on the largest number of TPCs that was tried and is no more than these. */
const nsOn = (curve: TpcCurve, tpcs: number): { readonly tpcs: number; readonly ns: number } =>
  curve.findLast((point) => point.tpcs <= tpcs) ?? curve[0]!;

function compare(profile: Profile): Row | null {
  const name = gpuNames().find((gpu) => loadGpu(gpu).name === profile.gpu);
  if (name === undefined) return null;
  const gpu = openSimulatedGpu(loadGpu(name));
  const tenant = asTenantId(0);
  const { curves: _, ...network } = networkOf(profile);
  const { kernels } = gpu.load(tenant, network);
  const ratios = (tpcs: number): number[] =>
    profile.kernels.map(({ curve }, kernel) => {
      const measured = nsOn(curve, tpcs);
      return nsOn(gpu.curveOf(tenant, kernel), measured.tpcs).ns / measured.ns;
    });
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    profile,
    measuredMs: sum(profile.kernels.map(({ curve }) => curve.at(-1)!.ns)) / 1e6,
    modelledMs: sum(kernels.map(({ aloneNs }) => aloneNs)) / 1e6,
    onAll: sorted(ratios(profile.tpcs)),
    onFew: sorted(ratios(Math.ceil(profile.tpcs / 4))),
    sameBound: kernels.filter(({ bound }, index) => bound === profile.kernels[index]!.bound).length,
  };
}

const spread = (title: string, times: (row: Row) => Float64Array): Column<Row>[] =>
  (
    [
      [0.1, `${title}: tenth`],
      [0.5, "median"],
      [0.9, "nine tenths"],
    ] as const
  ).map(([share, name]) => ({
    title: name,
    of: (row) => quantile(times(row), share),
    digits: 2,
  }));

const columns: readonly Column<Row>[] = [
  { title: "network", of: ({ profile }) => profile.model },
  { title: "batch", of: ({ profile }) => profile.batch },
  { title: "kernels", of: ({ profile }) => profile.kernels.length },
  { title: "measured ms", of: ({ measuredMs }) => measuredMs, digits: 3 },
  { title: "modelled ms", of: ({ modelledMs }) => modelledMs, digits: 3 },
  { title: "x", of: ({ measuredMs, modelledMs }) => modelledMs / measuredMs, digits: 2 },
  ...spread("kernels on all TPCs", ({ onAll }) => onAll),
  ...spread("on a quarter", ({ onFew }) => onFew),
  { title: "same bound %", of: ({ sameBound, profile }) => (100 * sameBound) / profile.kernels.length },
];

export async function modelled(): Promise<void> {
  const folders = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  if (folders.length === 0) console.log("no profiles were kept in bench/data/profiles");
  for (const folder of folders) {
    const profiles = readdirSync(join(FOLDER, folder)).map((file) => readProfile(join(FOLDER, folder, file)));
    const rows = profiles.map(compare).filter((row) => row !== null);
    console.log(`${profiles[0]?.gpu ?? folder}: times of kernels alone, modelled over measured`);
    console.log(table(columns, rows));
  }
}
