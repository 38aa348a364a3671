/** Whatever changes, the receiver has the value in the end, and keeps what did not change. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/rpc/console/attach-messages.ts";
import { applied, diff, type Patch } from "../../../src/rpc/console/delta.ts";
import { Feed } from "../../../src/rpc/console/feed.ts";
import { fromWire, toWire } from "../../../src/rpc/console/wire.ts";

const scalar = fc.oneof(
  fc.integer(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5),
  fc.string(),
  fc.constantFrom("\0NaN", "\0\0", "__proto__"),
  fc.boolean(),
  fc.constant(null),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie("list"), tie("rows"), tie("record")),
  list: fc.array(scalar, { maxLength: 4 }),
  rows: fc.uniqueArray(fc.record({ id: fc.nat(9), figure: tie("value") }), {
    maxLength: 5,
    selector: ({ id }) => id,
  }),
  record: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("value"), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
})).value;

/** Through the wire and back. */
const sent = (patch: Patch | undefined): Patch =>
  (fromWire(toWire({ patch }), 1 << 20) as { readonly patch: Patch }).patch;

describe("a change", () => {
  it("makes of what was what is", () => {
    fc.assert(
      fc.property(plain, plain, (before, after) => {
        const patch = diff(before, after);
        if (patch === undefined) expect(before).toEqual(after);
        else expect(applied(before, sent(patch))).toEqual(after);
      }),
    );
  });

  it("of nothing is nothing", () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(diff(value, structuredClone(value))).toBeUndefined();
      }),
    );
  });

  it("keeps the objects that did not change, also where they have moved", () => {
    const before = {
      log: [
        { sequence: 1, text: "a" },
        { sequence: 2, text: "b" },
      ],
      gpu: { sms: 132 },
    };
    const after = {
      ...structuredClone(before),
      log: [
        { sequence: 2, text: "b" },
        { sequence: 3, text: "c" },
      ],
    };
    const got = applied(before, diff(before, after)!) as typeof before;
    expect(got).toEqual(after);
    expect(got.gpu).toBe(before.gpu);
    expect(got.log[0]).toBe(before.log[1]);
  });

  it("has seven digits of a measured figure, and all of a whole number", () => {
    expect(applied(null, diff(undefined, { share: 1 / 3, atNs: 123_456_789_012_345 })!)).toEqual({
      share: 0.3333333,
      atNs: 123_456_789_012_345,
    });
  });

  it.each([
    ["an array that begins with no code", [7, 1]],
    ["an item that is none", [1, 5]],
    ["an item of a place that there is not", [1, [3]]],
  ] as const)("is refused as %s", (_, patch) => {
    expect(() => applied([{ id: 1 }], patch as unknown as Patch)).toThrow(TypeError);
  });
});

describe("bytes on the way", () => {
  it("keep arrays of numbers", () => {
    const message = {
      outcome: Uint8Array.of(1, 2),
      tenancy: Uint32Array.of(3),
      latencyNs: Float64Array.of(0.1, Number.NaN),
    };
    expect(fromWire(toWire(message), 1 << 20)).toEqual(message);
  });

  it("are refused where they grow beyond what is allowed", () => {
    expect(() => fromWire(toWire({ text: "x".repeat(1000) }), 100)).toThrow();
  });
});

describe("a feed", () => {
  const read = (bytes: Buffer | null): Change => fromWire(bytes!, 1 << 20) as Change;

  it("sends the change to who has the value before, and all to the others", () => {
    const feed = new Feed<{ a: number; b: number }>({ kind: "view" });
    feed.put({ a: 1, b: 2 });
    expect(read(feed.messageFor(0))).toEqual({ kind: "view", sequence: 1, base: 0, patch: { a: 1, b: 2 } });
    feed.put({ a: 1, b: 3 });
    expect(read(feed.messageFor(1))).toEqual({ kind: "view", sequence: 2, base: 1, patch: { b: 3 } });
    feed.put({ a: 1, b: 4 });
    expect(read(feed.messageFor(1))).toMatchObject({ sequence: 3, base: 0, patch: { a: 1, b: 4 } });
    expect(feed.messageFor(3)).toBeNull();
  });

  it("encodes once for all", () => {
    const feed = new Feed<number>({});
    feed.put(1);
    feed.put(2);
    expect(feed.messageFor(1)).toBe(feed.messageFor(1));
    expect(feed.messageFor(0)).toBe(feed.messageFor(0));
  });
});
