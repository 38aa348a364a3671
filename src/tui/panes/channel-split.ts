/** The cut between LS's and BE's channels: where it is, where it is being dragged, and what that would ask for. */
import { firstBeChannel } from "../../core/channel-split.ts";
import type { ChannelSnapshot } from "../../core/snapshot.ts";
import type { Scene } from "./pane.ts";

/** So many channels beside the cut may be taken hold of. */
const GRIP = 1;

/** BE's first channel, by what is asked for now or is being dragged to. */
export function splitOf({ view, ui }: Scene): number {
  const share = ui.pending?.kind === "setBeChannelShare" ? ui.pending.share : view.snapshot.beChannelShare;
  return firstBeChannel(view.gpu, share);
}

/** Owners as they are, or as they would be once a drag is let go. */
export function ownersWith(scene: Scene): readonly ChannelSnapshot["owner"][] {
  const { channels } = scene.view.snapshot;
  if (scene.ui.pending?.kind !== "setBeChannelShare") return channels.map(({ owner }) => owner);
  const split = splitOf(scene);
  return channels.map((_, index) => (index < split ? "LS" : "BE"));
}

/** BE's share of the channels once the cut that was held at channel `start` lies before channel `end`; null: not held. */
export function draggedShare({ view }: Scene, start: number, end: number): number | null {
  const { channels } = view.snapshot;
  const split = firstBeChannel(view.gpu, view.snapshot.beChannelShare);
  if (start < split - GRIP - 1 || start > split + GRIP) return null;
  const first = Math.max(1, Math.min(channels.length - 1, end));
  return (channels.length - first) / channels.length;
}
