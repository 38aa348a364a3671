/**
 * A real GPU needs a partition for every set of TPCs that something runs on, and takes some 2 ms to make one, in which it begins no
 * copies (measured on an H200). So needs are rounded up to a grid: there are few sets, and they return though needs are measured anew.
 */

/** Share of the GPU's TPCs between two lines of the grid. Default 1/32. Smaller: more partitions. Larger: more TPCs idle. */
const STEP = 1 / 32;

/** The TPCs to give to who needs `need`, on a GPU that has `tpcs`; at most a step more than that has. */
export function onGrid(need: number, tpcs: number): number {
  const step = Math.max(1, Math.floor(tpcs * STEP));
  return Math.ceil(need / step) * step;
}
