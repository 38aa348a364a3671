/** Whatever a console sends, the server takes it for a message or refuses it. */
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MissileError } from "../../../src/core/error.ts";
import { readToRun } from "../../../src/rpc/console/to-run-schema.ts";
import { toWire } from "../../../src/rpc/console/wire.ts";

/** A message, or a refusal: nothing else. */
function isSafe(bytes: Uint8Array): void {
  try {
    readToRun(bytes);
  } catch (cause) {
    expect(cause).toBeInstanceOf(MissileError);
    expect(cause).toMatchObject({ code: "badMessage" });
  }
}

describe("a message to a run", () => {
  it("may be any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), isSafe));
  });

  it("may be any JSON", () => {
    fc.assert(fc.property(fc.json(), (text) => isSafe(deflateRawSync(text))));
  });

  it("may be a message with something else in it", () => {
    const act = { kind: "changeTenant", tenant: 1, change: { nice: 5 } };
    const places = fc.constantFrom("tenant", "change", "kind", "nice", "more");
    fc.assert(
      fc.property(places, fc.jsonValue(), (place, value) => {
        const changed = { ...act, [place]: value };
        isSafe(toWire({ kind: "ask", id: 1, question: { kind: "act", act: changed } }));
      }),
    );
  });

  it.each([
    ["more than there is to an act", { kind: "setPaused", paused: true, who: "root" }],
    ["a nice that is no whole number", { kind: "changeTenant", tenant: 0, change: { nice: 1.5 } }],
    ["no number", { kind: "setSpeed", factor: Number.NaN }],
    ["a batch that no memory holds", { kind: "addTenant", config: { batch: 1e9 } }],
    ["an id that is none", { kind: "removeTenant", tenant: -1, how: "drain" }],
    ["arrivals of its own", { kind: "changeTenant", tenant: 0, change: { arrivals: {} } }],
  ])("is refused with %s", (_, act) => {
    const bytes = toWire({ kind: "ask", id: 1, question: { kind: "act", act } });
    expect(() => readToRun(bytes)).toThrow(expect.objectContaining({ code: "badMessage" }));
  });

  it("is taken as it was said", () => {
    const message = {
      kind: "ask",
      id: 7,
      question: { kind: "act", act: { kind: "changeTenant", tenant: 0, change: { nice: 5, sloMs: null } } },
    };
    expect(readToRun(toWire(message))).toEqual(message);
  });
});
