/**
 * Writes a mix as YAML. A file that the mix began as keeps its comments, its order and its spelling: only what differs is changed.
 *
 * What is written is read back before it replaces anything: a saved mix is the mix, or nothing was saved.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { MissileError } from "../core/error.ts";
import { locateTrace } from "./load.ts";
import type { MixConfig } from "./mix.ts";
import { mixText, type Original } from "./mix-document.ts";
import { mixOfText, mixPath } from "./mixes.ts";
import { readTextFile, reasonOf } from "./text-file.ts";

export interface SaveOptions {
  /**
   * Name or file of the mix that this one began as: its comments and its order are kept. Absent: those of the file that is replaced, if
   * there is one.
   */
  readonly from?: string | undefined;
}

/**
 * Saves the mix at `path` (".yaml" is added to a name without an extension) and returns the file's absolute path. It is there whole or not
 * at all. Throws MissileError: "notAMix" where a file is there that is no mix, "badMix" for a mix that no file can say, "mixNotFound" for
 * `from`, "mixNotWritable".
 */
export function saveMix(mix: MixConfig, path: string, { from }: SaveOptions = {}): string {
  const file = mixFile(path);
  const replaced = existsSync(file) ? replaceable(file) : null;
  const source = from === undefined ? null : mixPath(from);
  const original = source === null ? replaced : originalOf(source);
  const name = basename(file, extname(file));
  const located = { ...mix, name, tenants: mix.tenants.map(locatedTenant) };
  replaceFile(replaced === null ? file : realpathSync(file), textOf(located, original, file));
  return file;
}

/**
 * The mix as the text of a new file; a server's on which nobody is, too, although a file needs a tenant. Throws MissileError "badMix" for
 * any other that no file can say.
 */
export function mixYaml(mix: MixConfig): string {
  const file = resolve(`${mix.name}.yaml`);
  const located = { ...mix, tenants: mix.tenants.map(locatedTenant) };
  return mix.tenants.length === 0 ? mixText(located, null, dirname(file)) : textOf(located, null, file);
}

/** The file that saving at `path` writes: absolute, with an extension. */
export const mixFile = (path: string): string => withExtension(resolve(path));

const withExtension = (path: string): string => (extname(path) === "" ? `${path}.yaml` : path);

function originalOf(path: string): Original {
  const text = readTextFile(path);
  return { text, mix: mixOfText(text, path) };
}

function replaceable(file: string): Original {
  try {
    return originalOf(file);
  } catch (cause) {
    if (!(cause instanceof MissileError)) throw cause;
    throw new MissileError(
      `${cause.message}; it is no mix and is not replaced: choose another name`,
      "notAMix",
    );
  }
}

/** Traces by their paths, as they are when a mix has been read. */
function locatedTenant(tenant: MixConfig["tenants"][number]): MixConfig["tenants"][number] {
  const { load } = tenant;
  return load.kind === "trace"
    ? { ...tenant, load: { ...load, file: locateTrace(load, process.cwd()) } }
    : tenant;
}

/** What is to be written: the original word for word where that says the mix from there too. */
function textOf(mix: MixConfig, original: Original | null, file: string): string {
  if (original !== null && complaint(original.text, mix, file) === null) return original.text;
  const text = mixText(mix, original, dirname(file));
  const wrong = complaint(text, mix, file);
  if (wrong !== null) throw new MissileError(`the mix cannot be saved: ${wrong}`, "badMix");
  return text;
}

/** Why the text, read as `file`, is not the mix; null: it is. */
function complaint(text: string, mix: MixConfig, file: string): string | null {
  try {
    return plain(mixOfText(text, file)) === plain(mix) ? null : "it would be read as another one";
  } catch (cause) {
    if (cause instanceof MissileError) return cause.message;
    throw cause;
  }
}

/** One text for all objects that mean the same mix: keys that are absent are as good as undefined ones. */
const plain = (mix: MixConfig): string =>
  JSON.stringify(mix, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** Whoever reads the file sees the old text or the new one. */
function replaceFile(file: string, text: string): void {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.draft`);
  try {
    const handle = openSync(draft, "w");
    try {
      const bytes = Buffer.from(text);
      for (let from = 0; from < bytes.length; ) from += writeSync(handle, bytes, from);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new MissileError(`${file}: the mix cannot be written (${reasonOf(cause)})`, "mixNotWritable");
  }
}
