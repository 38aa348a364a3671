import fc from "fast-check";
import { Box } from "ink";
import { render } from "ink-testing-library";
import { describe, expect, it } from "vitest";
import { controlActions } from "../../src/actions/index.ts";
import { actions } from "../../src/tui/action-table.ts";
import { type BoxDialog, type Dialog, type DialogContext, NO_OUTLOOK } from "../../src/tui/dialogs/dialog.ts";
import { DialogBox } from "../../src/tui/dialogs/dialog-box.tsx";
import { makeFilter } from "../../src/tui/dialogs/filter.ts";
import { makeHelp } from "../../src/tui/dialogs/help-dialog.ts";
import { dialogKeys } from "../../src/tui/dialogs/keys.ts";
import { makePalette } from "../../src/tui/dialogs/palette.ts";
import { paste, press } from "../../src/tui/dialogs/press.ts";
import { dialogRoom } from "../../src/tui/dialogs/room.ts";
import { textWidth } from "../../src/tui/screen/width.ts";
import { contextFor, dialogFor, opened, requested, textOf, type, widest } from "./dialog-stage.ts";

const SIZES = [
  { columns: 60, rows: 16 },
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const STYLES = /\x1b\[[0-9;]*m/g;

function screenOf(dialog: BoxDialog, context: DialogContext): string[] {
  const { columns, rows } = context.size;
  const { lastFrame, unmount } = render(
    <Box width={columns} height={rows}>
      <DialogBox dialog={dialog} context={context} />
    </Box>,
  );
  const frame = (lastFrame() ?? "").replace(STYLES, "");
  unmount();
  return frame.split("\n").filter((line) => line.trim() !== "");
}

/** One of each kind. */
const everyDialog = (context: DialogContext): BoxDialog[] => [
  ...controlActions.flatMap(({ id }) => dialogFor(id, context) ?? []),
  makePalette(["policy orion", "nice 3"], context),
  makeHelp(),
  {
    kind: "confirm",
    title: "reset",
    warnings: ["all is lost"],
    request: { action: "x", tenants: null, values: {} },
  },
];

const keys = fc.oneof(
  fc.constantFrom(...new Set(dialogKeys.flatMap((row) => row.keys))),
  fc.constantFrom(
    "space",
    "backspace",
    "delete",
    "left",
    "right",
    "home",
    "end",
    "ctrl+w",
    "ctrl+u",
    "ctrl+k",
    "f5",
  ),
  fc.constantFrom("a", "n", "7", "0", ".", "/", '"', "é", "検", "👩‍🚀", "\u0301"),
);

describe("a list whose options say more than a line", () => {
  const details = [
    "by weight, and LS first as long as it gives back all that it has taken from the others in that way",
    "as they come",
  ];
  const asked = (index: number): BoxDialog => ({
    kind: "choice",
    title: "choose",
    options: details.map((detail, at) => ({ value: `option-${at}`, detail })),
    others: false,
    current: null,
    index,
    filter: { text: "", cursor: 0 },
    typing: false,
    request: { action: "x", tenants: null, values: {} },
    argument: "x",
    outlook: NO_OUTLOOK,
  });

  it("has the marked one's whole below it, and stays as high for the others", () => {
    const context = contextFor({ columns: 80, rows: 24 });
    const first = screenOf(asked(0), context);
    expect(first.some((row) => row.includes("…"))).toBe(true);
    expect(first.join(" ")).toContain("in that way");
    const second = screenOf(asked(1), context);
    expect(second.join(" ")).not.toContain("in that way");
    expect(second).toHaveLength(first.length);
  });

  it("keeps its rows where there is no room for that", () => {
    const context = contextFor({ columns: 60, rows: 9 });
    expect(screenOf(asked(0), context).join(" ")).toContain("option-1");
    expect(screenOf(asked(0), context).join(" ")).not.toContain("in that way");
  });
});

describe("any dialog", () => {
  it("can be left after whatever was pressed and pasted, and stays inside its screen", () => {
    const steps = fc.array(
      fc.oneof(
        keys.map((key) => ({ key })),
        fc.string().map((text) => ({ text })),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...SIZES), steps, (nth, size, list) => {
        const context = contextFor(size);
        const dialogs = [...everyDialog(context), makeFilter("tenants", "be")];
        let dialog: Dialog | null = dialogs[nth % dialogs.length]!;
        for (const step of list) {
          if (dialog === null) break;
          if ("text" in step) dialog = paste(dialog, step.text, context);
          else {
            const outcome = press(dialog, step.key, context);
            dialog = outcome.kind === "open" ? outcome.dialog : null;
          }
          if (dialog === null) break;
          expect(textOf(dialog, context).length).toBeLessThanOrEqual(dialogRoom(size) + 1);
        }
        if (dialog === null) return;
        // A filter ends first, then the dialog.
        const left = type(dialog, ["escape", "escape"], context);
        expect(left.kind).toBe("closed");
      }),
      { numRuns: 300 },
    );
  });

  it.each(SIZES)("is a box of straight sides at $columns x $rows", (size) => {
    const context = contextFor(size);
    for (const dialog of everyDialog(context)) {
      const lines = screenOf(dialog, context);
      const widths = lines.map((line) => textWidth(line.trimEnd()));
      expect(new Set(widths).size, lines.join("\n")).toBe(1);
      expect(widths[0]).toBeLessThanOrEqual(size.columns);
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      expect(lines[0]!.trim()).toMatch(/^╭─ .*╮$/);
      expect(lines.at(-1)!.trim()).toMatch(/^╰─+╯$/);
    }
  });
});

describe("every dialog", () => {
  it.each(SIZES)("at $columns x $rows is as it was", async (size) => {
    const context = contextFor(size);
    // Of those that list the whole table a part, so that a new action is no new screen.
    const narrowed = (dialog: BoxDialog): BoxDialog =>
      dialog.kind === "help" || dialog.kind === "palette"
        ? opened(type(dialog, dialog.kind === "help" ? ["/", ..."nice"] : [..."nice"], context))
        : dialog;
    const screens = everyDialog(context).map((dialog) => screenOf(narrowed(dialog), context).join("\n"));
    const name = `__screens__/dialogs-${size.columns}x${size.rows}.txt`;
    await expect(`${screens.join("\n\n")}\n`).toMatchFileSnapshot(name);
  });
});

describe("a list", () => {
  const context = contextFor();
  const policies = dialogFor("policy", context)!;

  it("marks what is now, and says what the marked one does", () => {
    expect(textOf(policies, context)[0]).toContain("▸ missiletemporal  now");
    const other = opened(type(policies, ["j"], context));
    expect(textOf(other, context).join("\n")).toContain("! launches of all 6 tenants stop");
  });

  it("finds by a few letters, and takes what is found", () => {
    const found = opened(type(policies, ["/", "m", "p", "s"], context));
    expect(textOf(found, context).slice(0, 2)).toEqual([
      expect.stringContaining("/ mps"),
      expect.stringContaining("▸ mpsplus"),
    ]);
    expect(requested(type(found, ["enter"], context))).toMatchObject({
      action: "policy",
      values: { policy: "mpsplus" },
      warned: true,
    });
  });

  it("takes nothing where nothing is found", () => {
    const none = opened(type(policies, ["/", "q", "q", "q"], context));
    expect(textOf(none, context).join("\n")).toContain("nothing like that");
    expect(type(none, ["enter"], context).kind).toBe("open");
  });

  it("of mixes takes a file's name as typed", () => {
    const mixes = dialogFor("open-mix", context)!;
    const typed = opened(type(mixes, ["/", ..."my/own.yaml"], context));
    expect(requested(type(typed, ["enter"], context)).values).toEqual({ mix: "my/own.yaml" });
  });

  it("scrolls where it is longer than the screen, and says where it is", () => {
    const small = contextFor({ columns: 80, rows: 10 });
    const lines = screenOf(opened(type(policies, ["G"], small)), small);
    expect(lines[0]).toMatch(/ \d–5 of 5 /);
    expect(lines.join("\n")).toContain("▸ streams");
  });
});

describe("a prompt", () => {
  const context = contextFor();

  it("steps nice by its ladder and other numbers by their steps", () => {
    const nice = dialogFor("nice", context)!;
    expect(textOf(opened(type(nice, ["up"], context)), context)[0]).toContain("nice  250000");
    const period = dialogFor("cfs-period", context)!;
    expect(textOf(opened(type(period, ["-"], context)), context)[0]).toContain("cfsPeriod  256");
    const channels = dialogFor("be-channel-share", context)!;
    expect(textOf(opened(type(channels, ["up"], context)), context)[0]).toContain("34.3");
  });

  it("shows everybody's share before and after while it is typed", () => {
    const nice = opened(type(dialogFor("nice", context)!, ["ctrl+u", ..."800000"], context));
    const text = textOf(nice, context).join("\n");
    expect(text).toMatch(/camera +28\.6 % → 61\.5 %/);
    expect(text).toMatch(/bert-be +14\.3 % → {2}7\.7 %/);
  });

  it("says what is wrong and stays open until it is right", () => {
    const limit = opened(type(dialogFor("sm-limit", context)!, ["ctrl+u", "0"], context));
    expect(textOf(limit, context).join("\n")).toContain('✗ smLimit: "0" is not 1 to 100 %');
    expect(type(limit, ["enter"], context).kind).toBe("open");
    expect(requested(type(limit, ["backspace", "5", "enter"], context)).values).toEqual({ smLimit: 5 });
  });

  it("moves its slider with the number", () => {
    const at = (keys: readonly string[]): number =>
      textOf(opened(type(dialogFor("cfs-period", context)!, keys, context)), context)[1]!.indexOf("●");
    expect(at(["ctrl+u", "1"])).toBe(1);
    expect(at(["up"])).toBeGreaterThan(at([]));
    expect(at(["ctrl+u", ..."1048576"])).toBe(widest(dialogFor("cfs-period", context)!, context) - 2);
  });
});

describe("a form", () => {
  const context = contextFor();
  const form = dialogFor("add", context)!;

  it("goes through its fields, cycles choices and finds them by letter", () => {
    const keys = ["r", "r", "tab", "right", "down", ..."検出", "down", "ctrl+u", "8"];
    const lines = textOf(opened(type(form, keys, context)), context).join("\n");
    expect(lines).toMatch(/model +resnet152/);
    expect(lines).toMatch(/class +BE/);
    expect(lines).toMatch(/name +検出/);
    expect(lines).toMatch(/▸ batch +8/);
  });

  it("asks for everything that was said", () => {
    const request = requested(type(form, ["tab", "tab", ..."eye", "enter"], context));
    expect(request).toMatchObject({
      action: "add",
      values: { name: "eye", class: "LS", batch: 1, slo: null, vram: null },
    });
  });

  it("goes to the field that is wrong", () => {
    const wrong = opened(type(form, ["up", "ctrl+u", "x", "tab", "enter"], context));
    expect(textOf(wrong, context).join("\n")).toMatch(/▸ VRAM +x/);
    expect(textOf(wrong, context).join("\n")).toContain('✗ VRAM: "x" is not');
  });
});

describe("the palette", () => {
  const context = contextFor();
  const palette = makePalette(["policy orion", "nice 3"], context);
  const line = (keys: readonly string[]) => type(palette, keys, context);

  it("finds actions by a few letters of their name or title", () => {
    const first = (text: string): string => textOf(opened(line([...text])), context)[1]!;
    expect(first("cpd")).toContain("cfs-period-double");
    expect(first("duplic")).toContain("duplicate");
    expect(first("ceiling")).toContain("sm-limit");
  });

  it("takes a line with its arguments, and asks for those that are missing", () => {
    expect(requested(line([..."policy", "space", ..."orion", "enter"]))).toEqual({
      action: "policy",
      tenants: null,
      values: { policy: "orion" },
    });
    expect(requested(line([..."polic", "enter"]))).toEqual({ action: "policy", tenants: null, values: {} });
    const named = [..."load", "space", ..."bert-be", "space", ..."closed", "space", ..."x4", "enter"];
    expect(requested(line(named))).toMatchObject({
      tenants: ["bert-be"],
      values: { load: { kind: "closed", inFlight: 4, thinkMs: 0 } },
    });
  });

  it("takes the beginning of a name for the name, also before arguments", () => {
    const keys = [..."pol", "space", ..."ori"];
    expect(textOf(opened(line([...keys, "tab"])), context)[0]).toContain(": policy orion");
    expect(requested(line([...keys, "enter"]))).toMatchObject({
      action: "policy",
      values: { policy: "orion" },
    });
  });

  it("completes tenants, policies and numbers", () => {
    const completed = (keys: readonly string[]): string =>
      textOf(opened(line([...keys, "tab"])), context)[0]!;
    expect(completed([..."rem"])).toContain(": remove ");
    expect(completed([..."remove", "space", ..."lan"])).toContain("remove lane-keeping ");
    expect(completed([..."policy", "space", ..."str"])).toContain("policy streams");
    expect(completed([..."cfs-period", "space", ..."65"])).toContain("cfs-period 65536");
  });

  it("goes back through what it was given before", () => {
    expect(textOf(opened(line(["up"])), context)[0]).toContain(": nice 3");
    expect(textOf(opened(line(["up", "up"])), context)[0]).toContain(": policy orion");
    expect(textOf(opened(line(["up", "up", "down", "down"])), context)[0]!.trim()).toBe(":");
  });

  it("says what a line has wrong", () => {
    const said = (text: string): string =>
      textOf(opened(line([...[...text].map((key) => (key === " " ? "space" : key)), "enter"])), context).join(
        "\n",
      );
    expect(said("nice camera lots")).toContain('✗ nice: "lots" is not a whole number');
    expect(said("vram camra 512 MiB")).toContain('✗ there is no tenant "camra"; did you mean "camera"?');
    expect(said("nice-up liadr")).toContain('✗ there is no tenant "liadr"; did you mean "lidar"?');
    expect(said("zzzz")).toContain('✗ there is no action "zzzz"');
    expect(said("pause now")).toContain('✗ pause takes no "now"');
  });
});

describe("the help", () => {
  it("is all that the table says, by groups, with the keys in force", () => {
    const context = contextFor({ columns: 200, rows: 500 });
    const text = textOf(makeHelp(), context).join("\n");
    for (const { title, id } of actions) {
      expect(text).toContain(title);
      expect(text).toContain(id);
    }
    expect(text).toMatch(/\+ = +double cfsPeriod +cfs-period-double/);
  });

  it("hides what acts in a read-only console", () => {
    const context = { ...contextFor({ columns: 200, rows: 500 }), readOnly: true };
    const text = textOf(makeHelp(), context).join("\n");
    expect(text).not.toContain("remove the tenant");
    expect(text).not.toContain("undo the last act");
    expect(text).toContain("show this help");
  });
});
