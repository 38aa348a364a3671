/** The command line: Missile's order, and what is told of slips. */
import { CommanderError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ClientKind, readArguments } from "../../src/clients/arguments.ts";
import { MissileError } from "../../src/core/error.ts";

const kind: ClientKind = {
  name: "missile_client_test",
  summary: "Is tested.",
  argument: { name: "RATE", says: "a second" },
  loadOf: (text) => ({ kind: "poisson", ratePerS: Number(text) }),
};

const good = ["orion", "34544", "models", "resnet", "0", "65536", "200000", "50", "log.csv"];

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a command line", () => {
  it("is in Missile's order", () => {
    expect(readArguments(kind, [...good, "--seed", "5"])).toEqual({
      scheduler: "orion",
      server: "127.0.0.1:34544",
      modelDir: "models",
      modelName: "resnet",
      isRealTime: false,
      vramKiB: 65536,
      nice: 200000,
      logFile: "log.csv",
      load: { kind: "poisson", ratePerS: 50 },
      seed: 5,
      sloMs: 0,
      estimatedMs: 0,
      blobs: false,
    });
  });

  it("has options behind its arguments or before them", () => {
    const options = [
      "--duration",
      "1.5",
      "--slo-ms",
      "40",
      "--estimated-ms",
      "12",
      "--concurrency",
      "3",
      "--blobs",
    ];
    const told = { duration: 1.5, sloMs: 40, estimatedMs: 12, concurrency: 3, blobs: true };
    expect(readArguments(kind, [...good, ...options])).toMatchObject(told);
    expect(readArguments(kind, [...options, ...good])).toMatchObject(told);
  });

  it("names another machine, or a socket", () => {
    const server = (word: string): string => readArguments(kind, good.toSpliced(1, 1, word)).server;
    expect([server("gpu7:34543"), server("unix:/run/missile.sock")]).toEqual([
      "gpu7:34543",
      "unix:/run/missile.sock",
    ]);
  });

  it("without a seed has another one each time", () => {
    const seeds = new Set(Array.from({ length: 20 }, () => readArguments(kind, good).seed));
    expect(seeds.size).toBeGreaterThan(1);
  });
});

describe("a slip", () => {
  const changed = (index: number, word: string): string[] => good.toSpliced(index, 1, word);

  it.each([
    ["too few words", good.slice(0, 8), /missing required argument 'LOG_FILE'/],
    ["too many words", [...good, "more"], /too many arguments/],
    ["a class that is none", changed(4, "maybe"), /must be 1 .* or 0/],
    ["a size that is none", changed(5, "1.5"), /whole number from 0 to 2147483647/],
    ["a nice beyond its field", changed(6, "2147483648"), /whole number from 0 to 2147483647/],
    ["a duration that is none", [...good, "--duration", "x"], /number of seconds above 0/],
    ["nothing in flight", [...good, "--concurrency", "0"], /whole number from 1/],
    ["an option that there is not", [...good, "--fast"], /unknown option '--fast'/],
  ])("is told in one line: %s", (_, words, message) => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(() => readArguments(kind, words)).toThrow(CommanderError);
    expect(stderr.mock.calls).toEqual([[expect.stringMatching(message)]]);
    expect(stderr.mock.calls[0]?.[0]).toMatch(/^missile_client_test: [^\n]*\n$/);
  });

  it("in the address is told by who reads addresses", () => {
    expect(() => readArguments(kind, changed(1, "70000"))).toThrow(
      new MissileError('"70000" is no address; write HOST:PORT, PORT or unix:PATH', "badAddress"),
    );
  });
});
