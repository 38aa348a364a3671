/** Each pane alone on the whole screen, as a terminal shows it: in colour, and in ASCII without any. */
import { afterEach, describe, expect, it } from "vitest";
import { runConsole } from "../../src/tui/console.ts";
import { numberOf, PANE_NAMES, type PaneName } from "../../src/tui/panes/names.ts";
import { FakeSession } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

const SIZES = [
  [80, 24],
  [120, 36],
  [200, 50],
] as const;

/** What must be done for a pane to have something to show. */
const BEFORE: Partial<Record<PaneName, { readonly keys: string; readonly shows: string }>> = {
  compare: { keys: ":compare orion mark 64 33\r", shows: "! worse" },
};

let leave: () => Promise<void> = async () => {};

afterEach(() => leave());

/** A minute of a run in which cfsPeriod was tuned and a moment marked, seen four times a second. */
async function play(session: FakeSession): Promise<void> {
  for (const packets of [64, 4096, 16_384, 512]) {
    await session.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: packets });
    for (let step = 0; step < 60; step++) session.advance(0.25);
    if (packets === 4096) await session.act({ kind: "mark", text: "long periods" });
  }
}

async function showAlone(
  pane: PaneName,
  columns: number,
  rows: number,
  ascii: boolean,
): Promise<FakeTerminal> {
  const session = new FakeSession();
  const terminal = new FakeTerminal(columns, rows);
  const env = ascii ? { TERM: "xterm", NO_COLOR: "1" } : { TERM: "xterm", COLORTERM: "truecolor" };
  const quitted = runConsole(session, { ...terminal.options(env), start: { ascii } });
  leave = async () => {
    terminal.press("\x03");
    await quitted;
  };
  await terminal.until((text) => text.includes("help"), "anything");
  await play(session);
  const opening = BEFORE[pane];
  if (opening !== undefined) {
    terminal.press(opening.keys);
    await terminal.until((text) => text.includes(opening.shows), pane);
  }
  terminal.press(`${numberOf(pane)}e`);
  // One box: only its first and its last row have a corner at the edge of the screen.
  const isAlone = (text: string): boolean =>
    text.includes("01:12.345") && text.split("\n").filter((row) => /^[╭├╰+]/.test(row)).length === 2;
  await terminal.until(isAlone, `${pane} alone`);
  return terminal;
}

describe.each(PANE_NAMES)("pane %s alone", (pane) => {
  it.each(SIZES)("at %ix%i is as it was, in colour", async (columns, rows) => {
    const terminal = await showAlone(pane, columns, rows, false);
    const screen = `${await terminal.text()}\n${await terminal.colours()}`;
    await expect(screen).toMatchFileSnapshot(`__screens__/pane-${pane}-${columns}x${rows}.txt`);
  });

  it.each(SIZES)("at %ix%i is as it was, in ASCII", async (columns, rows) => {
    const terminal = await showAlone(pane, columns, rows, true);
    const text = await terminal.text();
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    await expect(text).toMatchFileSnapshot(`__screens__/pane-${pane}-${columns}x${rows}-ascii.txt`);
  });
});
