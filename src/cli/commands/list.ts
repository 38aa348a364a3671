/** `missile-console list mixes|gpus|models|policies`: what there is to choose from. */
import { Argument, type Command } from "commander";
import { policyNames, policyTable } from "../../core/policies/index.ts";
import type { GpuSpec } from "../../core/spec.ts";
import { type Column, table } from "../../engine/table.ts";
import { ELEMENT_BYTES, model, modelNames, multiplyAccumulates, parameterCount } from "../../models/index.ts";
import { gpuNames, loadGpu, loadMix, mixNames, mixTitle } from "../../presets/index.ts";
import type { MixConfig } from "../../presets/mix.ts";
import { printJson, printText } from "../print.ts";

interface MixRow {
  readonly name: string;
  readonly gpu: string;
  readonly policy: string;
  readonly ls: number;
  readonly be: number;
  readonly shows: string;
}

interface GpuRow {
  readonly name: string;
  readonly title: string;
  readonly sms: number;
  readonly channels: number;
  readonly gBs: number;
  readonly vramGiB: number;
  readonly h2dGBs: number;
}

interface ModelRow {
  readonly name: string;
  readonly parameters: number;
  /** Multiply-accumulates of one inference at batch 1, in 1e9. */
  readonly gMacs: number;
  readonly kernels: number;
  readonly description: string;
}

interface PolicyRow {
  readonly name: string;
  readonly summary: string;
}

function mixRow({ name, gpu, policy, tenants }: MixConfig): MixRow {
  const ls = tenants.filter((tenant) => tenant.class === "LS").length;
  return { name, gpu, policy, ls, be: tenants.length - ls, shows: mixTitle(name) };
}

function gpuRow(name: string, gpu: GpuSpec): GpuRow {
  return {
    name,
    title: gpu.name,
    sms: gpu.sms,
    channels: gpu.channels,
    gBs: gpu.memory.achievedGBs,
    vramGiB: gpu.vramBytes / 2 ** 30,
    h2dGBs: gpu.pcie.h2dGBs,
  };
}

function modelRow(name: string): ModelRow {
  const { build, lowered, description } = model(name);
  const graph = build?.(1);
  const { kernels, storedBytes } = lowered(1);
  const flops = kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
  return {
    name,
    parameters: graph === undefined ? storedBytes / ELEMENT_BYTES : parameterCount(graph),
    gMacs: (graph === undefined ? flops / 2 : multiplyAccumulates(graph)) / 1e9,
    kernels: kernels.length,
    description,
  };
}

/** One kind of thing that can be listed: its rows, and how people see them. */
interface Listing<Row> {
  readonly rows: () => Row[];
  readonly columns: readonly Column<Row>[];
}

const mixes: Listing<MixRow> = {
  rows: () => mixNames().map((name) => mixRow(loadMix(name))),
  columns: [
    { title: "mix", of: (row) => row.name },
    { title: "GPU", of: (row) => row.gpu },
    { title: "policy", of: (row) => row.policy },
    { title: "LS", of: (row) => row.ls },
    { title: "BE", of: (row) => row.be },
    { title: "shows", of: (row) => row.shows },
  ],
};

const gpus: Listing<GpuRow> = {
  rows: () => gpuNames().map((name) => gpuRow(name, loadGpu(name))),
  columns: [
    { title: "GPU", of: (row) => row.name },
    { title: "name", of: (row) => row.title },
    { title: "SMs", of: (row) => row.sms },
    { title: "channels", of: (row) => row.channels },
    { title: "VRAM GB/s", of: (row) => row.gBs },
    { title: "VRAM GiB", of: (row) => row.vramGiB, digits: 1 },
    { title: "PCIe GB/s", of: (row) => row.h2dGBs, digits: 1 },
  ],
};

const models: Listing<ModelRow> = {
  rows: () => modelNames().map(modelRow),
  columns: [
    { title: "model", of: (row) => row.name },
    { title: "parameters", of: (row) => row.parameters },
    { title: "GMACs", of: (row) => row.gMacs, digits: 2 },
    { title: "kernels", of: (row) => row.kernels },
    { title: "what it is", of: (row) => row.description },
  ],
};

const policies: Listing<PolicyRow> = {
  rows: () => policyNames.map((name) => ({ name, summary: policyTable[name]?.summary ?? "" })),
  columns: [
    { title: "policy", of: (row) => row.name },
    { title: "what it does", of: (row) => row.summary },
  ],
};

function print<Row>({ rows, columns }: Listing<Row>, json: boolean): void {
  if (json) printJson(rows());
  else printText(table(columns, rows()));
}

const printers: Readonly<Record<string, (json: boolean) => void>> = {
  mixes: (json) => print(mixes, json),
  gpus: (json) => print(gpus, json),
  models: (json) => print(models, json),
  policies: (json) => print(policies, json),
};

const EXAMPLES = `
Examples:
  missile-console list mixes
  missile-console list models --json`;

export function defineList(command: Command): void {
  command
    .addArgument(new Argument("<what>", "what to list").choices(Object.keys(printers)))
    .option("--json", "print as JSON")
    .addHelpText("after", EXAMPLES)
    .action((what: string, { json }: { readonly json?: true }) => printers[what]?.(json === true));
}
