import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decoder, type TerminalEvent } from "../../src/tui/decoder.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(text: string): TerminalEvent[] {
  const decoder = new Decoder();
  return [...decoder.push(encode(text)), ...decoder.flush()];
}

const names = (text: string): string[] =>
  decode(text).map((event) => (event.kind === "key" ? event.name : event.kind));

const KEYS: readonly (readonly [bytes: string, names: readonly string[]])[] = [
  ["a", ["a"]],
  ["jj", ["j", "j"]],
  ["A?", ["A", "?"]],
  [" ", ["space"]],
  ["\r", ["enter"]],
  ["\t", ["tab"]],
  ["\x7f", ["backspace"]],
  ["\x03", ["ctrl+c"]],
  ["\x0c", ["ctrl+l"]],
  ["é", ["é"]],
  ["界", ["界"]],
  ["😀", ["😀"]],
  ["\x1b", ["escape"]],
  ["\x1b\x1b", ["escape", "escape"]],
  ["\x1bx", ["alt+x"]],
  ["\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]],
  ["\x1bOA\x1bOB", ["up", "down"]],
  ["\x1b[H\x1b[F\x1b[1~\x1b[4~", ["home", "end", "home", "end"]],
  ["\x1b[5~\x1b[6~\x1b[2~\x1b[3~", ["pageup", "pagedown", "insert", "delete"]],
  ["\x1bOP\x1b[15~\x1b[18~\x1b[19~\x1b[24~", ["f1", "f5", "f7", "f8", "f12"]],
  ["\x1b[[A\x1b[[E", ["f1", "f5"]],
  ["\x1b[Z", ["shift+tab"]],
  ["\x1b[1;5A\x1b[1;3B\x1b[1;2C\x1b[3;5~", ["ctrl+up", "alt+down", "shift+right", "ctrl+delete"]],
  ["\x1b[99;5u\x1b[27u\x1b[13u", ["ctrl+c", "escape", "enter"]],
  // Unknown sequences, answers to queries and focus reports do nothing, and hide nothing that follows.
  ["\x1b[?62;22cq", ["q"]],
  ["\x1b]11;rgb:0000/0000/0000\x07q", ["q"]],
  ["\x1b]11;rgb:0000/0000/0000\x1b\\q", ["q"]],
  ["\x1bP1$r0m\x1b\\q", ["q"]],
  ["\x1b[Iq\x1b[O", ["q"]],
  ["\x1b[M !!q", ["q"]],
];

describe("decoder", () => {
  it.each(KEYS)("reads %j as %j", (bytes, expected) => {
    expect(names(bytes)).toEqual(expected);
  });

  it("reads SGR mouse reports as cells from 0, never as text", () => {
    const none = { shift: false, alt: false, ctrl: false };
    const at = { kind: "mouse", x: 9, y: 4, modifiers: none } as const;
    const reports = [
      ["\x1b[<0;10;5M", { ...at, action: "press", button: "left" }],
      ["\x1b[<0;10;5m", { ...at, action: "release", button: "left" }],
      ["\x1b[<32;10;5M", { ...at, action: "drag", button: "left" }],
      ["\x1b[<2;10;5M", { ...at, action: "press", button: "right" }],
      ["\x1b[<35;10;5M", { ...at, action: "move" }],
      ["\x1b[<65;10;5M", { ...at, action: "wheel", towards: "down" }],
      [
        "\x1b[<84;10;5M",
        { ...at, action: "wheel", towards: "up", modifiers: { ...none, shift: true, ctrl: true } },
      ],
    ] as const;
    for (const [bytes, event] of reports) expect(decode(bytes)).toEqual([event]);
    expect(decode("\x1b[<0;10Mq\x1b[<;;Mq")).toEqual([
      { kind: "key", name: "q" },
      { kind: "key", name: "q" },
    ]);
  });

  it("keeps a paste whole, whatever is in it", () => {
    expect(decode("\x1b[200~qx\x1b[A\r\x1b[201~j")).toEqual([
      { kind: "paste", text: "qx\x1b[A\r" },
      { kind: "key", name: "j" },
    ]);
  });

  it("gives the same events however the bytes are cut", () => {
    const pieces = fc.constantFrom(
      ...KEYS.map(([bytes]) => bytes).filter((bytes) => !bytes.endsWith("\x1b")),
    );
    const input = fc.array(
      fc.oneof(pieces, fc.constant("\x1b[200~paste q\x1b[201~"), fc.constant("\x1b[<35;7;8M")),
    );
    fc.assert(
      fc.property(input, fc.array(fc.nat(200)), (parts, cuts) => {
        const bytes = encode(parts.join(""));
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const decoder = new Decoder();
        const events: TerminalEvent[] = [];
        let from = 0;
        for (const end of ends) {
          events.push(...decoder.push(bytes.subarray(from, end)));
          from = end;
        }
        expect([...events, ...decoder.flush()]).toEqual(decode(parts.join("")));
      }),
    );
  });

  it("waits for the rest of a sequence, longer for the end of a paste, and not at all otherwise", () => {
    const decoder = new Decoder();
    decoder.push(encode("a"));
    expect(decoder.patienceMs).toBeNull();
    expect(decoder.push(encode("\x1b["))).toEqual([]);
    const escapePatienceMs = decoder.patienceMs!;
    decoder.push(encode("200~half a paste"));
    expect(decoder.patienceMs).toBeGreaterThan(escapePatienceMs);
    expect(decoder.flush()).toEqual([{ kind: "paste", text: "half a paste" }]);
    expect(decoder.patienceMs).toBeNull();
  });

  it("drops a sequence that is cut short", () => {
    expect(names("\x1b[1;")).toEqual([]);
    expect(names("\x1b[")).toEqual(["alt+["]);
  });

  it("takes nothing of a sequence that is broken off for keys", () => {
    expect(names("\x1b[12;\x1b[A")).toEqual(["up"]);
    expect(names("\x1b[<0;1\x03")).toEqual(["ctrl+c"]);
    expect(names("\x1b]0;title\x1b[B")).toEqual(["down"]);
    expect(names("\x1bO1;\rq")).toEqual(["enter", "q"]);
    expect(names("\x1b[57344u\x1b[55296u\x9bq")).toEqual(["q"]);
  });

  it("reads whatever comes as keys with printable names, and never hides what follows", () => {
    const byte = fc.oneof(
      fc.constantFrom(0x1b, 0x5b, 0x4f, 0x5d, 0x3c, 0x3b, 0x30, 0x32, 0x4d, 0x6d, 0x7e, 0x75, 0x07),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
        const decoder = new Decoder();
        const events = [...decoder.push(Uint8Array.from(bytes)), ...decoder.flush()];
        for (const event of events) {
          if (event.kind === "key") expect(event.name).toMatch(/^[^\p{Cc}\p{Cs}\p{Co}]+$/u);
        }
        expect(decoder.patienceMs).toBeNull();
        // A character cut off before its last byte shows as a replacement mark first.
        expect(decoder.push(encode("q")).at(-1)).toEqual({ kind: "key", name: "q" });
      }),
      { numRuns: 2000 },
    );
  });
});
