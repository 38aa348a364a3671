/** Mixes that are kept nowhere but here. */
import type { MixShelf } from "../../src/actions/performer.ts";
import { MissileError } from "../../src/core/error.ts";
import { tenantWithDefaults } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";

export class FakeMixes implements MixShelf {
  readonly saved: (readonly [string, MixConfig])[] = [];

  /** A file of that name is there. */
  replaces(_mix: string, file: string): boolean {
    return file === "taken.yaml";
  }

  load(name: string): MixConfig {
    if (name !== "two-tenants")
      throw new MissileError(`no mix and no file is called "${name}"`, "mixNotFound");
    return {
      name,
      gpu: "h200",
      policy: "missiletemporal",
      cfsPeriodPackets: 512,
      beChannelShare: 1 / 3,
      seed: 1,
      tenants: [
        tenantWithDefaults({ name: "front", class: "LS", model: "resnet34" }),
        tenantWithDefaults({ name: "back", class: "BE", model: "resnet152" }),
      ],
    };
  }

  save(mix: MixConfig, file: string): void {
    this.saved.push([file, mix]);
  }
}
