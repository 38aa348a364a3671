/** The wallboard in a real pseudo terminal, beside a fake server. Wants the built program. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import { afterEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { TerminalModel } from "../tui/terminal-model.ts";
import { FakeServer, fakeSnapshots } from "./fake-server.ts";

const main = join(packageRoot, "dist", "src", "wallboard", "main.js");
/** 19.5 s of a run: no other of its snapshots says the second that the last one says. */
const snapshots = fakeSnapshots(39);
const LAST_SECOND = /^ NVIDIA H200 \(sim\) {2}missiletemporal {2}32 s +live/;
const DEADLINE_MS = 60_000;
/** The end of a synchronized update: what is on the screen is whole. */
const END_OF_FRAME = "\x1b[?2026l";

/** A wallboard on a terminal, whose screen can be waited for. */
class Stage {
  bytes = "";
  readonly ended: Promise<number>;
  private readonly model: TerminalModel;
  private readonly board: IPty;
  private look = (): void => {};

  constructor(columns: number, rows: number, address: string, env: Readonly<Record<string, string>> = {}) {
    this.model = new TerminalModel(columns, rows);
    this.board = spawn(process.execPath, [main, address], {
      cols: columns,
      rows,
      env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color", LANG: "C.UTF-8", ...env },
    });
    this.board.onData((bytes) => {
      this.bytes += bytes;
      const all = this.bytes;
      void this.model.write(bytes).then(() => {
        if (all === this.bytes && all.endsWith(END_OF_FRAME)) this.look();
      });
    });
    this.ended = new Promise((resolve) => this.board.onExit(({ exitCode }) => resolve(exitCode)));
  }

  get screen(): string {
    return this.model.text();
  }

  shows(what: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`no ${what} in:\n${this.screen}`)), DEADLINE_MS);
      this.look = () => {
        if (!what.test(this.screen)) return;
        clearTimeout(deadline);
        resolve();
      };
      this.look();
    });
  }

  resize(columns: number, rows: number): void {
    this.model.resize(columns, rows);
    this.board.resize(columns, rows);
  }

  press(keys: string): void {
    this.board.write(keys);
  }

  kill(signal?: string): void {
    this.board.kill(signal);
  }
}

const server = new FakeServer();
let stage: Stage | null = null;

afterEach(() => {
  stage?.kill("SIGKILL");
  stage = null;
  server.stop();
});

async function open(
  columns: number,
  rows: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  stage = new Stage(columns, rows, await server.start(0), env);
  await stage.shows(/CONNECTING/);
  return stage;
}

/** A board that has seen the whole run. */
async function live(
  columns: number,
  rows: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Stage> {
  const opened = await open(columns, rows, env);
  while (server.watchers.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const snapshot of snapshots) server.send(snapshot);
  await opened.shows(LAST_SECOND);
  return opened;
}

/** Ports differ from run to run, in digits alone. */
const asSeen = ({ screen }: Stage): string => screen.replace(/127\.0\.0\.1:\d{5}/, "127.0.0.1:34543");

/** Bytes in which escapes can be looked for. */
const readable = (bytes: string): string => bytes.replaceAll("\x1b", "ESC");

/** The cursor is shown, the alternate screen left, and nothing is written after that. */
const RESTORED = /ESC\[\?25h(?:ESC\[H|ESC\[2J)*ESC\[\?1049l(?:ESC\[\?2026l)?$/;
const COLOUR = /ESC\[[\d;]*\b(3[0-9]|4[0-9]|9[0-7]|10[0-7])\b[\d;]*m/;

describe("the wallboard", () => {
  it.each([
    [60, 18],
    [80, 24],
    [120, 36],
    [200, 50],
  ])("draws a run on %ix%i", async (columns, rows) => {
    const board = await live(columns, rows);
    await expect(asSeen(board)).toMatchFileSnapshot(`__screens__/${columns}x${rows}.txt`);
    expect(readable(board.bytes)).toMatch(COLOUR);
  });

  it("has letters for colours with NO_COLOR", async () => {
    const board = await live(80, 24, { NO_COLOR: "1" });
    await expect(asSeen(board)).toMatchFileSnapshot("__screens__/80x24-no-colour.txt");
    expect(readable(board.bytes)).not.toMatch(COLOUR);
  });

  it("says what it needs on a terminal that is too small, and draws once that has grown", async () => {
    const board = await live(80, 24);
    board.resize(40, 10);
    await board.shows(/The board needs 60x18; this/);
    board.resize(120, 36);
    await board.shows(/decisions and acts/);
    board.resize(80, 24);
    await board.shows(LAST_SECOND);
  });

  it("says since when the server is lost, keeps what it last saw, and goes on when it is back", async () => {
    const board = await live(80, 24);
    server.stop();
    await board.shows(/LOST since \d\d:\d\d:\d\d \([1-9]\d* s\)/);
    expect(board.screen).toContain("no server answers there");
    expect(board.screen).toContain("camera");
    await server.start();
    server.send(snapshots.at(-1)!);
    await board.shows(LAST_SECOND);
  });

  it.each([
    ["q", 0],
    ["\x03", 0],
  ])("leaves on the key %j, and the terminal as it was", async (key, code) => {
    const board = await live(80, 24);
    board.press(key);
    expect(await board.ended).toBe(code);
    expect(readable(board.bytes)).toMatch(RESTORED);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ])("leaves on %s while it connects, and the terminal as it was", async (signal, code) => {
    const board = await open(80, 24);
    board.kill(signal);
    expect(await board.ended).toBe(code);
    expect(readable(board.bytes)).toMatch(RESTORED);
  });
});

describe("missile-wallboard without a board", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });

  it.each([
    [[], /missing required argument 'address'/],
    [["a", "b"], /too many arguments/],
    [["--colour", "a"], /unknown option '--colour'/],
    [["--tokenfile", "a"], /unknown option '--tokenfile' \(Did you mean --token-file\?\)/],
    [["34543"], /the board needs a terminal/],
  ])("%j is one line and exit code 2", (args, line) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^missile-wallboard: [^\n]*\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("has help", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--token-file");
  });
});
