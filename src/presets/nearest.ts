import { nearest } from "../models/nearest.ts";

/** What follows "unknown model resnet43": the name that was probably meant, and all there are. */
export function suggestion(word: string, known: readonly string[]): string {
  return `; did you mean "${nearest(word, known)}"? (all: ${known.join(", ")})`;
}
