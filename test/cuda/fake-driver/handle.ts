/**
 * The fake GPU as the GPU hosts of this process have it: what a test makes of it, what is alive on it, and faults on demand. A host that is
 * no more has nothing.
 */
import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../../engine/fixtures.ts";
import { buildFakeDriver } from "./build.ts";
import type { FakeSettings } from "./run.ts";

const KINDS = ["deviceBytes", "pinnedBytes", "streams", "events", "greenContexts", "contexts"] as const;

/** What there is of each kind of thing. */
export type Alive = Readonly<Record<(typeof KINDS)[number], number>>;

/** The functions of driver/fake.h. */
export interface FakeGpu {
  alive(): Alive;
  failCall(call: string, nth: number, error: number): void;
  faultKernel(prefix: string, nth: number): void;
  strayKernel(prefix: string, nth: number): void;
  /** Also of hosts that are still to come. */
  setBlockNs(ns: number): void;
}

const LONGEST_ANSWER = 256;

/** The answer of one process; null if it is no more. */
function askOne(ask: string, line: string): string | null {
  let questions: number;
  try {
    questions = openSync(ask, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const answers = openSync(ask.replace(/ask$/, "answer"), "r");
  const buffer = Buffer.alloc(LONGEST_ANSWER);
  writeSync(questions, `${line}\n`);
  const length = readSync(answers, buffer);
  closeSync(questions);
  closeSync(answers);
  return length === 0 ? null : buffer.toString("utf8", 0, length).trim();
}

/** Has GPU hosts that this process starts find the fake driver. */
export function loadFakeGpu(settings: FakeSettings): FakeGpu {
  const door = scratch();
  for (const [name, value] of Object.entries({ ...settings, DOOR: door }))
    process.env[`FAKE_CUDA_${name}`] = String(value);
  process.env.LD_LIBRARY_PATH = buildFakeDriver();
  const ask = (...words: readonly (string | number)[]): string[] =>
    readdirSync(door)
      .filter((name) => name.endsWith(".ask"))
      .map((name) => askOne(join(door, name), words.join(" ")))
      .filter((answer) => answer !== null);
  return {
    alive() {
      const numbers = ask("alive").map((answer) => answer.split(" ").map(Number));
      const sum = (index: number): number => numbers.reduce((total, counts) => total + counts[index]!, 0);
      return Object.fromEntries(KINDS.map((kind, index) => [kind, sum(index)])) as unknown as Alive;
    },
    failCall: (call, nth, error) => void ask("failCall", call, nth, error),
    faultKernel: (prefix, nth) => void ask("faultKernel", prefix, nth),
    strayKernel: (prefix, nth) => void ask("strayKernel", prefix, nth),
    setBlockNs(ns) {
      process.env.FAKE_CUDA_BLOCK_US = String(ns / 1e3);
      ask("setBlockNs", ns);
    },
  };
}
