/** Kernels of a fake tenant: smooth arithmetic, so that they are the same every time. */
import type { ShownKernel, TenantKernels } from "../../src/engine/session.ts";
import { loadGpu } from "../../src/presets/index.ts";
import type { FakeTenant } from "./fake-mix.ts";

const TPCS = loadGpu("h200").sms / 2;
const KERNELS = 40;

/** Perfectly parallel up to its need, and no faster beyond it. */
function kernel(nth: number, scale: number): ShownKernel {
  const tpcsNeeded = 6 + ((nth * 13) % (TPCS - 6));
  const aloneNs = scale * (2500 + 900 * (nth % 7) + 120 * (nth % 11));
  const curve = Array.from({ length: 22 }, (_, step) =>
    Math.min(TPCS, 1 + 3 * step + (step === 21 ? 9 : 0)),
  ).map((tpcs) => ({ tpcs, ns: aloneNs * Math.max(1, tpcsNeeded / tpcs) }));
  const bytes = aloneNs * (400 + 350 * (nth % 8));
  const flopsPerByte = 2 ** (nth % 9);
  return {
    name: `layer${Math.floor(nth / 4)}.${nth % 4}.conv${1 + (nth % 2)}+relu`,
    flops: bytes * flopsPerByte * 0.7,
    bytes,
    aloneNs,
    tpcsNeeded,
    bound: flopsPerByte > 12 ? "compute" : "memory",
    curve,
  };
}

export const kernelsOf = ({ id, baseMs, config }: FakeTenant): TenantKernels => ({
  tenant: id,
  model: config.model,
  batch: config.batch,
  isMeasured: id % 2 === 1,
  kernels: Array.from({ length: KERNELS }, (_, nth) => kernel(nth, 0.5 + baseMs / 10)),
});
