import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TenantSnapshot } from "../../src/core/snapshot.ts";
import {
  bytes,
  bytesLong,
  clock,
  count,
  digits3,
  grouped,
  ms,
  percent,
  speed,
  whole,
} from "../../src/tui/format.ts";
import { Identities } from "../../src/tui/identity.ts";
import { FakeSession } from "./fake-session.ts";

describe("format", () => {
  it.each([
    [digits3(1.234), "1.23"],
    [digits3(9.996), "10.0"],
    [digits3(99.96), "100"],
    [digits3(Number.NaN), "–"],
    [ms(9999), "9999"],
    [ms(12_345), "12.3s"],
    [bytes(512), "512"],
    [bytes(1_234_567), "1.18M"],
    [bytes(1023.7 * 1024), "1.00M"],
    [bytesLong(1_234_567), "1.18 MiB"],
    [count(999), "999"],
    [count(999.7), "1.00k"],
    [count(31_337), "31.3k"],
    [percent(0.9999), "99.9"],
    [percent(1), "100"],
    [percent(0.073), "7.3"],
    [whole(100_000), "100000"],
    [whole(12_345_678), "12.3M"],
    [grouped(1_048_576), "1,048,576"],
    [clock(12_345_678_901), "00:12.345"],
    [clock(3_723_456e6), "1:02:03.456"],
    [speed(0.25), "×0.25"],
    [speed(1024), "×1020"],
  ])("%s is %s", (text, expected) => {
    expect(text).toBe(expected);
  });

  it("keeps figures within their columns", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), (value) => {
        expect(bytes(value).length).toBeLessThanOrEqual(5);
        expect(count(value).length).toBeLessThanOrEqual(5);
        expect(percent(Math.min(1, value)).length).toBeLessThanOrEqual(4);
        expect(whole(value).length).toBeLessThanOrEqual(7);
        expect(ms(Math.min(value, 86_400_000)).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

describe("identities", () => {
  const tenant = (id: number, tenantClass: "LS" | "BE"): TenantSnapshot => ({
    ...new FakeSession().view().snapshot.tenants[0]!,
    id,
    class: tenantClass,
  });

  it("say the class by their case, and last as long as the tenant", () => {
    const three = Identities.none.next([tenant(7, "LS"), tenant(8, "BE"), tenant(9, "LS")], 0);
    expect([7, 8, 9].map((id) => three.of(id).letter)).toEqual(["A", "b", "C"]);
    const two = three.next([tenant(9, "LS"), tenant(10, "BE")], 100);
    expect(two.of(9)).toEqual(three.of(9));
    expect(two.of(10).letter).toBe("a");
    expect(two.of(7).letter).toBe("?");
    expect(three.of(7).letter).toBe("A");
    expect(two.next([tenant(10, "BE"), tenant(9, "LS")], 200)).toBe(two);
  });

  it("are not given to what a former tenant of the same id has done", () => {
    const identities = Identities.none
      .next([tenant(7, "LS")], 0)
      .next([], 100)
      .next([tenant(7, "BE")], 200);
    expect(identities.at(7, 150)).toBeNull();
    expect(identities.at(7, 250)?.letter).toBe("a");
    expect(identities.at(8, 250)).toBeNull();
  });

  it("are all different for twelve tenants", () => {
    const tenants = Array.from({ length: 12 }, (_, id) => tenant(id, id % 2 === 0 ? "LS" : "BE"));
    const identities = Identities.none.next(tenants, 0);
    expect(new Set(tenants.map(({ id }) => identities.of(id).letter)).size).toBe(12);
    expect(new Set(tenants.map(({ id }) => identities.of(id).colour)).size).toBe(12);
  });
});
