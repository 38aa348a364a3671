import { z } from "zod";
import { suggestion } from "./nearest.ts";

/** A map of these keys and no others; a key that is not among them is answered with the one that was meant. */
export function strictMap<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      const key = issue.code === "unrecognized_keys" ? issue.keys?.[0] : undefined;
      return key === undefined ? undefined : `unknown key "${key}"${suggestion(key, known)}`;
    },
  });
}

/** One of these names, and no other: `what` says of which things, for the complaint. */
export function nameOf(what: string, known: readonly string[]) {
  return z.string().refine((name) => known.includes(name), {
    error: (issue) => `unknown ${what} "${issue.input}"${suggestion(String(issue.input), known)}`,
  });
}
