/** Who is let onto the GPU. */
import { expect, it } from "vitest";
import { Tenants } from "../../src/engine/tenants.ts";
import { openSimulatedGpu } from "../../src/native/index.ts";
import { loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";

it.each([
  ["reserves more VRAM than there is", { vramKiB: 2 ** 40 }],
  ["is to weigh nothing on PCIe", { nice: 0 }],
  ["wants SMs that others were promised", { smRequestPercent: 60 }],
])("loads no network of a tenant that %s: to measure it could take long", (_, fields) => {
  const gpu = openSimulatedGpu(loadGpu("h200"));
  const loaded: number[] = [];
  const device: ConstructorParameters<typeof Tenants>[0] = {
    spec: gpu.spec,
    load: (tenant, network) => {
      loaded.push(tenant);
      return gpu.load(tenant, network);
    },
  };
  const tenants = new Tenants(device);
  const named = (name: string, more: object) =>
    tenantWithDefaults({ name, class: "BE", model: "squeezenet1.1", ...more });
  tenants.admit(named("first", { smRequestPercent: 50 }));
  expect(() => tenants.admit(named("second", fields))).toThrow(/"second"/);
  expect(loaded).toEqual([0]);
});
