/** What is on the screen and where: what looking around, scrolling and the mouse need to know of it. */
import type { HistoryReader } from "./history.ts";
import type { PaneName } from "./panes/names.ts";
import type { Scene } from "./panes/pane.ts";
import type { Rect } from "./screen/screen.ts";

export interface Stage {
  readonly history: HistoryReader;
  /** What the next frame is made of. */
  scene(): Scene;
  /** A pane's cells, without its border; null: it is not on the screen. */
  rectOf(pane: PaneName): Rect | null;
}
