/** Which panes a layout has and how they stand to each other, whatever the screen: this is also how one is saved. */
import type { PaneName } from "./panes/names.ts";

export const LAYOUT_NAMES = ["overview", "latency", "isolation", "compare", "own"] as const;
export type LayoutName = (typeof LAYOUT_NAMES)[number];

interface Grown {
  /** Share among its siblings; absent: 1. */
  readonly grow?: number | undefined;
}

/** A pane, or parts side by side or one below the other. */
export type LayoutTree =
  | PaneName
  | ({ readonly pane: PaneName } & Grown)
  | ({ readonly across: readonly LayoutTree[] } & Grown)
  | ({ readonly down: readonly LayoutTree[] } & Grown);

/** From so many columns on, panes stand three abreast. */
const WIDE_COLUMNS = 160;

const MAPS: LayoutTree = { across: ["sms", "channels"] };

type Make = (wide: boolean) => LayoutTree;

const MAKE: Readonly<Record<Exclude<LayoutName, "own">, Make>> = {
  overview: (wide) =>
    wide
      ? { down: ["tenants", { across: [{ down: [MAPS, "copies"], grow: 2 }, "decisions"] }] }
      : {
          down: [
            "tenants",
            MAPS,
            {
              across: [
                { pane: "copies", grow: 11 },
                { pane: "decisions", grow: 9 },
              ],
            },
          ],
        },
  latency: (wide) =>
    wide
      ? {
          down: [
            "tenants",
            {
              across: [
                { pane: "latency", grow: 3 },
                { pane: "copies", grow: 2 },
              ],
            },
          ],
        }
      : { down: ["tenants", { pane: "latency", grow: 2 }, "copies"] },
  isolation: (wide) =>
    wide
      ? { down: ["tenants", { across: [MAPS, "copies"] }] }
      : { down: ["tenants", MAPS, { pane: "copies", grow: 2 }] },
  compare: () => ({ down: [{ pane: "compare", grow: 2 }, { across: ["decisions", "gpu"] }] }),
};

/** What is shown under a layout's name on a screen of so many columns; one's own is the overview until there is one. */
export function treeOf(layout: LayoutName, own: LayoutTree | null, columns: number): LayoutTree {
  if (layout === "own" && own !== null) return own;
  return MAKE[layout === "own" ? "overview" : layout](columns >= WIDE_COLUMNS);
}
