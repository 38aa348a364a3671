/** What an action needs to be told, and how words become it: for dialogs, the palette, the command line and servers alike. */
import { MissileError } from "../core/error.ts";
import type { LoadConfig } from "../presets/mix.ts";
import { grouped } from "./format.ts";
import { parseLoad, sayLoad } from "./load-words.ts";
import type { Offers } from "./world.ts";

interface Named<Name extends string> {
  readonly name: Name;
  readonly title: string;
}

export interface NumberArgument<Name extends string = string> extends Named<Name> {
  readonly kind: "number";
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  /** "" for a number without one. */
  readonly unit: string;
  /** Other units that may be said, by how many of the unit they are. */
  readonly units?: Readonly<Record<string, number>>;
  /** The word for "no number"; absent: there must be one. */
  readonly none?: string;
  /** What up and down do to it in a dialog: multiply by, or add. */
  readonly factor?: number;
  readonly step?: number;
}

/** One of a list: of its own, or of what the program offers under that name. */
export interface ChoiceArgument<Name extends string = string> extends Named<Name> {
  readonly kind: "choice";
  readonly options: readonly Option[] | keyof Offers;
  /** It may be none of them: a file's name, say. */
  readonly others?: boolean;
}

export interface Option {
  readonly value: string;
  /** Beside it in a list, in fewer words than a line. */
  readonly detail: string;
}

export interface TextArgument<Name extends string = string> extends Named<Name> {
  readonly kind: "text" | "file";
  /** What saying nothing means; absent: something must be said. */
  readonly blank?: string;
}

export interface LoadArgument<Name extends string = string> extends Named<Name> {
  readonly kind: "load";
}

export type Argument<Name extends string = string> =
  | NumberArgument<Name>
  | ChoiceArgument<Name>
  | TextArgument<Name>
  | LoadArgument<Name>;

export type Value = number | string | null | LoadConfig;
export type Values = Readonly<Record<string, Value>>;

type ValueOf<A extends Argument> = A extends { kind: "number" }
  ? "none" extends keyof A
    ? number | null
    : number
  : A extends { kind: "load" }
    ? LoadConfig
    : string;

/** The values that a list of arguments asks for, each by its argument's name. */
export type ValuesOf<As extends readonly Argument[]> = {
  readonly [A in As[number] as A["name"]]: ValueOf<A>;
};

export const optionsOf = ({ options }: ChoiceArgument, offers: Offers): readonly Option[] =>
  typeof options === "string" ? offers[options] : options;

function refuse(argument: Argument, why: string): never {
  throw new MissileError(`${argument.title}: ${why}`, "badArgument");
}

/** The range in words: "a whole number of 1 to 1,024 packets". */
export function rangeOf({ least, most, isWhole, unit, units, none }: NumberArgument): string {
  const bounds = [least, most].map((bound) =>
    Math.abs(bound) >= 1000 ? grouped(bound) : String(Number(bound.toPrecision(3))),
  );
  const range = `${bounds[0]} to ${bounds[1]}${unit === "" ? "" : ` ${[unit, ...Object.keys(units ?? {})].join("/")}`}`;
  return `${isWhole ? "a whole number of " : ""}${range}${none === undefined ? "" : `, or ${none}`}`;
}

/** Multiples that people write: 100k, 1.5M. */
const MULTIPLES: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6 };

const NUMBER = /^([+-]?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*((?:k|M)(?![A-Za-z])|)\s*(\D*)$/;

function parseNumber(argument: NumberArgument, words: string): number | null {
  if (words === argument.none) return null;
  const [, digits = "", multiple = "", unit = ""] = NUMBER.exec(words) ?? [];
  // To 15 digits: 1.1k is 1100, not 1100.0000000000002.
  const scale = unit === "" || unit === argument.unit ? 1 : argument.units?.[unit];
  const value = Number(
    (Number(digits.replaceAll(",", "")) * MULTIPLES[multiple]! * (scale ?? 1)).toPrecision(15),
  );
  const isNumber = digits !== "" && scale !== undefined;
  const isIn = value >= argument.least && value <= argument.most;
  const isExact = !argument.isWhole || Number.isSafeInteger(value);
  if (isNumber && isIn && isExact) return value;
  return refuse(argument, `${words === "" ? "say" : `"${words}" is not`} ${rangeOf(argument)}`);
}

/** What the words mean. Throws MissileError "badArgument", with what would be right. */
export function parse(argument: Argument, words: string, offers: Offers): Value {
  const text = words.trim();
  switch (argument.kind) {
    case "number":
      return parseNumber(argument, text);
    case "choice": {
      const options = optionsOf(argument, offers).map(({ value }) => value);
      if (options.includes(text) || (argument.others === true && text !== "")) return text;
      return refuse(argument, `${text === "" ? "say" : `"${text}" is not`} one of ${options.join(", ")}`);
    }
    case "load":
      return parseLoad(text);
    case "text":
    case "file":
      return text === "" && argument.blank === undefined ? refuse(argument, "say something") : text;
  }
}

/** The words that mean the value: `parse` takes them back. */
export function say(argument: Argument, value: Value): string {
  if (value === null) return argument.kind === "number" ? (argument.none ?? "") : "";
  return typeof value === "object" ? sayLoad(value) : String(value);
}
