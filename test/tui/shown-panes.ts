import { type LayoutWish, layOut } from "../../src/tui/layout.ts";
import type { PaneName } from "../../src/tui/panes/names.ts";
import { panesOf } from "../../src/tui/region.ts";

/** The panes on the screen, in the order of reading. */
export function shownPanes(wish: LayoutWish): PaneName[] {
  const layout = layOut(wish);
  return layout === null ? [] : panesOf(layout.body);
}
