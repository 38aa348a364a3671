/** What a schema complains about, in the words of those who write the files: zod's own speak of types and arrays. */
import type { z } from "zod";

const KINDS: Readonly<Record<string, string>> = {
  object: "a map of keys",
  record: "a map of keys",
  array: "a list",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  null: "nothing",
};

const kindOf = (kind: string): string => KINDS[kind] ?? kind;

function foundKind(input: unknown): string {
  if (input === null) return "nothing";
  if (Array.isArray(input)) return "a list";
  return typeof input === "number" ? String(input) : kindOf(typeof input);
}

/** "at least 1", "above 0", "at most 64 entries". */
function bound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const inclusive = issue.inclusive ?? true;
  const [limit, including, excluding] =
    issue.code === "too_small" ? [issue.minimum, "at least", "above"] : [issue.maximum, "at most", "below"];
  return `${inclusive ? including : excluding} ${limit}`;
}

const isOne = (issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): boolean =>
  Number(issue.code === "too_small" ? issue.minimum : issue.maximum) === 1;

function boundComplaint(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const size = (issue.input as { readonly length?: number } | undefined)?.length ?? 0;
  switch (issue.origin) {
    case "array":
      return `must have ${bound(issue)} entr${isOne(issue) ? "y" : "ies"}, not ${size}`;
    case "string":
      return issue.code === "too_small" ? "must not be empty" : `must be shorter: ${bound(issue)} characters`;
    default:
      return `must be ${bound(issue)}, not ${issue.input}`;
  }
}

/** One sentence about what is wrong with the value. */
export function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return `missing; give it a value (${kindOf(issue.expected)})`;
      return `must be ${kindOf(issue.expected)}, not ${foundKind(issue.input)}`;
    case "invalid_value": {
      const values = issue.values.map(String).join(" or ");
      if (issue.input === undefined) return `missing; give it a value (${values})`;
      return `must be ${values}, not ${JSON.stringify(issue.input)}`;
    }
    case "too_small":
    case "too_big":
      return boundComplaint(issue);
    default:
      return issue.message;
  }
}
