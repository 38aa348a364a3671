import fc from "fast-check";
import { expect, it } from "vitest";
import { sizeOf } from "../../src/plan/buffer.ts";
import { activationBuffer } from "../../src/plan/placer.ts";
import { assignSlots, type Lifetime } from "../../src/plan/slots.ts";

const lifetimes = fc
  .array(fc.tuple(fc.nat(40), fc.nat(10), fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 40 })
  .map((list) =>
    list
      .map(
        ([first, length, elements], index): Lifetime => ({
          buffer: activationBuffer(`t${index}`, "f32", elements),
          first,
          last: first + length,
        }),
      )
      .sort((a, b) => a.first - b.first),
  );

it("a slot holds one buffer at a time and is large enough for each", () => {
  fc.assert(
    fc.property(lifetimes, (all) => {
      const slots = assignSlots(all, 1024);
      expect(slots.flatMap((slot) => slot.lifetimes).length).toBe(all.length);
      for (const { sizeBytes, lifetimes: held } of slots) {
        expect(sizeBytes % 1024).toBe(0);
        for (const [index, { buffer, first }] of held.entries()) {
          expect(sizeBytes).toBeGreaterThanOrEqual(sizeOf(buffer));
          expect(first).toBeGreaterThan(held[index - 1]?.last ?? -1);
        }
      }
    }),
    { seed: 3 },
  );
});

it("memory is used again: a chain needs two slots, however long it is", () => {
  const chain = Array.from(
    { length: 20 },
    (_, index): Lifetime => ({
      buffer: activationBuffer(`t${index}`, "f32", 1000 + index),
      first: index,
      last: index + 1,
    }),
  );
  expect(assignSlots(chain, 1024).length).toBe(2);
});
