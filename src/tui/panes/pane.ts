/** What a pane is: it paints what it is given and keeps nothing, so any frame can be painted at any time. */
import type { View } from "../../engine/session.ts";
import type { Identities } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { UiState } from "../store.ts";

/** All that a frame is made of. */
export interface Scene {
  readonly view: View;
  readonly ui: UiState;
  readonly identities: Identities;
}

export interface Pane {
  /** In the border, left; "" for a pane without a border. */
  readonly title: string;
  /** In the border, right: the pane in a few words. The first wording that fits is taken, or none. */
  readonly caption?: (scene: Scene) => readonly string[];
  readonly paint: (canvas: Canvas, scene: Scene) => void;
}
