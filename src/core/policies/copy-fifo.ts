/** First come, first served, whole tensors at a time, as the hardware does it; or LS copies ahead of BE copies. */
import type { Direction } from "../command.ts";
import type { CopyPolicy, PolicyContext } from "../policy.ts";
import { remove } from "../remove.ts";
import type { Copy } from "../request.ts";

class FifoCopies implements CopyPolicy {
  private readonly queues: { readonly [D in Direction]: Copy[] } = { h2d: [], d2h: [] };
  private readonly lsFirst: boolean;

  constructor(lsFirst: boolean) {
    this.lsFirst = lsFirst;
  }

  enqueue(copy: Copy): void {
    this.queues[copy.direction].push(copy);
  }

  pickNext(direction: Direction): Copy {
    const queue = this.queues[direction];
    const ls = this.lsFirst ? queue.find((copy) => copy.request.tenant.spec.class === "LS") : undefined;
    return ls ?? queue[0]!;
  }

  chunkBytes(copy: Copy): number {
    return copy.tensorBytes;
  }

  charge(copy: Copy): void {
    if (copy.backlogBytes === 0) this.withdraw(copy);
  }

  withdraw(copy: Copy): void {
    remove(this.queues[copy.direction], copy);
  }

  sliceBytes(): number {
    return 0;
  }

  vruntimeLead(): number {
    return 0;
  }
}

export const firstComeCopies = (_context: PolicyContext): CopyPolicy => new FifoCopies(false);
export const lsFirstCopies = (_context: PolicyContext): CopyPolicy => new FifoCopies(true);
