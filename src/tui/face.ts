/** How the console shows itself: as a picture on a terminal, or in spoken words. */
import type { Look } from "./screen/diff.ts";
import type { Screen } from "./screen/screen.ts";
import type { Stage } from "./stage.ts";

/** A screen that can be kept: as a picture, or as a recording of its frames. */
export interface Picture {
  /** As it was last drawn, and how it looks on this terminal. */
  shown(): { readonly screen: Screen; readonly look: Look };
  /** Bytes that draw what is on show on a terminal that shows anything. */
  wholeFrame(): string;
  /** From now on this hears the bytes of each frame as the terminal gets them; null: nobody does. */
  tap(listener: ((bytes: string) => void) | null): void;
}

export interface Face extends Stage {
  /** null: there is nothing to be seen. */
  readonly picture: Picture | null;
  /** Shows all anew. */
  redraw(): void;
  /** Shows nothing any more. */
  stop(): void;
}
