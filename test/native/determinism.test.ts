import { expect, test } from "vitest";
import { channelRange } from "../../src/core/channel-set.ts";
import { asTenantId } from "../../src/core/ids.ts";
import { Prng } from "../../src/core/prng.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Harness } from "./harness.ts";
import { computeKernel, streamKernel } from "./kernels.ts";

/** Three tenants on overlapping TPCs and channels, launched, shrunk and extended by a seeded hand. */
function run(seed: number) {
  const harness = new Harness();
  const random = new Prng(seed, "orders");
  const below = (limit: number): number => Math.floor(random.nextUnit() * limit);
  for (const tenant of [0, 1, 2]) {
    harness.load(tenant, streamKernel(20 + 50 * tenant), computeKernel(500 + tenant, 2e6), streamKernel(9));
  }
  for (let step = 0; step < 200; step++) {
    const [from, size] = [below(60), 1 + below(20)];
    const tpcs = tpcRange(from, Math.min(66, from + size));
    const tenant = below(3);
    const inFlight = () => step - harness.events.filter(({ kind }) => kind === "launchRetired").length;
    while (inFlight() > 6) harness.runFor(50_000);
    const launch = harness.launch(tenant, tpcs, { kernelCount: 3, priority: tenant === 0 ? 1 : 0 });
    harness.runFor(1 + below(30_000));
    harness.gpu.commands.evict(launch, tpcRange(from, from + 2));
    if (step % 3 === 0) harness.gpu.commands.extend(launch, tpcRange(0, 5));
    if (step % 7 === 0) harness.gpu.commands.place(asTenantId(tenant), channelRange(step % 40, 47));
    harness.copy(step, "h2d", 1 + below(1e6));
  }
  harness.runFor(1e9);
  return { events: harness.events, bytes: harness.gpu.channelBytes().slice() };
}

test("the same commands twice give the same events, to the nanosecond and the byte", () => {
  expect(run(1)).toEqual(run(1));
  expect(run(1).events).not.toEqual(run(2).events);
});
