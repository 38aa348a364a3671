/** Who is on the GPU: gives out tenant ids, turns a tenant's configuration into what the scheduler needs. */
import { type Device, MAX_TENANTS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Farewell } from "../core/event.ts";
import { asTenantId, type TenantId } from "../core/ids.ts";
import type { TenantChange, TenantSpec } from "../core/spec.ts";
import { model } from "../models/index.ts";
import { describeLoad, resolveLoad } from "../presets/index.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { checkTenant } from "./tenant-checks.ts";

const NS_PER_S = 1e9;

interface Member {
  spec: TenantSpec;
  leaving: Farewell | null;
}

export class Tenants {
  private readonly device: Pick<Device, "load" | "spec">;
  private readonly members: (Member | null)[] = new Array(MAX_TENANTS).fill(null);

  constructor(device: Pick<Device, "load" | "spec">) {
    this.device = device;
  }

  /**
   * Loads the tenant's network onto the device and gives it the lowest free id.
   * Throws MissileError: "nameTaken", "badTenant", "tooManyTenants", "outOfMemory", "tooManySms", or what a model, a load or the device says.
   */
  admit(config: TenantConfig): { readonly tenant: TenantId; readonly spec: TenantSpec } {
    if (this.members.some((member) => member?.spec.name === config.name)) {
      throw new MissileError(`there is a tenant "${config.name}" already; choose another name`, "nameTaken");
    }
    const free = this.members.indexOf(null);
    if (free < 0) throw new MissileError(`no room: ${MAX_TENANTS} tenants are the most`, "tooManyTenants");
    const tenant = asTenantId(free);
    const lowered = model(config.model).lowered(config.batch);
    const network = this.device.load(tenant, lowered);
    const spec: TenantSpec = {
      name: config.name,
      class: config.class,
      model: config.model,
      batch: config.batch,
      nice: config.nice,
      vramKiB: config.vramKiB ?? Math.ceil(lowered.storedBytes / 1024),
      smRequestPercent: config.smRequestPercent,
      smLimitPercent: config.smLimitPercent,
      sloMs: config.sloMs,
      arrivals: {
        label: describeLoad(config.load),
        load: resolveLoad(config.load),
        startNs: Math.round(config.startS * NS_PER_S),
        stopNs: config.stopS === null ? null : Math.round(config.stopS * NS_PER_S),
      },
      network,
    };
    checkTenant(spec);
    this.checkMemory(spec);
    this.checkSmRequest(spec, tenant);
    this.members[free] = { spec, leaving: null };
    return { tenant, spec };
  }

  /** Validates a change of a tenant that is present, and remembers it. Throws MissileError. */
  change(tenant: number, change: TenantChange): TenantId {
    const member = this.present(tenant);
    const { loadOn: _, ...fields } = change;
    const spec: TenantSpec = { ...member.spec, ...fields };
    checkTenant(spec);
    this.checkSmRequest(spec, tenant);
    member.spec = spec;
    return asTenantId(tenant);
  }

  /**
   * The tenant is to go; its id stays taken until the scheduler releases it. One that drains may still be told to abort.
   * Throws MissileError.
   */
  leave(tenant: number, how: Farewell): TenantId {
    const member = this.members[tenant];
    if (member?.leaving !== "drain" || how !== "abort") this.present(tenant);
    this.members[tenant]!.leaving = how;
    return asTenantId(tenant);
  }

  release(tenant: TenantId): void {
    this.members[tenant] = null;
  }

  private present(tenant: number): Member {
    const member = this.members[tenant];
    if (member === undefined || member === null) {
      throw new MissileError(`there is no tenant with id ${tenant}`, "noSuchTenant");
    }
    if (member.leaving !== null)
      throw new MissileError(`tenant "${member.spec.name}" is leaving already`, "tenantLeaving");
    return member;
  }

  /** What is guaranteed to all must be there; a tenant that is leaving keeps its part until it is gone. */
  private checkSmRequest({ name, smRequestPercent }: TenantSpec, tenant: number): void {
    let others = 0;
    for (const [id, member] of this.members.entries()) {
      if (id !== tenant) others += member?.spec.smRequestPercent ?? 0;
    }
    if (smRequestPercent === 0 || others + smRequestPercent <= 100) return;
    const free = Math.max(0, 100 - others);
    throw new MissileError(
      `tenant "${name}" requests ${smRequestPercent} % of the SMs and ${free} % are free; lower its smRequest`,
      "tooManySms",
    );
  }

  private checkMemory({ name, vramKiB }: TenantSpec): void {
    const { vramBytes } = this.device.spec;
    let reservedKiB = vramKiB;
    for (const member of this.members) reservedKiB += member?.spec.vramKiB ?? 0;
    if (reservedKiB * 1024 <= vramBytes) return;
    const freeKiB = Math.max(0, Math.floor(vramBytes / 1024) - (reservedKiB - vramKiB));
    throw new MissileError(
      `tenant "${name}" reserves ${vramKiB} KiB of VRAM and ${freeKiB} KiB are free; lower its vramKiB`,
      "outOfMemory",
    );
  }
}
