/** A layout tree in the form in which it is worked on: boxes within boxes. */
import type { LayoutTree } from "./layout-tree.ts";
import type { PaneName } from "./panes/names.ts";

/** A box with a border, or a row ("across") or column ("down") of regions whose borders overlap by one cell. */
export type Region = (
  | { readonly pane: PaneName }
  | { readonly split: "across" | "down"; readonly parts: readonly Region[] }
) & {
  /** Its share among its siblings, where they leave it one. */
  readonly grow: number;
  /** Rows with both borders, in a column; absent: not worked out, or all that there are. */
  readonly rows?: number;
};

export function regionOf(tree: LayoutTree): Region {
  if (typeof tree === "string") return { pane: tree, grow: 1 };
  const grow = tree.grow ?? 1;
  if ("pane" in tree) return { pane: tree.pane, grow };
  return "across" in tree
    ? { split: "across", parts: tree.across.map(regionOf), grow }
    : { split: "down", parts: tree.down.map(regionOf), grow };
}

export function treeOfRegion(region: Region): LayoutTree {
  const { grow } = region;
  if ("pane" in region) return grow === 1 ? region.pane : { pane: region.pane, grow };
  const parts = region.parts.map(treeOfRegion);
  const share = grow === 1 ? {} : { grow };
  return region.split === "across" ? { across: parts, ...share } : { down: parts, ...share };
}

/** From the top left, in the order of reading. */
export const panesOf = (region: Region): PaneName[] =>
  "pane" in region ? [region.pane] : region.parts.flatMap(panesOf);

/** The region with the panes that `keep` lets pass, each once; null: none. A split with one part is that part. */
export function filtered(region: Region, keep: (pane: PaneName) => boolean): Region | null {
  const seen = new Set<PaneName>();
  const once = (pane: PaneName): boolean => keep(pane) && !seen.has(pane) && seen.add(pane) !== undefined;
  return strained(region, once);
}

function strained(region: Region, keep: (pane: PaneName) => boolean): Region | null {
  if ("pane" in region) return keep(region.pane) ? region : null;
  const parts = region.parts.map((part) => strained(part, keep)).filter((part) => part !== null);
  const [first, second] = parts;
  if (first === undefined) return null;
  return second === undefined ? { ...first, grow: region.grow } : { ...region, parts };
}
