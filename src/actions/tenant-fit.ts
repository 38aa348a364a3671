/** Whether a tenant fits among the others, told while it is typed. The engine has the last word: it knows who is still leaving. */
import { MissileError } from "../core/error.ts";
import { nameComplaint, type TenantConfig } from "../presets/mix.ts";
import { bytesLong } from "./format.ts";
import type { World } from "./world.ts";

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Throws MissileError "badTenant", "tooManySms" or "outOfMemory". `others`: those who stay beside it. */
export function checkFit(
  { name, smRequestPercent, smLimitPercent, vramKiB, model, batch }: TenantConfig,
  others: readonly TenantConfig[],
  { view, networkOf }: World,
): void {
  const wrongName = nameComplaint(name);
  if (wrongName !== null) throw new MissileError(wrongName, "badTenant");
  if (smRequestPercent > smLimitPercent) {
    const bounds = `smRequest (${smRequestPercent} %) must not be above smLimit (${smLimitPercent} %)`;
    throw new MissileError(bounds, "badTenant");
  }
  const requested = sumOf(others.map((other) => other.smRequestPercent));
  if (smRequestPercent > 0 && requested + smRequestPercent > 100) {
    const free = Math.max(0, 100 - requested);
    throw new MissileError(`smRequest: ${smRequestPercent} % is asked and ${free} % are free`, "tooManySms");
  }
  const reservedKiB = sumOf(
    others.map((other) => view.snapshot.tenants.find((tenant) => tenant.name === other.name)?.vramKiB ?? 0),
  );
  const freeBytes = Math.max(0, view.gpu.vramBytes - reservedKiB * 1024);
  const askedBytes = vramKiB === null ? networkOf(model, batch).storedBytes : vramKiB * 1024;
  if (askedBytes > freeBytes) {
    throw new MissileError(
      `VRAM: ${bytesLong(askedBytes)} are asked and ${bytesLong(freeBytes)} are free`,
      "outOfMemory",
    );
  }
}
