/**
 * A mix from a DISB workload file (`--trace FILE`): a tenant a task, networks by the tasks' names.
 *
 * Tasks whose arrivals are given (trace, periodic, poisson) are real-time and become LS; continuous ones become BE in a
 * closed loop. An LS tenant's SLO is the mean gap between its requests: meeting it means keeping up. (The median gap
 * would say the same of a steady stream, but next to nothing of one that comes in bursts: 7 ms for vgg19_rt in DISB's
 * REAL workload, which asks for 15 inferences a second.)
 */
import { basename, extname, resolve } from "node:path";
import { MissileError } from "../core/error.ts";
import type { LoadSpec } from "../core/spec.ts";
import { modelNames } from "../models/index.ts";
import type { LoadConfig, MixConfig, TenantConfig } from "./mix.ts";
import { MIX_DEFAULTS } from "./mix-schema.ts";
import { tenantWithDefaults } from "./tenant-defaults.ts";
import { type DisbTask, readDisbFile } from "./trace-disb.ts";

/**
 * Networks that DISB and its like serve and that are not built here, and what stands in for them: the nearest relative
 * by family, then by multiply-accumulates and parameters.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  resnet18: "resnet34",
  resnet50: "resnet34",
  resnet101: "resnet152",
  densenet121: "densenet161",
  densenet169: "densenet161",
  densenet201: "densenet161",
  vgg16: "vgg19",
  inceptionv3: "resnet34",
  mobilenetv1: "mobilenetv3-large",
  mobilenetv2: "mobilenetv3-large",
  bert: "bert-base",
  distilbert: "bert-base",
};

/** Letters and digits only: "ResNet-152_rt" and "resnet152-imagenet" both begin with "resnet152". */
const normalised = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The network whose normalised name is the longest beginning of one of the task's names. Throws MissileError. */
function modelOf(task: DisbTask, path: string): string {
  const known = new Map(modelNames().map((model) => [normalised(model), model]));
  for (const [name, model] of Object.entries(STAND_INS)) known.set(name, model);
  for (const name of [task.id, task.modelName ?? ""].map(normalised)) {
    const fitting = [...known.keys()].filter((beginning) => name.startsWith(beginning));
    const longest = fitting.sort((first, second) => second.length - first.length)[0];
    if (longest !== undefined) return known.get(longest) as string;
  }
  const message = `no network for task "${task.id}"; begin its id with one of ${[...known.keys()].join(", ")}`;
  throw new MissileError(`${path}: ${message}`, "noSuchModel");
}

/** What a task asks of the mix: DISB's closed loop and rates as they are, its traces by reference to the file. */
function configOf(load: LoadSpec, path: string, stream: string): LoadConfig {
  switch (load.kind) {
    case "trace":
      return { kind: "trace", file: path, stream };
    case "closed":
      return { kind: "closed", inFlight: load.inFlight, thinkMs: load.thinkNs / 1e6 };
    case "poisson":
    case "uniform":
    case "clients":
      return load;
  }
}

/** Mean gap between arrivals, in whole ms, at least 1; null for a closed loop, which has none. */
function sloMsOf(load: LoadSpec): number | null {
  switch (load.kind) {
    case "trace":
      return Math.max(1, Math.round(load.periodNs / load.offsetsNs.length / 1e6));
    case "closed":
    case "clients":
      return null;
    case "poisson":
    case "uniform":
      return Math.max(1, Math.round(1000 / load.ratePerS));
  }
}

function tenantOf(task: DisbTask, path: string): TenantConfig {
  return tenantWithDefaults({
    name: task.id,
    class: task.load.kind === "closed" ? "BE" : "LS",
    model: modelOf(task, path),
    batch: task.batch,
    sloMs: sloMsOf(task.load),
    load: configOf(task.load, path, task.id),
  });
}

/** The mix named after the file. Throws MissileError: what readDisbFile throws, or "noSuchModel". */
export function mixFromDisb(file: string): MixConfig {
  const path = resolve(file);
  return {
    name: basename(path, extname(path)),
    ...MIX_DEFAULTS,
    tenants: readDisbFile(path).map((task) => tenantOf(task, path)),
  };
}
