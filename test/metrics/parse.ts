/** Reads what Prometheus reads: families, their types and samples. Strict, so that a text it takes is well formed. */
import { expect } from "vitest";

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: ReadSample[];
}

const SAMPLE = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf)$/;
const LABEL = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null) throw new Error(`no labels: ${text}`);
    expect(labels).not.toHaveProperty(match[1]!);
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

/** Suffixes that samples of a family may have beyond its name. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

/** @param counterSuffix what a counter's samples have beyond the family's name. */
export function parse(lines: readonly string[], counterSuffix: "" | "_total"): Map<string, ReadFamily> {
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  let current: ReadFamily | undefined;
  let help = "";
  for (const line of lines) {
    const head = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (head === null) {
      const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
      const suffixes = current?.type === "counter" ? [counterSuffix] : SUFFIXES[current?.type ?? ""];
      expect(
        suffixes?.map((suffix) => `${current?.name}${suffix}`),
        line,
      ).toContain(name);
      expect(seen, line).not.toContain(`${name}{${labels}}`);
      seen.add(`${name}{${labels}}`);
      current!.samples.push({ name: name!, labels: labelsOf(labels), value: Number(value) });
    } else if (head[1] === "HELP") help = head[3]!;
    else {
      expect(families, line).not.toContain(head[2]);
      current = { name: head[2]!, type: head[3]!, help, samples: [] };
      families.set(current.name, current);
    }
  }
  return families;
}

/** The text exposition format 0.0.4. */
export const parsePrometheus = (text: string): Map<string, ReadFamily> => {
  expect(text.endsWith("\n")).toBe(true);
  return parse(
    text.split("\n").filter((line) => line !== ""),
    "",
  );
};

/** OpenMetrics 1.0: no empty lines, and an end that says that nothing is missing. */
export const parseOpenMetrics = (text: string): Map<string, ReadFamily> => {
  expect(text.endsWith("\n# EOF\n")).toBe(true);
  return parse(text.slice(0, -"\n# EOF\n".length).split("\n"), "_total");
};
