/**
 * Who is on the GPU: gives out tenant ids, turns a tenant's configuration into what the scheduler needs, and keeps it as the
 * operator has changed it since.
 */
import { type Device, MAX_TENANTS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Farewell } from "../core/event.ts";
import { asTenantId, type TenantId } from "../core/ids.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import type { ClientSpec, LoadWindow, TenantSpec } from "../core/spec.ts";
import { describeLoad, resolveLoad } from "../presets/index.ts";
import type { LoadConfig, TenantConfig } from "../presets/mix.ts";
import { NO_PROFILES, type ProfileShelf } from "../profiles/index.ts";
import { type Networks, simulatedNetworks } from "./networks.ts";
import type { TenantSettings } from "./session.ts";
import { checkTenant, type TenantTerms } from "./tenant-checks.ts";

const NS_PER_S = 1e9;

interface Member {
  readonly tenant: TenantId;
  /** As it was loaded. */
  readonly network: LoweredNetwork;
  config: TenantConfig;
  spec: TenantSpec;
  loadOn: boolean;
  leaving: Farewell | null;
}

/** The window moved to where the run begins. */
function delayed(window: LoadWindow, byNs: number): LoadWindow {
  const { startNs, stopNs } = window;
  return { ...window, startNs: startNs + byNs, stopNs: stopNs === null ? null : stopNs + byNs };
}

/** When a tenant's requests come, counted from where the run begins. Throws MissileError for a trace that cannot be read. */
export function windowOf({ load, startS, stopS }: TenantConfig): LoadWindow {
  return {
    label: describeLoad(load),
    load: resolveLoad(load),
    startNs: Math.round(startS * NS_PER_S),
    stopNs: stopS === null ? null : Math.round(stopS * NS_PER_S),
  };
}

const noSuchTenant = (tenant: number): MissileError =>
  new MissileError(`there is no tenant with id ${tenant}`, "noSuchTenant");

export class Tenants {
  /** Where the run begins on the device's clock: loads count from there. */
  originNs = 0;
  private readonly device: Pick<Device, "load" | "spec">;
  private readonly profiles: ProfileShelf;
  private readonly networks: Networks;
  private readonly arrivalsOf: (config: TenantConfig) => LoadWindow;
  private readonly members: (Member | null)[] = new Array(MAX_TENANTS).fill(null);
  /** Those of `members`, in the order in which they came. */
  private readonly present = new Set<Member>();

  constructor(
    device: Pick<Device, "load" | "spec">,
    profiles: ProfileShelf = NO_PROFILES,
    networks: Networks = simulatedNetworks,
    arrivalsOf: (config: TenantConfig) => LoadWindow = windowOf,
  ) {
    this.device = device;
    this.profiles = profiles;
    this.networks = networks;
    this.arrivalsOf = arrivalsOf;
  }

  /**
   * Loads the tenant's network onto the device and gives it the lowest free id.
   * Throws MissileError: "nameTaken", "badTenant", "tooManyTenants", "outOfMemory", "tooManySms", or what a model, a load or the device says.
   */
  admit(config: TenantConfig, client?: ClientSpec): TenantId {
    if (this.members.some((member) => member?.spec.name === config.name)) {
      throw new MissileError(`there is a tenant "${config.name}" already; choose another name`, "nameTaken");
    }
    const free = this.members.indexOf(null);
    if (free < 0) throw new MissileError(`no room: ${MAX_TENANTS} tenants are the most`, "tooManyTenants");
    const tenant = asTenantId(free);
    const { home, network } = this.networks(config);
    const asked: TenantTerms = {
      name: config.name,
      class: config.class,
      model: config.model,
      batch: network.batch,
      nice: config.nice,
      vramKiB: config.vramKiB ?? Math.ceil(network.storedBytes / 1024),
      smRequestPercent: config.smRequestPercent,
      smLimitPercent: config.smLimitPercent,
      sloMs: config.sloMs,
      arrivals: this.arrivalsOf(config),
      client,
    };
    this.check(asked, tenant);
    const loaded = this.profiles.load(home, tenant, network, (known) => this.device.load(tenant, known));
    const member: Member = {
      tenant,
      network: loaded.network,
      config,
      spec: { ...asked, network: loaded.profile },
      loadOn: true,
      leaving: null,
    };
    this.members[free] = member;
    this.present.add(member);
    return tenant;
  }

  /** One that was admitted, as the scheduler sees it. */
  specOf(tenant: TenantId): TenantSpec {
    const { spec } = this.staying(tenant);
    return { ...spec, arrivals: delayed(spec.arrivals, this.originNs) };
  }

  /** A tenant as it is set now. Throws MissileError. */
  configOf(tenant: number): TenantConfig {
    return this.staying(tenant).config;
  }

  /** What one runs. Throws MissileError "noSuchTenant". */
  networkOf(tenant: number): Pick<Member, "network" | "spec"> {
    const member = this.members[tenant];
    if (member === undefined || member === null) throw noSuchTenant(tenant);
    return member;
  }

  /** All that stay, in the order in which they came. */
  settled(): readonly Pick<Member, "tenant" | "config" | "loadOn">[] {
    return [...this.present].filter(({ leaving }) => leaving === null);
  }

  /** Validates a change of a tenant that is present, and remembers it. Throws MissileError. */
  change(tenant: number, change: TenantSettings): TenantId {
    const member = this.staying(tenant);
    const { loadOn, ...fields } = change;
    const spec: TenantSpec = { ...member.spec, ...fields };
    this.check(spec, tenant);
    member.spec = spec;
    member.config = { ...member.config, ...fields };
    member.loadOn = loadOn ?? member.loadOn;
    return asTenantId(tenant);
  }

  /** Gives a tenant that is present another load, within the times of the one before. Throws MissileError. */
  changeLoad(tenant: number, load: LoadConfig): { readonly tenant: TenantId; readonly arrivals: LoadWindow } {
    const member = this.staying(tenant);
    const config: TenantConfig = { ...member.config, load };
    const spec: TenantSpec = { ...member.spec, arrivals: this.arrivalsOf(config) };
    checkTenant(spec);
    member.spec = spec;
    member.config = config;
    return { tenant: asTenantId(tenant), arrivals: delayed(spec.arrivals, this.originNs) };
  }

  /**
   * The tenant is to go; its id stays taken until the scheduler releases it. One that drains may still be told to abort.
   * Throws MissileError.
   */
  leave(tenant: number, how: Farewell): TenantId {
    if (!this.mayLeave(asTenantId(tenant), how)) this.staying(tenant);
    this.members[tenant]!.leaving = how;
    return asTenantId(tenant);
  }

  /** Present, and not told to leave. */
  isStaying(tenant: TenantId): boolean {
    return this.members[tenant]?.leaving === null;
  }

  /** Present, and not told so before. */
  mayLeave(tenant: TenantId, how: Farewell): boolean {
    const member = this.members[tenant];
    return (
      member !== null &&
      member !== undefined &&
      (member.leaving === null || (member.leaving === "drain" && how === "abort"))
    );
  }

  release(tenant: TenantId): void {
    const member = this.members[tenant];
    if (member !== null && member !== undefined) this.present.delete(member);
    this.members[tenant] = null;
  }

  private staying(tenant: number): Member {
    const member = this.members[tenant];
    if (member === undefined || member === null) throw noSuchTenant(tenant);
    if (member.leaving !== null)
      throw new MissileError(`tenant "${member.spec.name}" is leaving already`, "tenantLeaving");
    return member;
  }

  /** Whether it can be, and beside the others. Throws MissileError. */
  private check(terms: TenantTerms, tenant: number): void {
    checkTenant(terms);
    this.checkMemory(terms, tenant);
    this.checkSmRequest(terms, tenant);
  }

  /** What is guaranteed to all must be there; a tenant that is leaving keeps its part until it is gone. */
  private checkSmRequest({ name, smRequestPercent }: TenantTerms, tenant: number): void {
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

  private checkMemory({ name, vramKiB }: TenantTerms, tenant: number): void {
    const { vramBytes } = this.device.spec;
    let othersKiB = 0;
    for (const [id, member] of this.members.entries()) {
      if (id !== tenant) othersKiB += member?.spec.vramKiB ?? 0;
    }
    if ((othersKiB + vramKiB) * 1024 <= vramBytes) return;
    const freeKiB = Math.max(0, Math.floor(vramBytes / 1024) - othersKiB);
    throw new MissileError(
      `tenant "${name}" reserves ${vramKiB} KiB of VRAM and ${freeKiB} KiB are free; lower its vramKiB`,
      "outOfMemory",
    );
  }
}
