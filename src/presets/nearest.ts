import { guess } from "../models/nearest.ts";

/** More names than this are no help in one line. */
const MOST_LISTED = 24;

/** What follows "unknown model resnet43": the name that was probably meant, if one is like it, and all there are where these are few. */
export function suggestion(word: string, known: readonly string[]): string {
  const all = known.length > MOST_LISTED ? "" : ` (all: ${known.join(", ")})`;
  return guess(word, known) + all;
}
