/** Reads a YAML file through a zod schema. What is wrong with it is told with file, line and column. */
import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { z } from "zod";
import { MissileError } from "../core/error.ts";
import { inWords } from "./schema-words.ts";
import { readTextFile } from "./text-file.ts";

type Path = readonly PropertyKey[];
type YamlDocument = ReturnType<typeof parseDocument>;

/** Character offset at which the value at `path` begins, or that of the nearest parent that exists. */
function offsetOf(document: YamlDocument, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** Offset of the key `key` itself in the map at `path`. */
function offsetOfKey(document: YamlDocument, path: Path, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return offsetOf(document, path);
  const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return (pair?.key as Node | undefined)?.range?.[0] ?? offsetOf(document, path);
}

/** A complaint of the schema in one sentence, and where it points: an unknown key at itself, all else at the value. */
function explain(document: YamlDocument, issue: z.core.$ZodIssue): { text: string; offset: number } {
  const name = issue.path.map(String).join(".");
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  return {
    text: `${name === "" ? "" : `${name}: `}${inWords(issue)}`,
    offset:
      unknownKey === undefined
        ? offsetOf(document, issue.path)
        : offsetOfKey(document, issue.path, unknownKey),
  };
}

/** What toJS throws on is the file's fault too: an alias without its anchor, or aliases that would grow without end. */
function contentOf(document: YamlDocument, path: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new MissileError(`${path}: ${(cause as Error).message}`, "yamlSyntax");
  }
}

/** YAML that does not parse, in one line; the parser's advice for programmers is left out. */
function syntaxComplaint({ code, message }: YamlDocument["errors"][number]): string {
  if (code === "MULTIPLE_DOCS") return 'a second document begins here; one file holds one, remove "---"';
  return message.split("\n")[0] ?? "";
}

/**
 * Parses the YAML file at `path` and validates it. Throws MissileError ("fileNotReadable", "yamlSyntax",
 * "yamlSchema") whose one-line message begins with file:line:column where there is one.
 */
export function readYamlFile<T>(path: string, schema: z.ZodType<T>): T {
  return readYamlText(readTextFile(path), path, schema);
}

/** The same of a text that is, or is to be, the file at `path`. */
export function readYamlText<T>(text: string, path: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new MissileError(`${at(broken.pos[0])}: ${syntaxComplaint(broken)}`, "yamlSyntax");
  }
  const result = schema.safeParse(contentOf(document, path), { reportInput: true });
  if (result.success) return result.data;
  // A misspelt key is also a missing one: the first says what to do.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) throw new MissileError(`${path}: not valid`, "yamlSchema");
  const { text: complaint, offset } = explain(document, issue);
  throw new MissileError(`${at(offset)}: ${complaint}`, "yamlSchema");
}
