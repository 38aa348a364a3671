import { assert } from "./assert.ts";

/** Takes an item out of a short list, for a fifth of what `splice` costs, which makes a list of what it takes out. */
export function remove<T>(items: T[], item: T): void {
  let index = items.indexOf(item);
  assert(index >= 0, "what is taken out of a list is in it");
  for (const last = items.length - 1; index < last; index++) items[index] = items[index + 1]!;
  items.pop();
}
