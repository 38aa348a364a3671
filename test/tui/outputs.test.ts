/** What leaves the console as files: pictures, recordings with the operator's marks, reports. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Notices } from "../../src/tui/notices.ts";
import { Onlooker } from "../../src/tui/onlooker.ts";
import { FileOutputs } from "../../src/tui/outputs.ts";
import { KEYFRAME, parseCast } from "../../src/tui/recording/cast.ts";
import { Screen } from "../../src/tui/screen/screen.ts";
import { createUiStore } from "../../src/tui/store.ts";
import { scratch } from "../engine/fixtures.ts";
import { FakeSession } from "./fake-session.ts";

const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds() && tries < 500; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};

function setUp(drawn = true) {
  const session = new FakeSession();
  const store = createUiStore({ columns: 80, rows: 24 });
  const notices = new Notices(store);
  const picture = {
    shown: () => ({
      screen: new Screen(80, 24),
      look: { depth: "truecolor", theme: "dark", ascii: false } as const,
    }),
    wholeFrame: () => "whole",
    tap: () => undefined,
  };
  const { history } = new Onlooker(session, store);
  const outputs = new FileOutputs({
    session,
    store,
    picture: drawn ? picture : null,
    history,
    notices,
    nowMs: () => 1_700_000_000_000,
  });
  const end = (): void => {
    outputs.dispose();
    notices.dispose();
  };
  return { session, store, outputs, end, said: () => store.getState().notice };
}

it("records every mark that is set meanwhile, once, and none from before", async () => {
  const { session, store, outputs, end } = setUp();
  await session.act({ kind: "mark", text: "before" });
  session.advance(1);
  const path = join(scratch(), "x.cast");
  outputs.record(path);
  expect(store.getState().recordingTo).toBe(path);
  // More than a snapshot remembers.
  const texts = Array.from({ length: 70 }, (_, index) => `mark ${index}`);
  for (const text of texts) {
    session.advance(0.5);
    await session.act({ kind: "mark", text });
    session.advance(0.5);
  }
  outputs.toggleRecording("");
  expect(store.getState().recordingTo).toBeNull();
  const marks = parseCast(readFileSync(path, "utf8"), path).events.filter(({ code }) => code === "m");
  expect(marks.map(({ data }) => data).filter((data) => data !== KEYFRAME)).toEqual(texts);
  end();
});

it.each([
  ["svg", /^<svg /],
  ["text", /^\n/],
] as const)("writes a picture as %s", async (format, beginning) => {
  const { outputs, end, said } = setUp();
  const path = join(scratch(), "deep", `x.${format}`);
  outputs.screenshot(format, path);
  await until(() => said() !== null);
  expect(said()).toEqual({ text: `the screen is in ${path}`, tone: "done" });
  expect(readFileSync(path, "utf8")).toMatch(beginning);
  end();
});

it("writes a report with its charts beside it", async () => {
  const { outputs, end, said } = setUp();
  const path = join(scratch(), "run.md");
  outputs.report(path);
  await until(() => said() !== null);
  const text = readFileSync(path, "utf8");
  const charts = [...text.matchAll(/\]\(([^)]*\.svg)\)/g)].map((match) => match[1]!);
  expect(charts.length).toBeGreaterThan(2);
  for (const chart of charts) expect(existsSync(join(path, "..", chart))).toBe(true);
  end();
});

it("says what cannot be written, and that there is nothing to draw", async () => {
  const { outputs, end, said } = setUp();
  outputs.record("/dev/null/x.cast");
  expect(said()).toMatchObject({ tone: "refused", text: expect.stringContaining("cannot be written") });
  end();
  const spoken = setUp(false);
  spoken.outputs.screenshot("svg", "x.svg");
  await until(() => spoken.said() !== null);
  expect(spoken.said()).toEqual({ tone: "refused", text: "there is no screen to keep: the console speaks" });
  spoken.end();
});

it("draws and says nothing once it is over", async () => {
  const { outputs, end, said } = setUp();
  const path = join(scratch(), "late.svg");
  outputs.screenshot("svg", path);
  end();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([existsSync(path), said()]).toEqual([false, null]);
});
