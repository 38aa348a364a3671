/** What the keys do to the run, from the terminal's bytes to the session's acts. */
import { afterEach, describe, expect, it } from "vitest";
import { runConsole } from "../../src/tui/console.ts";
import { FakeSession } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

interface Stage {
  readonly session: FakeSession;
  readonly terminal: FakeTerminal;
  readonly quitted: Promise<void>;
}

let stage: Stage | null = null;

async function open(prepare?: (session: FakeSession) => void, columns = 80, rows = 24): Promise<Stage> {
  const session = new FakeSession();
  prepare?.(session);
  const terminal = new FakeTerminal(columns, rows);
  stage = { session, terminal, quitted: runConsole(session, terminal.options()) };
  await terminal.until((text) => text.includes("help"), "anything");
  return stage;
}

afterEach(async () => {
  if (stage === null) return;
  stage.terminal.press("\x03");
  await stage.quitted;
  stage = null;
});

const UP = "\x1b[A";
const DOWN = "\x1b[B";

describe("the operator", () => {
  it("chooses a policy from the list, with what it does in sight", async () => {
    const { terminal, session } = await open();
    terminal.press("P");
    await terminal.until((text) => text.includes("▸ missiletemporal  now"), "the list");
    terminal.press("jj");
    await terminal.until((text) => text.includes("! launches of all 6 tenants stop"), "what it does");
    terminal.press("\r");
    await terminal.until((text) => text.includes("policy: missiletemporal → mpsplus"), "the notice");
    expect(session.acts).toEqual([{ kind: "choosePolicy", policy: "mpsplus" }]);
  });

  it("changes nice from what was last asked for, however fast keys come", async () => {
    const { terminal, session } = await open();
    terminal.press("j]]]");
    await terminal.until((text) => text.includes("nice of lidar: 160,000 → 200,000"), "the notice");
    const nices = session.acts.map((act) =>
      act.kind === "changeTenant" ? [act.tenant, act.change.nice] : [],
    );
    expect(nices).toEqual([
      [1, 125_000],
      [1, 160_000],
      [1, 200_000],
    ]);
    terminal.press("[[[");
    await terminal.until((text) => text.includes("125,000 → 100,000"), "nice as it was");
  });

  it("sees everybody's shares before and after, and sets nice to a number", async () => {
    const { terminal, session } = await open();
    terminal.press("n");
    await terminal.until((text) => /camera\s+28\.6 %\s+28\.6 %/.test(text), "the shares as they are");
    terminal.press("\x15700k");
    await terminal.until((text) => /camera\s+28\.6 % → 58\.3 %/.test(text), "the shares to come");
    terminal.press("\r");
    await terminal.until((text) => text.includes("nice of camera: 200,000 → 700,000"), "the notice");
    expect(session.acts).toEqual([{ kind: "changeTenant", tenant: 0, change: { nice: 700_000 } }]);
  });

  it("halves and doubles cfsPeriod within its bounds", async () => {
    const { terminal, session } = await open();
    terminal.press("+".repeat(12));
    await terminal.until((text) => text.includes("cfsPeriod is at 1,048,576, as far"), "the upper bound");
    terminal.press("-".repeat(21));
    await terminal.until((text) => text.includes("cfsPeriod is at 1, as far as it goes"), "the lower bound");
    const values = session.acts.map((act) => (act.kind === "setTunable" ? act.value : 0));
    expect(Math.max(...values)).toBe(1_048_576);
    expect(Math.min(...values)).toBe(1);
  });

  it("adds a tenant with the form", async () => {
    const { terminal, session } = await open();
    terminal.press("a");
    await terminal.until((text) => text.includes("▸ model"), "the form");
    terminal.press(`s${DOWN} ${DOWN}検出器${DOWN}\x154${DOWN} ${DOWN}\x15closed x2\r`);
    await terminal.until((text) => text.includes("added 検出器 (BE, squeezenet1.1 x4 in fp16"), "the notice");
    const [act] = session.acts;
    expect(act).toMatchObject({
      kind: "addTenant",
      config: {
        name: "検出器",
        class: "BE",
        model: "squeezenet1.1",
        batch: 4,
        precision: "fp16",
        load: { kind: "closed", inFlight: 2 },
      },
    });
  });

  it("is told in the form what is wrong, and taken to it", async () => {
    const { terminal, session } = await open();
    terminal.press(`a${UP}\x15lots\r`);
    await terminal.until((text) => text.includes('✗ VRAM: "lots" is not'), "the complaint");
    expect(session.acts).toEqual([]);
  });

  it("duplicates a tenant and edits it; what starts it anew says so first", async () => {
    const { terminal, session } = await open();
    terminal.press("c");
    await terminal.until((text) => text.includes("duplicate camera"), "the form");
    terminal.press("\r");
    await terminal.until(
      (text) => text.includes("added resnet34 (LS, resnet34 x1, poisson 20/s)"),
      "the notice",
    );
    terminal.press("E");
    await terminal.until((text) => text.includes("edit camera"), "the form");
    terminal.press(`${DOWN}${DOWN}${DOWN}\x158`);
    await terminal.until((text) => text.includes("! camera starts anew"), "the warning");
    terminal.press("\r");
    await terminal.until((text) => text.includes("camera is camera now: LS, resnet34 x8"), "the notice");
    expect(session.acts.map(({ kind }) => kind)).toEqual(["addTenant", "removeTenant", "addTenant"]);
  });

  it("removes a tenant: drain, abort, or neither", async () => {
    const { terminal, session } = await open();
    terminal.press("x");
    await terminal.until((text) => text.includes("remove camera"), "the choice");
    terminal.press("\x1b");
    await terminal.until((text) => !text.includes("remove camera"), "no dialog");
    terminal.press("jxj\r");
    await terminal.until((text) => text.includes("lidar was removed"), "the notice");
    expect(session.acts).toEqual([{ kind: "removeTenant", tenant: 1, how: "abort" }]);
    // The choice moves on to a tenant that is there.
    await terminal.until((text) => text.includes("▸A camera"), "the first tenant chosen");
  });

  it("undoes and redoes; a removed tenant comes back with its configuration", async () => {
    const { terminal, session } = await open();
    const before = await session.mix();
    terminal.press("j]xj\r");
    await terminal.until((text) => text.includes("lidar was removed"), "the removal");
    terminal.press("z");
    await terminal.until((text) => text.includes("undone: lidar was removed"), "the tenant back");
    terminal.press("z");
    await terminal.until(
      (text) => text.includes("undone: nice of lidar: 100,000 → 125,000"),
      "nice as it was",
    );
    const after = await session.mix();
    expect(new Set(after.tenants)).toEqual(new Set(before.tenants));
    terminal.press("ZZ");
    await terminal.until((text) => text.includes("done again: lidar was removed"), "it gone again");
    expect((await session.mix()).tenants.map(({ name }) => name)).not.toContain("lidar");
    terminal.press("zzz");
    await terminal.until((text) => text.includes("nothing to undo"), "the end of the stack");
  });

  it("acts on all that are tagged at once, and undoes it at once", async () => {
    const { terminal, session } = await open();
    terminal.press("  n\x15300k\r");
    await terminal.until((text) => text.includes("nice of camera: 200,000 → 300,000"), "the notice");
    terminal.press("z");
    await terminal.until((text) => text.includes("undone"), "it undone");
    expect(
      session.acts.map((act) => (act.kind === "changeTenant" ? [act.tenant, act.change.nice] : [])),
    ).toEqual([
      [0, 300_000],
      [1, 300_000],
      [1, 100_000],
      [0, 200_000],
    ]);
  });

  it("acts on whom the screen shows, not on who has that id by now, and untags who has left", async () => {
    const { terminal, session } = await open();
    terminal.press(" f");
    await terminal.until((text) => text.includes("FROZEN"), "the frozen screen");
    session.advance(1);
    terminal.press(":remove lidar abort\ry");
    await terminal.until((text) => text.includes("lidar was removed"), "the removal");
    terminal.press("U]");
    await terminal.until((text) => text.includes("lidar has left"), "that it is nobody's");
    terminal.press("f   ");
    await terminal.until((text) => text.includes("3 tagged"), "the tags");
    await session.act({ kind: "removeTenant", tenant: 0, how: "abort" });
    await terminal.until((text) => text.includes("2 tagged"), "one tag less");
    expect(session.acts.some(({ kind }) => kind === "changeTenant")).toBe(false);
  });

  it("pauses, steps and changes the speed", async () => {
    const { terminal, session } = await open();
    terminal.press(".");
    await terminal.until((text) => text.includes("pause it first"), "the refusal");
    terminal.press("p");
    await terminal.until((text) => text.includes("PAUSED"), "the badge");
    terminal.press(".>");
    await terminal.until((text) => text.includes("speed: ×1 → ×2"), "the speed");
    expect(session.acts).toEqual([
      { kind: "setPaused", paused: true },
      { kind: "step" },
      { kind: "setSpeed", factor: 2 },
    ]);
  });

  it("changes a load: off and on, its rate, its kind", async () => {
    const { terminal, session } = await open();
    terminal.press("o");
    await terminal.until((text) => text.includes("load of camera: on → off"), "the load off");
    terminal.press("r\x1550\r");
    await terminal.until((text) => text.includes("load of camera: poisson 20/s → poisson 50/s"), "the rate");
    terminal.press(":load camera closed x3\r");
    await terminal.until((text) => text.includes("poisson 50/s → closed x3"), "the kind");
    expect(session.acts.at(-1)).toEqual({
      kind: "changeLoad",
      tenant: 0,
      load: { kind: "closed", inFlight: 3, thinkMs: 0 },
    });
  });

  it("gives a closed loop the rate that it came to, and says what that replaces", async () => {
    const { terminal, session } = await open();
    terminal.press("\x1b[F");
    terminal.press("r");
    const dialog = await terminal.until((text) => text.includes("change the rate"), "the dialog");
    expect(dialog).toMatch(/rate {2}4\.93 /);
    expect(dialog).toMatch(/load +closed x2 → poisson 4\.93\/s/);
    terminal.press("\r");
    await terminal.until(
      (text) => text.includes("load of resnet-be: closed x2 → poisson 4.93/s"),
      "the notice",
    );
    expect(session.acts).toHaveLength(1);
  });

  it("hears of keys that mean nothing, and of those that mean something elsewhere", async () => {
    const { terminal } = await open();
    terminal.press("Q");
    await terminal.until((text) => text.includes("✗ Q means nothing here: ? lists the keys"), "the refusal");
    terminal.press("\x1b[D");
    await terminal.until(
      (text) => text.includes("✗ ← goes through a frozen screen: freeze it first"),
      "where",
    );
  });

  it("reads a long notice on two lines, and the border again after it", async () => {
    const { terminal } = await open();
    terminal.press(`:mark ${"so it was ".repeat(9)}then\r`);
    const screen = await terminal.until((text) => text.includes("was then"), "the end of the notice");
    expect(screen.trimEnd().split("\n").slice(-2)).toEqual([
      expect.stringMatching(/^ ✓ .*so it/),
      expect.stringMatching(/^ {3}.*then$/),
    ]);
    terminal.press("n");
    const after = await terminal.until((text) => !text.includes("was then"), "the dialog");
    expect(after.trimEnd().split("\n").at(-2)).toMatch(/^╰─/);
  });

  it("sees steps in the footer where a value has some", async () => {
    const { terminal } = await open();
    terminal.press("n");
    await terminal.until((text) => text.includes("↑ ↓ step  enter apply"), "the steps");
    terminal.press("\x1b");
    await terminal.until((text) => text.includes("? help"), "no dialog");
    terminal.press("m");
    const asked = await terminal.until((text) => text.includes("mark this moment"), "the text");
    expect(asked).not.toContain("step");
  });

  it("opens another mix and another GPU once it has said what ends, and goes back", async () => {
    const { terminal, session } = await open();
    terminal.press(":gpu v100\r");
    await terminal.until((text) => text.includes("the simulation begins anew on v100"), "the question");
    terminal.press("y");
    await terminal.until((text) => text.includes("GPU: NVIDIA H200 → v100"), "the notice");
    terminal.press("\x0fj");
    await terminal.until((text) => text.includes("this run ends"), "the warning");
    terminal.press("\r");
    await terminal.until((text) => text.includes("opened two-tenants"), "the notice");
    terminal.press("z");
    await terminal.until((text) => text.includes("undone: opened two-tenants"), "the mix before");
    expect(session.reopened.map(({ gpu, tenants }) => [gpu, tenants.length])).toEqual([
      ["v100", 6],
      ["h200", 2],
      ["v100", 6],
    ]);
  });

  it("saves the mix and marks a moment", async () => {
    const { terminal, session } = await open();
    terminal.press("\x13\x15mine.yaml\r");
    await terminal.until((text) => text.includes("saved mine.yaml"), "the notice");
    expect(terminal.mixes.saved.map(([file, { tenants }]) => [file, tenants.length])).toEqual([
      ["mine.yaml", 6],
    ]);
    terminal.press("mbefore the storm\r");
    await terminal.until((text) => text.includes("marked: before the storm"), "the notice");
    expect(session.acts).toEqual([{ kind: "mark", text: "before the storm" }]);
  });

  it("is told before a file of another mix is replaced", async () => {
    const { terminal } = await open();
    terminal.press("\x13\x15taken.yaml");
    await terminal.until((text) => text.includes("taken.yaml is there already"), "the warning");
    expect(terminal.mixes.saved).toEqual([]);
    terminal.press("\r");
    await terminal.until((text) => text.includes("saved taken.yaml"), "the notice");
    expect(terminal.mixes.saved).toHaveLength(1);
  });

  it("is told why an act was refused", async () => {
    const { terminal } = await open((session) => session.populate(12));
    terminal.press("a\r");
    await terminal.until(
      (text) => text.includes("✗ no room for mobilenetv3-large: 12 tenants run"),
      "the refusal",
    );
  });

  it("pastes into fields, and nowhere else", async () => {
    const { terminal, session } = await open();
    terminal.press("\x1b[200~q]x\r\x1b[201~j");
    await terminal.until((text) => text.includes("▸B lidar"), "only the key after the paste");
    terminal.press("n\x15\x1b[200~ 123 \n\x1b[201~\r");
    await terminal.until((text) => text.includes("nice of lidar: 100,000 → 123"), "the number pasted");
    expect(session.acts).toHaveLength(1);
  });

  it("scrolls the help no further than its end, and filters it", async () => {
    const { terminal } = await open();
    terminal.press("?G");
    const last = await terminal.until((text) => text.includes("in the palette"), "the last section");
    terminal.press("jjj/undo");
    await terminal.until((text) => text.includes("undo the last act"), "the filtered lines");
    expect(last).toContain("do it");
  });
});

describe("the tenants' list", () => {
  const names = (text: string): string[] =>
    [...text.matchAll(/│[▸ ●]*[A-Za-z] ([a-z-]+) +(?:LS|BE) /g)].map(([, name]) => name!);

  it("is filtered while it is typed, keeps the filter or shows all again", async () => {
    const { terminal } = await open();
    terminal.press("/resnet-be");
    const typed = await terminal.until(
      (text) => /^ \/resnet-be .*enter keep {2}esc all$/m.test(text),
      "what is typed",
    );
    expect(names(typed)).toEqual(["resnet-be"]);
    terminal.press("\r");
    const kept = await terminal.until((text) => text.includes("? help"), "the footer");
    expect(names(kept)).toHaveLength(1);
    terminal.press("/\x1b");
    await terminal.until((text) => names(text).length === 6, "all of them");
  });

  it("is sorted by a column that is chosen, and the other way round", async () => {
    const { terminal } = await open();
    terminal.press("s/nice\r");
    const most = await terminal.until((text) => text.includes("by nice"), "the order");
    expect(names(most)[0]).toBe("camera");
    terminal.press("S");
    await terminal.until((text) => names(text).at(-1) === "camera", "the other order");
    terminal.press(":sort-none\r");
    await terminal.until((text) => !text.includes("by nice"), "the order of the run");
  });
});

describe("a read-only console", () => {
  it("hides and refuses all that acts on the run", async () => {
    const session = new FakeSession();
    const terminal = new FakeTerminal(80, 24);
    stage = {
      session,
      terminal,
      quitted: runConsole(session, { ...terminal.options(), start: { readOnly: true } }),
    };
    await terminal.until((text) => text.includes("help"), "anything");
    expect(await terminal.text()).not.toContain("a add");
    terminal.press("]");
    await terminal.until((text) => text.includes("read-only: nice-up would act on the run"), "the refusal");
    terminal.press("z");
    await terminal.until((text) => text.includes("read-only: undo"), "the refusal");
    terminal.press(":policy orion\r");
    await terminal.until((text) => text.includes('there is no action "policy"'), "the refusal");
    expect(session.acts).toEqual([]);
  });
});
