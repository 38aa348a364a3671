/** No colours: everybody's memory is spread over all channels. */
import { type ChannelSet, channelRange } from "../channel-set.ts";
import type { PolicyContext, VramPolicy } from "../policy.ts";

export function sharedChannels({ gpu }: PolicyContext): VramPolicy {
  const all: ChannelSet = channelRange(0, gpu.channels);
  return { copies: 1, channelsOf: () => all, beShare: () => 1 };
}
