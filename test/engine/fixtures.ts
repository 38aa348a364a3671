/** Small mixes and reports for tests. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tenantWithDefaults } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";

/** One LS tenant at 100 requests a second beside one BE tenant that always has work. */
export const smallMix: MixConfig = {
  name: "small",
  gpu: "h200",
  policy: "missiletemporal",
  cfsPeriodPackets: 512,
  beChannelShare: 1 / 3,
  seed: 7,
  tenants: [
    tenantWithDefaults({
      name: "camera",
      class: "LS",
      model: "resnet34",
      sloMs: 20,
      load: { kind: "poisson", ratePerS: 100 },
    }),
    tenantWithDefaults({
      name: "batch",
      class: "BE",
      model: "squeezenet1.1",
      load: { kind: "closed", inFlight: 2, thinkMs: 0 },
    }),
  ],
};

/** A fresh directory for a test's files. */
export const scratch = (): string => mkdtempSync(join(tmpdir(), "missile-test-"));
