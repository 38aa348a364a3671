import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { configPath, readConfig, writeOwnLayout } from "../../src/cli/config/file.ts";
import { configJsonSchema } from "../../src/cli/config/schema.ts";
import { checkTerminal, screenStart } from "../../src/cli/config/settings.ts";
import { exitCodeOf } from "../../src/cli/failure.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { type KeyOverrides, makeKeymap } from "../../src/tui/action-table.ts";
import type { LayoutTree } from "../../src/tui/layout-tree.ts";
import { PANE_NAMES } from "../../src/tui/panes/names.ts";
import { scratch } from "../engine/fixtures.ts";

function fileWith(text: string): string {
  const path = join(scratch(), "config.yaml");
  writeFileSync(path, text);
  return path;
}

const complaintOf = (text: string): string => {
  const path = fileWith(text);
  try {
    readConfig(path);
  } catch (error) {
    return (error as Error).message.replace(path, "config.yaml");
  }
  return "";
};

describe("the configuration", () => {
  it("lies where XDG says", () => {
    expect(configPath({ XDG_CONFIG_HOME: "/etc/me" })).toBe("/etc/me/missile-console/config.yaml");
    expect(configPath({ XDG_CONFIG_HOME: "relative" })).toMatch(
      /^\/.*\/\.config\/missile-console\/config.yaml$/,
    );
  });

  it("has its defaults where there is no file, and where it says nothing", () => {
    const none = readConfig(join(scratch(), "none.yaml"));
    expect(none).toMatchObject({
      theme: "auto",
      mouse: false,
      layout: "overview",
      ownLayout: null,
      keys: {},
    });
    for (const text of ["{}", "", "# nothing yet\n"]) expect(readConfig(fileWith(text))).toEqual(none);
  });

  it("may say what docs/configuration.md shows", () => {
    const page = readFileSync(join(packageRoot, "docs", "configuration.md"), "utf8");
    const example = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
    const config = readConfig(fileWith(example));
    expect(config.keys).toEqual({ zoom: ["e", "ctrl+z"], mouse: [] });
    expect(config.defaults).toEqual({ mix: "all-twelve", policy: "missiletemporal", speed: 0.5 });
    expect(() => makeKeymap(config.keys as KeyOverrides)).not.toThrow();
  });

  it("says keys as one, as several or as none", () => {
    const { keys } = readConfig(
      fileWith("keys:\n  zoom: ctrl+z\n  freeze: [f, shift+f5]\n  mouse: none\n  theme: []\n  pane-gpu: 9\n"),
    );
    expect(keys).toEqual({
      zoom: ["ctrl+z"],
      freeze: ["f", "shift+f5"],
      mouse: [],
      theme: [],
      "pane-gpu": ["9"],
    });
  });

  it.each([
    ["theme: blue", /^config.yaml:1:8: theme: must be dark or light or auto, not "blue"$/],
    [
      "mouse: false\nlayuot: own",
      /^config.yaml:2:1: unknown key "layuot"; did you mean "layout"\? \(all: theme, ascii, /,
    ],
    ["keys:\n  zomo: e", /^config.yaml:2:3: keys: unknown key "zomo"; did you mean "zoom"\?$/],
    ["keys:\n  zoom: [e, control-e]", /^config.yaml:2:\d+: keys\.zoom.*/],
    ["ownLayout:\n  down: [tenants, nonsense]", /^config.yaml:2:\d+: ownLayout.* must be a pane/],
    ["historyMinutes: 90", /^config.yaml:1:17: historyMinutes: must be at most 30, not 90$/],
    ["defaults:\n  policy: misile", /^config.yaml:2:11: defaults.policy: unknown policy "misile"/],
    ["a: [", /^config.yaml:1:\d+: /],
  ])("%j is answered with the place and what to do", (text, complaint) => {
    expect(complaintOf(text)).toMatch(complaint);
    expect(complaintOf(text).split("\n")).toHaveLength(1);
  });

  it("has its schema published in docs/config.schema.json", async () => {
    const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/config.schema.json");
  });
});

describe("a terminal", () => {
  const config = readConfig(join(scratch(), "none.yaml"));

  it.each([
    [{}, false],
    [{ LANG: "en_US.UTF-8" }, false],
    [{ LANG: "C" }, true],
    [{ LANG: "C", LC_ALL: "C.utf8" }, false],
    [{ LANG: "C.UTF-8", LC_CTYPE: "de_DE.ISO-8859-1" }, true],
  ])("of the locale %j gets ASCII: %s", (env, ascii) => {
    expect(screenStart({}, config, env).ascii).toBe(ascii);
    expect(screenStart({ ascii: !ascii }, config, env).ascii).toBe(!ascii);
  });

  it("that cannot be drawn on is refused, unless in words", () => {
    expect(() => checkTerminal({}, { TERM: "dumb" })).toThrow(/TERM=dumb: .* --screen-reader/);
    expect(() => checkTerminal({ screenReader: true }, { TERM: "dumb" })).not.toThrow();
    expect(() => checkTerminal({}, { TERM: "xterm" })).not.toThrow();
  });
});

describe("a file that the system refuses", () => {
  it("is told in one line, with the exit code of what the operator can mend", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const file = join(scratch(), "no", "such");
    try {
      writeFileSync(file, "");
    } catch (cause) {
      expect(exitCodeOf(cause)).toBe(2);
    }
    expect(write.mock.calls.join()).toBe(`missile-console: ${file}: ENOENT: no such file or directory\n`);
    write.mockRestore();
  });
});

describe("one's own layout", () => {
  const trees: fc.Arbitrary<LayoutTree> = fc.letrec<{ tree: LayoutTree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<LayoutTree>(...PANE_NAMES),
      fc.record({ pane: fc.constantFrom(...PANE_NAMES), grow: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ across: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ down: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }), grow: fc.constant(2) }),
    ),
  })).tree;

  it("comes back from the file as it was saved", () => {
    const path = join(scratch(), "deep", "config.yaml");
    fc.assert(
      fc.property(trees, (tree) => {
        writeOwnLayout(path, tree);
        expect(readConfig(path).ownLayout).toEqual(tree);
      }),
      { numRuns: 40 },
    );
    expect(readdirSync(dirname(path))).toEqual(["config.yaml"]);
  });

  it("leaves comments, order and everything else in the file", () => {
    const text =
      "# mine\nmouse: true # always\n\nownLayout: tenants\nkeys:\n  # as in vim\n  zoom: [ z,  ctrl+z ]\n";
    const path = fileWith(text);
    writeOwnLayout(path, { down: ["tenants", "sms"] });
    const written = readFileSync(path, "utf8");
    for (const kept of ["# mine\n", "mouse: true # always\n", "  # as in vim\n"])
      expect(written).toContain(kept);
    expect(written.indexOf("ownLayout")).toBeLessThan(written.indexOf("keys:"));
    expect(readConfig(path)).toMatchObject({ mouse: true, ownLayout: { down: ["tenants", "sms"] } });
  });

  it("is not written over a file that is broken, nor where nothing can be", () => {
    const broken = fileWith("a: [");
    expect(() => writeOwnLayout(broken, "tenants")).toThrow(/the layout was not saved/);
    expect(readFileSync(broken, "utf8")).toBe("a: [");
    const folder = join(scratch(), "config.yaml");
    mkdirSync(folder);
    expect(() => writeOwnLayout(folder, "tenants")).toThrow(/the layout was not saved/);
  });
});
