/** Memory for activations: each buffer lives from its first kernel to its last, and slots are used again. */
import type { Buffer } from "./buffer.ts";
import { sizeOf } from "./buffer.ts";
import { roundUp } from "./layout.ts";
import type { Task } from "./placer.ts";

export interface Lifetime {
  readonly buffer: Buffer;
  /** Indices of kernels, both included. */
  readonly first: number;
  last: number;
}

export interface Slot {
  sizeBytes: number;
  readonly lifetimes: Lifetime[];
}

/** Of buffers of activations, in the order in which kernels first touch them. */
export function lifetimesOf(tasks: readonly Task[]): Lifetime[] {
  const known = new Map<Buffer, Lifetime>();
  tasks.forEach((task, index) => {
    for (const buffer of [...Object.values(task.reads), ...Object.values(task.writes)]) {
      if (buffer.use !== "activations") continue;
      const lifetime = known.get(buffer);
      if (lifetime === undefined) known.set(buffer, { buffer, first: index, last: index });
      else lifetime.last = index;
    }
  });
  return [...known.values()];
}

/**
 * The smallest free slot that is large enough; else the largest one, which grows; else a new one. A slot is free for a kernel after the
 * last one that touches what it holds.
 */
export function assignSlots(lifetimes: readonly Lifetime[], granuleBytes: number): Slot[] {
  const slots: Slot[] = [];
  for (const lifetime of lifetimes) {
    const bytes = roundUp(sizeOf(lifetime.buffer), granuleBytes);
    const free = slots
      .filter((slot) => (slot.lifetimes.at(-1)?.last ?? -1) < lifetime.first)
      .sort((a, b) => a.sizeBytes - b.sizeBytes);
    const slot = free.find(({ sizeBytes }) => sizeBytes >= bytes) ?? free.at(-1);
    if (slot === undefined) slots.push({ sizeBytes: bytes, lifetimes: [lifetime] });
    else {
      slot.sizeBytes = Math.max(slot.sizeBytes, bytes);
      slot.lifetimes.push(lifetime);
    }
  }
  return slots;
}
