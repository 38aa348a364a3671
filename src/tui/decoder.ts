/**
 * Bytes from the terminal into keys, pastes and mouse reports. Sequences may arrive in any pieces; an unknown one is
 * swallowed whole, so that none of it acts as keys. Sources: ECMA-48 (CSI, SS3), xterm's ctlseqs (modifiers, SGR mouse,
 * bracketed paste), the kitty keyboard protocol (CSI u).
 */
import { StringDecoder } from "node:string_decoder";

export type TerminalEvent =
  /** "a", "A", "space", "up", "f1", with "ctrl+", "alt+", "shift+" before it in this order. */
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "paste"; readonly text: string }
  | MouseEvent;

/** The keys held beside a mouse button. */
export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
}

/** At a cell counted from 0. A drag is a move with a button down, a move one without. */
export type MouseEvent = {
  readonly kind: "mouse";
  readonly x: number;
  readonly y: number;
  readonly modifiers: Modifiers;
} & (
  | { readonly action: "press" | "release" | "drag"; readonly button: "left" | "middle" | "right" | "other" }
  | { readonly action: "move" }
  | { readonly action: "wheel"; readonly towards: "up" | "down" | "left" | "right" }
);

/** A lone escape byte is the Escape key if nothing follows within this time: more than a slow link's jitter in one write. */
const ESCAPE_PATIENCE_MS = 30;
/** A paste whose end does not come: long, since its pieces must not turn into keys. */
const PASTE_PATIENCE_MS = 1000;

const LONGEST_SEQUENCE = 1 << 16;

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/* biome-ignore-start lint/suspicious/noControlCharactersInRegex: escape sequences are made of control characters */
const CSI = /^\x1b\[([<=>?]?)([0-9;:]*)[ -/]*([@-~])/;
/** A control sequence that something else breaks off: no key, and none of its parameters is one. */
const CSI_BROKEN = /^\x1b\[[<=>?]?[0-9;:]*[ -/]*(?=[^ -~])/;
const CSI_BEGUN = /^\x1b\[[<=>?]?[0-9;:]*[ -/]*$/;
const LINUX_FUNCTION_KEY = /^\x1b\[\[([A-E])/;
const X10_MOUSE = /^\x1b\[M[\s\S]{3}/;
const X10_MOUSE_BEGUN = /^\x1b\[M[\s\S]{0,2}$/;
const SS3 = /^\x1bO([0-9;]*)([A-Za-z])/;
const SS3_BROKEN = /^\x1bO[0-9;]*(?=[^0-9;A-Za-z])/;
const SS3_BEGUN = /^\x1bO[0-9;]*$/;
/** Answers to queries: OSC, DCS, APC, PM and SOS strings up to BEL or ST. */
const STRING_SEQUENCE = /^\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)/;
const STRING_BROKEN = /^\x1b[\]P_^X][^\x07\x1b]*(?=\x1b[^\\])/;
const STRING_SEQUENCE_BEGUN = /^\x1b[\]P_^X][^\x07\x1b]*\x1b?$/;
/** C1 controls, lone surrogates, and the private use area in which the kitty protocol puts keys that are unknown here. */
const UNPRINTABLE = /^[\x80-\x9f\ud800-\udfff\ue000-\uf8ff]$/;
/* biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above */

const BY_FINAL: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
};

/** CSI number ~ */
const BY_NUMBER: Readonly<Record<number, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  ...Object.fromEntries(
    [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].map((code, i) => [code, `f${i + 1}`]),
  ),
};

const BY_CONTROL: Readonly<Record<string, string>> = {
  "\x00": "ctrl+space",
  "\b": "backspace",
  "\t": "tab",
  "\n": "enter",
  "\r": "enter",
  "\x1b": "escape",
  " ": "space",
  "\x7f": "backspace",
};

/** xterm's modifier parameter: 1 + shift 1, alt 2, ctrl 4. */
function modified(name: string, parameter: number | undefined): string {
  const bits = (parameter || 1) - 1;
  return `${bits & 4 ? "ctrl+" : ""}${bits & 2 ? "alt+" : ""}${bits & 1 ? "shift+" : ""}${name}`;
}

/** null: nothing that anyone typed. */
function characterName(character: string): string | null {
  const named = BY_CONTROL[character];
  if (named !== undefined) return named;
  if (UNPRINTABLE.test(character)) return null;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}` : character;
}

interface Step {
  readonly length: number;
  readonly event?: TerminalEvent;
}

const keyStep = (length: number, name: string | null): Step =>
  name === null ? { length } : { length, event: { kind: "key", name } };

const BUTTONS = ["left", "middle", "right", "other"] as const;
const WHEEL = ["up", "down", "left", "right"] as const;

/** SGR's code: 4, 8 and 16 are shift, alt and ctrl, 32 says that it moved, 64 is the wheel, and beyond are further buttons. */
function mouseEvent(code: number, column: number, row: number, released: boolean): MouseEvent {
  const modifiers = { shift: (code & 4) !== 0, alt: (code & 8) !== 0, ctrl: (code & 16) !== 0 };
  const at = { kind: "mouse" as const, x: Math.max(0, column - 1), y: Math.max(0, row - 1), modifiers };
  const low = code & 3;
  if (code & 64) return { ...at, action: "wheel", towards: WHEEL[low]! };
  const button = code & 128 ? "other" : BUTTONS[low]!;
  if (code & 32) return button === "other" ? { ...at, action: "move" } : { ...at, action: "drag", button };
  return { ...at, action: released ? "release" : "press", button };
}

/** A key told by its code point. */
function codedStep(length: number, codePoint: number, modifiers: number | undefined): Step {
  const name = characterName(String.fromCodePoint(Math.min(codePoint, 0x10_ffff)));
  return keyStep(length, name === null ? null : modified(name, modifiers));
}

function csiStep(match: RegExpExecArray): Step {
  const [all, prefix, parameters, final] = match as unknown as [string, string, string, string];
  const numbers = parameters.split(";").map((text) => Number.parseInt(text, 10));
  const length = all.length;
  if (prefix === "<" && (final === "M" || final === "m")) {
    const [code, column, row] = numbers;
    if (numbers.length !== 3 || numbers.some(Number.isNaN)) return { length };
    return { length, event: mouseEvent(code!, column!, row!, final === "m") };
  }
  if (prefix !== "") return { length };
  if (final === "Z") return keyStep(length, "shift+tab");
  if (final === "u" && numbers[0]! > 0) return codedStep(length, numbers[0]!, numbers[1]);
  // What xterm's modifyOtherKeys says of keys that have no sequence of their own.
  if (final === "~" && numbers[0] === 27 && numbers[2]! > 0)
    return codedStep(length, numbers[2]!, numbers[1]);
  const name = final === "~" ? BY_NUMBER[numbers[0]!] : BY_FINAL[final];
  return name === undefined ? { length } : keyStep(length, modified(name, numbers[1]));
}

/** What the buffer starts with; null while that cannot be told yet. Not called with an empty buffer or inside a paste. */
function nextStep(buffer: string): Step | null {
  if (buffer[0] !== "\x1b") {
    const character = String.fromCodePoint(buffer.codePointAt(0)!);
    return keyStep(character.length, characterName(character));
  }
  if (buffer.length === 1) return null;
  const linux = LINUX_FUNCTION_KEY.exec(buffer);
  if (linux !== null) return keyStep(4, `f${linux[1]!.charCodeAt(0) - 64}`);
  if (X10_MOUSE.test(buffer)) return { length: 6 };
  if (X10_MOUSE_BEGUN.test(buffer) || buffer === "\x1b[[") return null;
  const csi = CSI.exec(buffer);
  if (csi !== null) return csiStep(csi);
  const ss3 = SS3.exec(buffer);
  if (ss3 !== null) {
    const name = BY_FINAL[ss3[2]!];
    return name === undefined ? { length: ss3[0].length } : keyStep(ss3[0].length, name);
  }
  const answer = STRING_SEQUENCE.exec(buffer);
  if (answer !== null) return { length: answer[0].length };
  const broken = CSI_BROKEN.exec(buffer) ?? SS3_BROKEN.exec(buffer) ?? STRING_BROKEN.exec(buffer);
  if (broken !== null) return { length: broken[0].length };
  if (CSI_BEGUN.test(buffer) || SS3_BEGUN.test(buffer) || STRING_SEQUENCE_BEGUN.test(buffer)) return null;
  return altStep(buffer);
}

/** Escape followed by an ordinary character is that character with Alt; a second escape starts something of its own. */
function altStep(buffer: string): Step {
  if (buffer.length === 1 || buffer[1] === "\x1b") return keyStep(1, "escape");
  const character = String.fromCodePoint(buffer.codePointAt(1)!);
  const name = characterName(character);
  if (name === null) return { length: 1 + character.length };
  const ordered = name.startsWith("ctrl+") ? `ctrl+alt+${name.slice(5)}` : `alt+${name}`;
  return keyStep(1 + character.length, ordered);
}

export class Decoder {
  readonly #utf8 = new StringDecoder("utf8");
  #buffer = "";
  #pasting = false;

  /** Takes what was read and returns what is certain by now. */
  push(chunk: Uint8Array): TerminalEvent[] {
    this.#buffer += this.#utf8.write(Buffer.from(chunk));
    return this.#drain();
  }

  /** How long to wait for more before `flush`; null: nothing is pending. */
  get patienceMs(): number | null {
    if (this.#pasting) return PASTE_PATIENCE_MS;
    return this.#buffer === "" ? null : ESCAPE_PATIENCE_MS;
  }

  /** Nothing more came: takes what is pending as it stands. */
  flush(): TerminalEvent[] {
    const events: TerminalEvent[] = [];
    if (this.#pasting) {
      events.push({ kind: "paste", text: this.#buffer });
      this.#pasting = false;
      this.#buffer = "";
    } else if (this.#buffer !== "") {
      const step = altStep(this.#buffer);
      // Of a sequence cut short only its start can have been meant as a key; the rest is parameters.
      const isKey = step.length === this.#buffer.length;
      if (isKey && step.event !== undefined) events.push(step.event);
      this.#buffer = "";
    }
    return events;
  }

  #drain(): TerminalEvent[] {
    const events: TerminalEvent[] = [];
    while (this.#pasting || this.#buffer !== "") {
      if (this.#pasting) {
        const end = this.#buffer.indexOf(PASTE_END);
        if (end < 0) break;
        events.push({ kind: "paste", text: this.#buffer.slice(0, end) });
        this.#buffer = this.#buffer.slice(end + PASTE_END.length);
        this.#pasting = false;
      } else if (this.#buffer.startsWith(PASTE_START)) {
        this.#buffer = this.#buffer.slice(PASTE_START.length);
        this.#pasting = true;
      } else {
        const step = nextStep(this.#buffer);
        if (step === null) {
          // Longer than any answer: whatever this is, it must not hide the keys that follow for ever.
          if (this.#buffer.length > LONGEST_SEQUENCE) this.#buffer = "";
          break;
        }
        if (step.event !== undefined) events.push(step.event);
        this.#buffer = this.#buffer.slice(step.length);
      }
    }
    return events;
  }
}
