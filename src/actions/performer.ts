/** Does deeds, one after another, on a session. */
import type { ReopenableSession, View } from "../engine/session.ts";
import type { MixConfig } from "../presets/mix.ts";
import { actOf, type Deed, isAct } from "./deed.ts";

/** Mixes by name or file. */
export interface MixStore {
  /** Throws MissileError where there is none, or it cannot be read. */
  readonly load: (nameOrFile: string) => MixConfig;
  /** Throws MissileError where it cannot be written. */
  readonly save: (mix: MixConfig, file: string) => void;
}

/** Mixes of files that one can look at. */
export interface MixShelf extends MixStore {
  /** Whether a file is there that the mix of this name does not come from. */
  readonly replaces: (mix: string, file: string) => boolean;
}

/** How long a tenant may take to come into view, or to leave it, before the next deed is tried all the same. */
const PATIENCE_MS = 5000;

export class Performer {
  readonly #session: ReopenableSession;
  readonly #mixes: MixStore;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(session: ReopenableSession, mixes: MixStore) {
    this.#session = session;
    this.#mixes = mixes;
  }

  /** Does them once all before them are done. Rejects with MissileError at the first that is refused; the rest is left. */
  perform(deeds: readonly Deed[]): Promise<void> {
    const done = this.#queue.then(async () => {
      for (const deed of deeds) await this.#do(deed);
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #do(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case "openMix":
        return this.#session.reopen(typeof deed.mix === "string" ? this.#mixes.load(deed.mix) : deed.mix);
      case "changeGpu":
        return this.#session.reopen({ ...(await this.#session.mix()), gpu: deed.gpu });
      case "saveMix":
        return this.#mixes.save(await this.#session.mix(), deed.file);
    }
    if (!isAct(deed)) return;
    if (deed.kind !== "addTenant") return this.#session.act(actOf(deed, this.#session.view()));
    // Who is leaving keeps the name until its last block is done.
    const { name } = deed.config;
    const isThere = ({ snapshot }: View): boolean => snapshot.tenants.some((tenant) => tenant.name === name);
    await this.#until((view) => !isThere(view));
    await this.#session.act(deed);
    // What follows finds it by its name.
    await this.#until(isThere);
  }

  /** Waits for such a view, for some seconds: the session then says itself what is wrong. */
  #until(holds: (view: View) => boolean): Promise<void> {
    if (holds(this.#session.view())) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.#session.subscribe(() => {
        if (holds(this.#session.view())) end();
      });
      const timer = setTimeout(() => end(), PATIENCE_MS);
      const end = (): void => {
        stop();
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
