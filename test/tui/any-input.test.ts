/** Whatever is pressed, pasted, clicked and resized: the screen stays whole, and every dialog can be left. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { runConsole } from "../../src/tui/console.ts";
import { FakeSession } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

type Step = (stage: { readonly terminal: FakeTerminal; readonly session: FakeSession }) => void;

/** Anything that a keyboard sends but what quits. */
const keys = fc.oneof(
  fc.constantFrom(..."jk[]-+<>pa xnrotvbCPGmzZ?:/ \t\reEfwWMT123456780hlgKJVs(),.;S".split("")),
  fc.constantFrom("\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"),
  fc.constantFrom("\x1b[Z", "\x1b1", "\x1b2", "\x1b3", "\x1b4", "\x1b5", "\x1b[1;2D", "\x7f", "\x17", "\x12"),
  fc
    .string({ unit: "grapheme", maxLength: 4 })
    .filter((text) => !text.includes("q") && !text.includes("\x03")),
);

const mouse = fc
  .record({
    button: fc.constantFrom(0, 0, 32, 32, 2, 64, 65, 68),
    x: fc.integer({ min: 1, max: 130 }),
    y: fc.integer({ min: 1, max: 45 }),
    released: fc.boolean(),
  })
  .map(({ button, x, y, released }) => `\x1b[<${button};${x};${y}${released ? "m" : "M"}`);

const paste = fc.string({ unit: "binary", maxLength: 12 }).map((text) => `\x1b[200~${text}\x1b[201~`);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.oneof(keys, keys, mouse, paste).map(
      (text): Step =>
        ({ terminal }) =>
          terminal.press(text),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 2000 }).map(
      (ms): Step =>
        ({ session }) =>
          session.advance(ms / 1000),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ columns: fc.integer({ min: 20, max: 130 }), rows: fc.integer({ min: 4, max: 45 }) })
      .map(
        ({ columns, rows }): Step =>
          ({ terminal }) =>
            terminal.resize(columns, rows),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(14).map(
      (count): Step =>
        ({ session }) =>
          session.populate(count),
    ),
  },
);

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

async function leaves(sequence: readonly Step[]): Promise<void> {
  const session = new FakeSession();
  const terminal = new FakeTerminal(100, 30);
  let over = false;
  const quitted = runConsole(session, terminal.options()).then(() => {
    over = true;
  });
  try {
    await terminal.until((text) => text.includes("tenants"), "the tenants");
    for (const step of sequence) {
      step({ terminal, session });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settle();
    // The palette takes any word for the action that it is most like, and one of them quits.
    if (over) return;
    terminal.resize(100, 30);
    for (let press = 0; press < 8; press++) {
      terminal.press("\x1b");
      await settle();
    }
    const text = await terminal.until((screen) => /\? help/.test(screen), "the main screen's hints");
    expect(text).not.toContain("failed: ");
    // The frame made of all that changed is the one that is drawn anew.
    const before = await terminal.text();
    const written = terminal.output.written.length;
    terminal.press("\x0c");
    await terminal.until(() => terminal.output.written.slice(written).includes("\x1b[2J"), "a clear");
    await settle();
    expect(await terminal.text()).toBe(before);
  } finally {
    terminal.press("\x03");
    await quitted;
  }
}

it("nothing that is pressed, pasted, clicked or resized breaks the screen or locks the operator in", async () => {
  await fc.assert(fc.asyncProperty(fc.array(steps, { maxLength: 40 }), leaves), { numRuns: 12 });
}, 120_000);
