/** config.yaml: where it lies, what it says, and the one thing that the console writes into it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { MissileError } from "../../core/error.ts";
import { reasonOf } from "../../presets/text-file.ts";
import { readYamlFile } from "../../presets/yaml-file.ts";
import type { LayoutTree } from "../../tui/layout-tree.ts";
import { type Config, configSchema } from "./schema.ts";

/** As the XDG base directory specification has it: a relative XDG_CONFIG_HOME counts for nothing. */
export function configPath(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_CONFIG_HOME ?? "";
  return join(home.startsWith("/") ? home : join(homedir(), ".config"), "missile-console", "config.yaml");
}

/** A file without a key, all comments perhaps, says nothing rather than something wrong. */
const mayBeEmpty = z.preprocess((content) => content ?? {}, configSchema);

/** What the file says, defaults filled in; all defaults where there is none. Throws MissileError with file, line and column. */
export const readConfig = (path: string): Config =>
  existsSync(path) ? readYamlFile(path, mayBeEmpty) : configSchema.parse({});

/** Puts one's own layout into the file and leaves all else in it, comments too, as it is. Throws MissileError. */
export function writeOwnLayout(path: string, tree: LayoutTree): void {
  try {
    const document = parseDocument(existsSync(path) ? readFileSync(path, "utf8") : "");
    if (document.errors[0] !== undefined) throw document.errors[0];
    const node = document.createNode(tree);
    document.set("ownLayout", node);
    mkdirSync(dirname(path), { recursive: true });
    // A console that is stopped half way leaves the old file or the new one.
    const fresh = `${path}.${process.pid}.new`;
    writeFileSync(fresh, document.toString());
    renameSync(fresh, path);
  } catch (cause) {
    throw new MissileError(`${path}: the layout was not saved (${reasonOf(cause)})`, "configNotWritten");
  }
}
