/**
 * What the conflicts of a sample say. Sectors with the same conflicts share a slice; slices that conflict form a memory
 * partition. The relation is not transitive, so partitions are components of the graph, never "whoever conflicts with the first".
 */

export interface Partition {
  /** For every side: sectors such that each sampled sector of the partition conflicts with one of them, there. */
  readonly representatives: readonly (readonly number[])[];
  readonly slices: number;
}

/** The matrix of one side, symmetric: element i x n + j says whether sample i conflicts with sample j. */
type Matrix = Uint8Array;

/** The component of each of `count` nodes; two are joined where any matrix says so. */
export function components(matrices: readonly Matrix[], count: number): number[] {
  const component = new Array<number>(count).fill(-1);
  const isJoined = (i: number, j: number): boolean => matrices.some((matrix) => matrix[i * count + j] === 1);
  let next = 0;
  for (let start = 0; start < count; start++) {
    if (component[start] !== -1) continue;
    const open = [start];
    component[start] = next;
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (let other = 0; other < count; other++) {
        if (component[other] === -1 && isJoined(node, other)) {
          component[other] = next;
          open.push(other);
        }
      }
    }
    next++;
  }
  return component;
}

/** Members chosen one by one, each time the one that conflicts with most members not yet covered. */
function dominating(matrix: Matrix, count: number, members: readonly number[]): number[] {
  const chosen: number[] = [];
  let uncovered = [...members];
  while (uncovered.length > 0) {
    const gain = (i: number): number => uncovered.reduce((sum, j) => sum + matrix[i * count + j]!, 0);
    const best = members.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    if (gain(best) === 0) break;
    chosen.push(best);
    uncovered = uncovered.filter((j) => matrix[best * count + j] === 0);
  }
  return chosen;
}

/** Distinct conflict sets among the members; a set seen once alone is a disturbed row, not a slice. */
function sliceCount(matrix: Matrix, count: number, members: readonly number[]): number {
  const seen = new Map<string, number>();
  for (const i of members) {
    const row = matrix.subarray(i * count, (i + 1) * count).join("");
    seen.set(row, (seen.get(row) ?? 0) + 1);
  }
  return [...seen.values()].filter((times) => times > 1).length;
}

/** The partitions that a sample shows, the largest first. A component of one sector is a disturbance and left out. */
export function findPartitions(sectors: readonly number[], matrices: readonly Matrix[]): Partition[] {
  const count = sectors.length;
  const members = new Map<number, number[]>();
  components(matrices, count).forEach((component, index) => {
    members.set(component, [...(members.get(component) ?? []), index]);
  });
  return [...members.values()]
    .filter((group) => group.length > 1)
    .sort((a, b) => b.length - a.length)
    .map((group) => ({
      representatives: matrices.map((matrix) => dominating(matrix, count, group).map((i) => sectors[i]!)),
      slices: Math.max(...matrices.map((matrix) => sliceCount(matrix, count, group))),
    }));
}
