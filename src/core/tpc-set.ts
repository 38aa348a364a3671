import { BitSet } from "./bit-set.ts";

/** Enabled TPCs of the GPU. Masks are cut at TPCs (two SMs on every GPU here), the finest unit the hardware enables. */
export type TpcSet = BitSet<"tpc">;

export const NO_TPCS: TpcSet = new BitSet(0, 0, 0);

export const ALL_TPCS: TpcSet = new BitSet(-1, -1, -1);

/** TPCs from, ... to - 1. */
export function tpcRange(from: number, to: number): TpcSet {
  return BitSet.range<"tpc">(from, to);
}
