import { describe, expect, it } from "vitest";
import { DecisionLog, LOG_CAPACITY } from "../../src/core/decision-log.ts";
import { asTenantId } from "../../src/core/ids.ts";

const shrank = (name: string | number, tpcs: string | number): string => `shrank ${name} to ${tpcs}`;
const said = (text: string) => (): string => text;

describe("the decision log", () => {
  it("renews an entry for the same tenant and kind, and counts", () => {
    const log = new DecisionLog();
    log.add(1, "scheduler", asTenantId(0), shrank, "a", 4);
    log.add(2, "scheduler", asTenantId(1), shrank, "b", 5);
    log.add(3, "scheduler", asTenantId(0), shrank, "a", 6);
    expect(log.latest(10).map(({ atNs, text }) => [atNs, text])).toEqual([
      [2, "shrank b to 5"],
      [3, "shrank a to 6 (x2)"],
    ]);
  });

  it("never merges the operator's acts", () => {
    const log = new DecisionLog();
    const act = said("nice 1 -> 2");
    log.add(1, "operator", asTenantId(0), act);
    log.add(2, "operator", asTenantId(0), act);
    expect(log.latest(10)).toHaveLength(2);
  });

  it("keeps acts while decisions come and go, in their order and within its bounds", () => {
    const log = new DecisionLog();
    log.add(1, "operator", -1, said("nice 1 -> 2"));
    for (let entry = 0; entry < 3 * LOG_CAPACITY; entry++)
      log.add(entry + 2, "scheduler", -1, said(`${entry}`));
    log.add(9999, "device", -1, said("failed"));
    const latest = log.latest(6);
    expect(latest.map(({ text }) => text)).toEqual(["nice 1 -> 2", "764", "765", "766", "767", "failed"]);
    expect(log.latest(1e9)).toHaveLength(LOG_CAPACITY);
  });

  it("lets half of what is told be decisions, however many acts there are", () => {
    const log = new DecisionLog();
    for (let entry = 0; entry < 40; entry++) log.add(entry, "scheduler", -1, said(`${entry}`));
    for (let entry = 0; entry < LOG_CAPACITY; entry++) log.add(99, "operator", -1, said("act"));
    const all = log.latest(LOG_CAPACITY);
    expect(all.filter(({ by }) => by === "scheduler")).toHaveLength(40);
    expect(log.latest(8)).toHaveLength(8);
  });

  it("is bounded, keeps the newest, and numbers them in rising order", () => {
    const log = new DecisionLog();
    for (let entry = 0; entry < 3 * LOG_CAPACITY; entry++) log.add(entry, "operator", -1, said(`${entry}`));
    const entries = log.latest(1e9);
    expect(entries).toHaveLength(LOG_CAPACITY);
    expect(entries.at(-1)).toMatchObject({ text: `${3 * LOG_CAPACITY - 1}`, sequence: 3 * LOG_CAPACITY - 1 });
  });
});
