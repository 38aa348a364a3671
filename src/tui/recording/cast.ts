/**
 * A recorded screen in asciicast v2 (docs.asciinema.org/manual/asciicast/v2): a header and events, one JSON value a line, so that any
 * player shows it. Markers called KEYFRAME stand where the output draws the whole screen: a player may begin there.
 */
import { z } from "zod";
import { MissileError } from "../../core/error.ts";
import type { Size } from "../screen/screen.ts";

/** No operator can set a mark with a control character in it. */
export const KEYFRAME = "\x01keyframe";

/** o: bytes for the terminal. r: its new size, such as "80x24". m: a marker with its label. i: what was typed. */
type Code = "o" | "r" | "m" | "i";

/** Seconds since the recording began, and what happened then. */
export interface CastEvent {
  readonly atS: number;
  readonly code: Code;
  readonly data: string;
}

export interface Cast {
  readonly size: Size;
  readonly title: string;
  readonly events: readonly CastEvent[];
}

const headerSchema = z.object({
  version: z.literal(2),
  width: z.int().positive(),
  height: z.int().positive(),
  title: z.string().optional(),
});
const eventSchema = z.tuple([z.number().nonnegative(), z.string(), z.string()]);
const CODES: readonly string[] = ["o", "r", "m", "i"] satisfies Code[];

export function castHeader({ columns, rows }: Size, title: string, beganAtS: number): string {
  const env = { TERM: "xterm-256color" };
  const header = { version: 2, width: columns, height: rows, timestamp: Math.floor(beganAtS), title, env };
  return `${JSON.stringify(header)}\n`;
}

export const castLine = ({ atS, code, data }: CastEvent): string =>
  `${JSON.stringify([Number(atS.toFixed(6)), code, data])}\n`;

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

/**
 * Reads a recording. One whose last line was cut off, as by a process that was killed, is read up to there. Throws MissileError
 * "badCast", which names file and line.
 */
export function parseCast(text: string, file: string): Cast {
  const lines = text.split("\n");
  const header = headerSchema.safeParse(parsed(lines[0] ?? ""));
  if (!header.success) {
    throw new MissileError(`${file}: line 1 is no header of an asciicast v2 recording`, "badCast");
  }
  const events: CastEvent[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const event = eventSchema.safeParse(parsed(line));
    if (!event.success) {
      if (index === lines.length - 1) break;
      throw new MissileError(
        `${file}: line ${index + 1} is no event: [seconds, code, data] is wanted`,
        "badCast",
      );
    }
    const [atS, code, data] = event.data;
    // Later versions may have codes that are of no use here.
    if (CODES.includes(code)) events.push({ atS, code: code as Code, data });
  }
  const { width, height, title = "" } = header.data;
  return { size: { columns: width, rows: height }, title, events };
}

/** The size that an "r" event tells; null: it tells none. */
export function sizeOf(data: string): Size | null {
  const match = /^(\d+)x(\d+)$/.exec(data);
  return match === null ? null : { columns: Number(match[1]), rows: Number(match[2]) };
}
