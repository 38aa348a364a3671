/**
 * Channels by class: LS and BE memory lie in disjoint channels while LS is active.
 *
 * BE tensors are bimodal. They exist twice: spread over all channels, for when no LS request runs, and inside BE's channels. LS
 * memory stays in LS's channels, or in all of them while there is no BE tenant to keep away from.
 *
 * Colouring alone is not isolation: a memory-bound tenant with many SMs on few channels fills the crossbar with requests that
 * wait for its own channels, and everybody waits behind them (measured on an H200: an LS tenant slowed x5.6 against x1.5
 * uncoloured). So its SMs are capped in proportion to its channels, beyond which it would gain nothing anyway.
 */
import { type ChannelSet, channelRange } from "../channel-set.ts";
import type { PolicyContext, VramPolicy } from "../policy.ts";
import type { Tenant } from "../tenant.ts";

export function classChannels(context: PolicyContext): VramPolicy {
  const { channels, channelsPerPartition } = context.gpu;
  const all: ChannelSet = channelRange(0, channels);

  /** BE's channels are the highest, cut between partitions; each class keeps one partition at least. */
  function firstBeChannel(): number {
    const partitions = Math.ceil(channels / channelsPerPartition);
    const wanted = Math.round(partitions * context.beChannelShare());
    return (partitions - Math.min(Math.max(wanted, 1), partitions - 1)) * channelsPerPartition;
  }

  function hasTenants(tenantClass: Tenant["spec"]["class"]): boolean {
    for (const tenant of context.tenants.values()) if (tenant.spec.class === tenantClass) return true;
    return false;
  }

  return {
    channelsOf(tenant) {
      if (tenant.spec.class === "BE")
        return context.lsActive() > 0 ? channelRange(firstBeChannel(), channels) : all;
      return hasTenants("BE") ? channelRange(0, firstBeChannel()) : all;
    },
    memoryTpcCap(tenant) {
      if (tenant.spec.class === "LS" || context.lsActive() === 0) return context.tpcs;
      return Math.max(1, Math.floor((context.tpcs * (channels - firstBeChannel())) / channels));
    },
  };
}
