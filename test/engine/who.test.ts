/** Who did it is part of the run's story: in its log, in its journal, and without any effect on what is scheduled. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { replay } from "../../src/engine/replay.ts";
import { scratch, smallMix } from "./fixtures.ts";

it("stands beside each act, and beside no other", () => {
  const journalPath = join(scratch(), "run.journal");
  const engine = new Engine(smallMix, { journalPath });
  engine.advance(1e7);
  engine.act({ kind: "changeTenant", tenant: 0, change: { nice: 5 } }, "ann");
  engine.act({ kind: "mark", text: "nobody's" });
  engine.notePace({ kind: "setSpeed", factor: 2 }, "ben");
  engine.notePace({ kind: "step" }, "ben");
  engine.act({ kind: "resetStatistics" }, "ann");
  engine.advance(2e7);
  const { log } = engine.snapshot();
  const acts = log.filter(({ by, atNs }) => by === "operator" && atNs > 0);
  expect(acts.map(({ text, who }) => [text, who])).toEqual([
    ["camera: nice 100000 -> 5", "ann"],
    ["mark: nobody's", undefined],
    ["speed -> 2", "ben"],
    ["statistics begin anew", "ann"],
  ]);
  expect(log.filter(({ by }) => by === "scheduler").every(({ who }) => who === undefined)).toBe(true);
  engine.close();
  expect(readFileSync(journalPath, "utf8")).toMatch(
    /\npaced \{"atNs":\d+,"text":"speed -> 2","who":"ben"\}\n/,
  );
  expect(replay(journalPath)).toMatchObject({ difference: null, missingAtEnd: 0 });
});
