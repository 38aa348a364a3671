import { BitSet } from "./bit-set.ts";

/** Enabled TPCs of the GPU. Masks are cut at TPCs (two SMs on every GPU here), the finest unit the hardware enables. */
export type TpcSet = BitSet<"tpc">;

export const NO_TPCS: TpcSet = new BitSet(0, 0, 0);

const ranges = new Map<number, TpcSet>();

/** TPCs from, ... to - 1. Ranges recur, so each is made once. */
export function tpcRange(from: number, to: number): TpcSet {
  const key = from * 128 + to;
  let set = ranges.get(key);
  if (set === undefined) {
    set = BitSet.range<"tpc">(from, to);
    ranges.set(key, set);
  }
  return set;
}
