/** Plays a scene: shows its captions, has its actions done, waits, and steps aside for good at the operator's first key. */
import type { View } from "../../engine/session.ts";
import type { Request } from "../dialogs/dialog.ts";
import type { UiStore } from "../store.ts";
import type { Direction, SceneScript, Step } from "./scenes.ts";

export interface DirectorOptions {
  readonly store: UiStore;
  readonly view: () => View;
  /** Does as the operator would. */
  readonly ask: (request: Request) => void;
}

/** Between looks at the figures that a caption holds. */
const REFRESH_MS = 500;
const MS_PER_S = 1000;

export class Director {
  readonly #scene: SceneScript;
  readonly #options: DirectorOptions;
  #index = 0;
  #stepTimer: NodeJS.Timeout | undefined;
  #captionTimer: NodeJS.Timeout | undefined;

  constructor(scene: SceneScript, options: DirectorOptions) {
    this.#scene = scene;
    this.#options = options;
    this.#play();
  }

  /** Ends the scene where it is; what it has changed stays. */
  stop(): void {
    clearTimeout(this.#stepTimer);
    clearInterval(this.#captionTimer);
    if (this.#options.store.getState().caption !== null) this.#options.store.setState({ caption: null });
  }

  #play(): void {
    const step = this.#scene.steps[this.#index];
    if (step === undefined) {
      this.stop();
      return;
    }
    this.#options.store.setState(step.looks ?? {});
    for (const direction of step.does ?? []) this.#do(direction);
    this.#say(step);
    clearInterval(this.#captionTimer);
    this.#captionTimer = setInterval(() => this.#say(step), REFRESH_MS);
    this.#stepTimer = setTimeout(() => {
      this.#index++;
      this.#play();
    }, step.seconds * MS_PER_S);
  }

  /** The caption has said what it does, so nobody is asked. */
  #do({ action, tenant, values }: Direction): void {
    const isHere = this.#options.view().snapshot.tenants.some(({ name }) => name === tenant);
    if (tenant !== undefined && !isHere) return;
    this.#options.ask({ action, tenants: tenant === undefined ? null : [tenant], values, warned: true });
  }

  #say({ says }: Step): void {
    const { steps, title } = this.#scene;
    const text = typeof says === "string" ? says : says(this.#options.view());
    const place = `${this.#index + 1}/${steps.length}`;
    const caption = this.#index === 0 ? `${place}  ${title}. ${text}` : `${place}  ${text}`;
    this.#options.store.setState({ caption: { step: this.#index, text: `${caption} Any key: yours.` } });
  }
}
