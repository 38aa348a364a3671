/** The mixes of the console: presets and files, and where each one that was opened came from. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { MixShelf } from "../actions/performer.ts";
import { loadMix, mixFile, saveMix } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";

export class MixFiles implements MixShelf {
  /** By a mix's name, what it was opened as: saving keeps that file's comments. */
  readonly #origins = new Map<string, string>();

  /** `from`: the name or file that this mix was; absent: neither. */
  constructor(first: MixConfig, from: string | undefined) {
    if (from !== undefined) this.#origins.set(first.name, from);
  }

  load(nameOrFile: string): MixConfig {
    const mix = loadMix(nameOrFile);
    this.#origins.set(mix.name, nameOrFile);
    return mix;
  }

  replaces(mix: string, path: string): boolean {
    const file = mixFile(path);
    const origin = this.#origins.get(mix);
    return existsSync(file) && (origin === undefined || resolve(origin) !== file);
  }

  save(mix: MixConfig, file: string): void {
    // From now on it is the saved file that may be edited by hand.
    this.#origins.set(mix.name, saveMix(mix, file, { from: this.#origins.get(mix.name) }));
  }
}
