/**
 * Channels by class: LS and BE memory lie in disjoint channels while both run.
 *
 * Tensors are bimodal: they exist twice, spread over all channels and inside those of their class. BE uses the wide copy while no LS
 * request is active, LS while no BE launch is beside it: on a small GPU, where LS takes every TPC, giving up channels to a class
 * that is not running would cost it bandwidth for nothing.
 */
import { type ChannelSet, channelRange } from "../channel-set.ts";
import { firstBeChannel } from "../channel-split.ts";
import type { PolicyContext, VramPolicy } from "../policy.ts";

export function classChannels(context: PolicyContext): VramPolicy {
  const { channels } = context.gpu;
  const all: ChannelSet = channelRange(0, channels);

  const first = (): number => firstBeChannel(context.gpu, context.beChannelShare());

  function hasBe(): boolean {
    for (const tenant of context.tenants.values()) if (tenant.spec.class === "BE") return true;
    return false;
  }

  return {
    copies: 2,
    channelsOf(tenant) {
      if (tenant.spec.class === "BE") return context.lsActive() > 0 ? channelRange(first(), channels) : all;
      return hasBe() && context.besideBe() ? channelRange(0, first()) : all;
    },
    beShare: () => (channels - first()) / channels,
  };
}
