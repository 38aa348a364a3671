/** The console over the fake session, to look at and to run in a pseudo terminal. FIXTURE_FAULT=throw|reject|die ends it badly. */
import { makeKeymap } from "../../src/tui/action-table.ts";
import { runConsole } from "../../src/tui/console.ts";
import { networkOf, OFFERS } from "./fake-mix.ts";
import { FakeMixes } from "./fake-mixes.ts";
import { FakeSession } from "./fake-session.ts";

const session = new FakeSession();
session.start();
const faults: Readonly<Record<string, () => void>> = {
  throw: () => {
    throw new Error("a bug on purpose");
  },
  reject: () => void Promise.reject(new Error("a rejection on purpose")),
  die: () => session.die("the engine is gone"),
};
const fault = faults[process.env.FIXTURE_FAULT ?? ""];
if (fault !== undefined) setTimeout(fault, 700);
await runConsole(session, {
  input: process.stdin,
  output: process.stdout,
  env: process.env,
  offers: OFFERS,
  networkOf,
  mixes: new FakeMixes(),
  keymap: makeKeymap(),
});
await session.close();
