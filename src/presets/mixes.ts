/** Mixes by name, from presets/mixes, or from files of the operator's own. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { MissileError } from "../core/error.ts";
import type { MixConfig } from "./mix.ts";
import { mixSchema } from "./mix-schema.ts";
import { suggestion } from "./nearest.ts";
import { presetPath } from "./paths.ts";
import { readTextFile } from "./text-file.ts";
import { readYamlText } from "./yaml-file.ts";

const EXTENSION = ".yaml";

/** The names of the mixes in presets/mixes, in alphabetical order. */
export function mixNames(): string[] {
  return readdirSync(presetPath("mixes"))
    .filter((file) => extname(file) === EXTENSION)
    .map((file) => basename(file, EXTENSION))
    .sort();
}

/** The file of the mix of that name, or that file. Throws MissileError "mixNotFound". */
export function mixPath(nameOrPath: string): string {
  const preset = presetPath("mixes", `${nameOrPath}${EXTENSION}`);
  if (mixNames().includes(nameOrPath)) return preset;
  if (existsSync(nameOrPath)) return resolve(nameOrPath);
  const message = `no mix and no file is called "${nameOrPath}"${suggestion(nameOrPath, mixNames())}`;
  throw new MissileError(message, "mixNotFound");
}

/**
 * The mix of that name, or that file's; a preset's name goes first. Throws MissileError: "mixNotFound", or
 * "yamlSyntax" and "yamlSchema" with file, line and column.
 */
export function loadMix(nameOrPath: string): MixConfig {
  const path = mixPath(nameOrPath);
  return mixOfText(readTextFile(path), path);
}

/** The mix that the text says as the file at `path`. Throws MissileError: "yamlSyntax", "yamlSchema". */
export function mixOfText(text: string, path: string): MixConfig {
  return { name: basename(path, extname(path)), ...readYamlText(text, path, mixSchema(dirname(path))) };
}

/** What a preset mix shows, in a few words: the first clause of the comment at its head. */
export function mixTitle(name: string): string {
  const lines = readFileSync(mixPath(name), "utf8").split("\n");
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("#")),
  );
  const text = comment.map((line) => line.replace(/^#\s*/, "")).join(" ");
  return text.split(/[:.]/)[0]!.trim();
}
