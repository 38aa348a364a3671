/**
 * The keys of a mix file (docs/mixes.md) and what each may be. Out comes a mix after defaults, without its name.
 */
import { z } from "zod";
import { MAX_TENANTS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import { policyNames } from "../core/policies/index.ts";
import { PRECISIONS } from "../core/program.ts";
import { modelNames } from "../models/index.ts";
import { gpuNames } from "./gpu.ts";
import { locateTrace } from "./load.ts";
import { type LoadConfig, MAX_SECONDS, type MixConfig, nameComplaint, type TenantConfig } from "./mix.ts";
import { isModelFolder, locateModel } from "./model-path.ts";
import { nameOf, strictMap } from "./strict-map.ts";
import { tenantWithDefaults } from "./tenant-defaults.ts";

/** What a mix is when its file does not say. */
export const MIX_DEFAULTS = {
  gpu: "h200",
  policy: "missiletemporal",
  /** Packets of 1 KiB shared out in one PCIe period. Smaller: fairer and slower; larger: the reverse. */
  cfsPeriodPackets: 512,
  beChannelShare: 1 / 3,
  seed: 1,
} as const;

/** A rate beyond this is a slip of the unit: no GPU here ends a million inferences a second. */
const MAX_RATE_PER_S = 1e6;
/** More requests of one tenant in flight than this only wait. */
const MAX_IN_FLIGHT = 1024;
const MAX_BATCH = 1024;
/** One GiB a period: larger periods no longer alternate tenants at all. */
const MAX_CFS_PERIOD_PACKETS = 1 << 20;

const ratePerS = z.number().positive().max(MAX_RATE_PER_S);
const percent = z.number().min(0).max(100);
const seconds = z.number().max(MAX_SECONDS);
const tenantName = z.string().superRefine((name, context) => {
  const complaint = nameComplaint(name);
  if (complaint !== null) context.addIssue({ code: "custom", message: complaint });
});

const LOAD_KINDS = ["trace", "closed", "poisson", "uniform", "clients"] as const;

const loadKeys = strictMap({
  trace: z.string().min(1).optional(),
  stream: z.string().min(1).optional(),
  closed: strictMap({
    inFlight: z.number().int().min(1).max(MAX_IN_FLIGHT).default(1),
    thinkMs: z
      .number()
      .min(0)
      .max(MAX_SECONDS * 1000)
      .default(0),
  }).optional(),
  poisson: strictMap({ ratePerS }).optional(),
  uniform: strictMap({ ratePerS }).optional(),
  clients: strictMap({}).optional(),
});

/** The one load that the keys name; a trace's path is made absolute, so that the mix may be used from anywhere. */
function loadOf(keys: z.infer<typeof loadKeys>, directory: string): LoadConfig {
  if (keys.closed !== undefined) return { kind: "closed", ...keys.closed };
  if (keys.poisson !== undefined) return { kind: "poisson", ...keys.poisson };
  if (keys.uniform !== undefined) return { kind: "uniform", ...keys.uniform };
  if (keys.clients !== undefined) return { kind: "clients" };
  const trace = { kind: "trace", file: keys.trace ?? "", stream: keys.stream } as const;
  return { ...trace, file: locateTrace(trace, directory) };
}

const loadSchema = (directory: string) =>
  loadKeys.transform((keys, context): LoadConfig => {
    const complain = (message: string, ...path: string[]): never => {
      context.addIssue({ code: "custom", message, path });
      return z.NEVER;
    };
    const kinds = LOAD_KINDS.filter((kind) => keys[kind] !== undefined);
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? "none" : kinds.join(" and ");
      return complain(`a load is one of ${LOAD_KINDS.join(", ")}; found ${found}`);
    }
    if (keys.stream !== undefined && keys.trace === undefined) {
      return complain("only a trace has streams; remove it", "stream");
    }
    try {
      return loadOf(keys, directory);
    } catch (error) {
      if (error instanceof MissileError) return complain(error.message, "trace");
      throw error;
    }
  });

/** A model's name, or the path of a model folder, made absolute. */
const modelSchema = (directory: string) =>
  z.string().transform((model, context): string => {
    try {
      if (isModelFolder(model)) return locateModel(model, directory);
    } catch (error) {
      if (!(error instanceof MissileError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
    const named = nameOf("model", modelNames()).safeParse(model);
    for (const { message } of named.error?.issues ?? []) context.addIssue({ code: "custom", message });
    return model;
  });

const tenantSchema = (directory: string) =>
  strictMap({
    name: tenantName,
    class: z.enum(["LS", "BE"]),
    model: modelSchema(directory),
    batch: z.number().int().min(1).max(MAX_BATCH).optional(),
    precision: z.enum(PRECISIONS).optional(),
    nice: z.number().int().min(1).optional(),
    vramKiB: z.number().int().min(0).optional(),
    smRequest: percent.optional(),
    smLimit: percent.min(1).optional(),
    sloMs: z.number().positive().optional(),
    load: loadSchema(directory).optional(),
    start: seconds.min(0).optional(),
    stop: seconds.positive().optional(),
  }).transform((keys, context): TenantConfig => {
    const { smRequest, smLimit, start, stop, ...same } = keys;
    const tenant = tenantWithDefaults({
      ...same,
      smRequestPercent: smRequest,
      smLimitPercent: smLimit,
      startS: start,
      stopS: stop,
    });
    if (tenant.smRequestPercent > tenant.smLimitPercent) {
      const message = `must not be above smLimit (${tenant.smLimitPercent} %); lower it`;
      context.addIssue({ code: "custom", path: ["smRequest"], message });
    }
    if (tenant.stopS !== null && tenant.stopS <= tenant.startS) {
      const message = `must come after start (${tenant.startS} s); raise it`;
      context.addIssue({ code: "custom", path: ["stop"], message });
    }
    return tenant;
  });

/** @param directory where relative trace paths start: the mix file's own. */
export const mixSchema = (directory: string): z.ZodType<Omit<MixConfig, "name">> =>
  strictMap({
    gpu: nameOf("GPU", gpuNames()).default(MIX_DEFAULTS.gpu),
    policy: nameOf("policy", policyNames).default(MIX_DEFAULTS.policy),
    cfsPeriod: z.number().int().min(1).max(MAX_CFS_PERIOD_PACKETS).default(MIX_DEFAULTS.cfsPeriodPackets),
    beChannelShare: z.number().gt(0).lt(1).default(MIX_DEFAULTS.beChannelShare),
    seed: z.number().int().min(0).default(MIX_DEFAULTS.seed),
    tenants: z.array(tenantSchema(directory)).min(1).max(MAX_TENANTS),
  }).transform(({ cfsPeriod, ...keys }, context) => {
    keys.tenants.forEach(({ name }, index) => {
      if (keys.tenants.findIndex((tenant) => tenant.name === name) === index) return;
      const message = `a second tenant of the name "${name}"; rename one`;
      context.addIssue({ code: "custom", path: ["tenants", index, "name"], message });
    });
    let requestedPercent = 0;
    for (const [index, { smRequestPercent }] of keys.tenants.entries()) {
      const freePercent = Math.max(0, 100 - requestedPercent);
      requestedPercent += smRequestPercent;
      if (requestedPercent <= 100) continue;
      const message = `the tenants before ask for all but ${freePercent} % of the SMs; lower it to that`;
      context.addIssue({ code: "custom", path: ["tenants", index, "smRequest"], message });
      break;
    }
    return { ...keys, cfsPeriodPackets: cfsPeriod };
  });
