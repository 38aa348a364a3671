/** The rules of the house, checked: who may import whom, how long a file may be, which calls are banned. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Files may only get shorter: lower this when the longest one does. */
const LONGEST_FILE_LINES = 400;

/** Folder -> folders of src/ it may import from, itself aside. Types of anything below a layer's door are named here too. */
const imports: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ["core"],
  onnx: ["core", "models", "presets"],
  plan: ["core", "models"],
  presets: ["core", "models"],
  native: ["core"],
  channels: ["core", "native"],
  profiles: ["core", "native", "plan", "presets"],
  engine: ["core", "models", "plan", "presets", "native", "channels", "profiles"],
  actions: ["core", "engine", "presets"],
  export: ["core", "engine"],
  tui: ["core", "engine", "presets", "actions", "export"],
  metrics: ["core", "engine", "export", "rpc"],
  rpc: ["core", "engine", "presets", "actions", "export"],
  remote: ["core", "engine", "presets", "rpc"],
  clients: ["core", "presets", "rpc"],
  wallboard: ["core", "export", "rpc"],
  cli: [
    "core",
    "models",
    "onnx",
    "plan",
    "presets",
    "native",
    "channels",
    "profiles",
    "engine",
    "actions",
    "export",
    "tui",
    "metrics",
    "rpc",
    "remote",
  ],
};

/** Modules of engine that a screen and its actions may know: the session's door, not what is behind it. */
const engineDoor = "engine/session.ts";

function filesUnder(folder: string, extensions: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => extensions.test(name))
    .map((name) => join(folder, name));
}

/** Written anew by `npm run proto`. */
const generated = "src/rpc/generated/";

const sources = filesUnder("src", /\.tsx?$/).filter((file) => !file.startsWith(generated));
const native = filesUnder("cpp", /\.(cc|h|cu|cuh)$/);
const others = ["test", "bench", "scripts"].flatMap((folder) =>
  filesUnder(folder, /\.(tsx?|mjs|cc|h|cu|cuh)$/),
);
const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** Relative imports of a file, as paths from the root. */
function importsOf(file: string): string[] {
  const specifiers = [...read(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
    (match) => match[1]!,
  );
  return specifiers.map((specifier) => relative(root, resolve(root, dirname(file), specifier)));
}

describe("imports", () => {
  it.each(sources)("%s imports only what its folder may", (file) => {
    const folder = file.split("/")[1]!;
    for (const target of importsOf(file)) {
      if (!target.startsWith("src/")) continue;
      const from = target.split("/")[1]!;
      if (from === folder) continue;
      expect(imports[folder], `${file} imports ${target}`).toContain(from);
      if (["tui", "actions", "metrics", "rpc", "remote"].includes(folder) && from === "engine")
        expect(target).toBe(`src/${engineDoor}`);
    }
  });
});

/** What a file needs before its first line runs: its static imports and theirs; packages by their names. */
function neededBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, specifier] of read(file).matchAll(
    /^(?:import|export) (?!type )(?:[^"]*? from )?"([^"]+)"/gm,
  )) {
    if (specifier!.startsWith(".")) neededBy(relative(root, resolve(root, dirname(file), specifier!)), seen);
    else seen.add(specifier!);
  }
  return seen;
}

describe("the command line", () => {
  it("waits for commander alone before it knows the command", () => {
    const packages = [...neededBy("src/cli/main.ts")].filter((name) => !/^(src\/|node:)/.test(name));
    expect(packages).toEqual(["commander"]);
  });
});

describe("the core", () => {
  const core = sources.filter((file) => file.startsWith("src/core/"));

  it.each(core)("%s has no clock, no chance and no I/O of its own", (file) => {
    expect(read(file)).not.toMatch(
      /\bDate\b|Math\.random|\bset(Timeout|Interval|Immediate)\b|"node:|\bprocess\./,
    );
  });

  it.each(core)("%s calls no Math function whose result may differ between machines", (file) => {
    expect(read(file)).not.toMatch(/Math\.(log|exp|pow|sin|cos|tan)/);
  });
});

describe("files", () => {
  it.each([...sources, ...native, ...others])("%s is short enough to read", (file) => {
    expect(read(file).split("\n").length).toBeLessThanOrEqual(LONGEST_FILE_LINES);
  });

  it("of cpp/, the addon and its bindings alone know Node", () => {
    const knowing = native.filter((file) => /napi\.h|node_api|_binding\.h|guarded\.h/.test(read(file)));
    expect(knowing.filter((file) => !/^cpp\/(addon\.cc|guarded\.h|\w+_binding\.(cc|h))$/.test(file))).toEqual(
      [],
    );
  });

  it("the backends of the GPU know neither each other nor Node, networks' kernels neither of them", () => {
    for (const [folder, other] of [
      ["sim", "cuda"],
      ["cuda", "sim"],
      ["dnn", "(cuda|sim)"],
    ]) {
      for (const file of native.filter((name) => name.startsWith(`cpp/${folder}/`))) {
        expect(read(file), file).not.toMatch(new RegExp(`napi\\.h|node_api|"(\\.\\./)?${other}/`));
      }
    }
  });
});
