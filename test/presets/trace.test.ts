import { describe, expect, it } from "vitest";
import { readCsvTrace } from "../../src/presets/trace-csv.ts";
import { readDisbFile } from "../../src/presets/trace-disb.ts";
import { readOffsetsTrace } from "../../src/presets/trace-offsets.ts";
import { expectRefusal, scratchFile } from "./scratch.ts";

const MS = 1e6;
const inMs = (load: { offsetsNs: readonly number[]; periodNs: number }) => ({
  offsetsMs: load.offsetsNs.map((offset) => offset / MS),
  periodMs: load.periodNs / MS,
});

describe("whitespace-separated offsets", () => {
  const read = (text: string) => readOffsetsTrace(scratchFile("offsets.txt", text));

  it("are milliseconds, sorted, and repeat every minute", () => {
    expect(inMs(read("0 101.5\n199\t42\r\n59999.5\n"))).toEqual({
      offsetsMs: [0, 42, 101.5, 199, 59_999.5],
      periodMs: 60_000,
    });
  });

  it.each([
    ["0 100\n 2oo 300", ":2:2:", '"2oo" is not a number'],
    ["0\n\n7 -3", ":3:3:", "-3 ms is before the start"],
    ["0 60000", ":1:3:", "beyond 60000 ms"],
    [" \n ", ":1:1:", "no offsets"],
  ])("say what is wrong in %j and where", (text, ...parts) => {
    expectRefusal(() => read(text), "traceSyntax", "offsets.txt", ...parts);
  });

  it("say which file cannot be read", () => {
    expectRefusal(() => readOffsetsTrace("/nowhere/trace.txt"), "fileNotReadable", "/nowhere/trace.txt");
  });
});

describe("CSV", () => {
  const read = (text: string) => readCsvTrace(scratchFile("arrivals.csv", text));

  it("without a header: the first column, in ms, from the earliest row, repeating after one mean gap more", () => {
    expect(inMs(read("1000,7\n1300,8\n1100,9\n"))).toEqual({ offsetsMs: [0, 100, 300], periodMs: 450 });
  });

  it.each([
    ["timestamp", 1],
    ["Timestamp_ms", 1],
    ["timestamp_s", 1000],
    ["time (us)", 1e-3],
    ["arrival[ns]", 1e-6],
    ["arrival_time", 1],
  ])("finds the column %j and its unit", (header, msPerUnit) => {
    const { offsetsMs, periodMs } = inMs(read(`id,${header}\na,0\nb,4\n\nc,12\n`));
    expect(offsetsMs).toEqual([0, 4 * msPerUnit, 12 * msPerUnit]);
    expect(periodMs).toBeCloseTo(18 * msPerUnit, 9);
  });

  it("takes semicolons and tabs, and separators within quotes", () => {
    expect(inMs(read('note;ts\n"a; ""b""";1\nc;3\n')).offsetsMs).toEqual([0, 2]);
    expect(inMs(read("note\tts\r\na\t1\r\nb\t3\r\n")).offsetsMs).toEqual([0, 2]);
  });

  it.each([
    ["id,when\na,1\n", ":1:1:", 'no column of times among "id", "when"'],
    ["id,ts\na,1\nbb,soon\n", ":3:4:", '"soon" is not a number'],
    ["id,ts\na,1\nb\n", ":3:1:", "the row ends before column 2"],
    ["ts\n5\n5\n", ":3:1:", "at least two different times"],
    ["", ":1:1:", "at least two different times"],
  ])("says what is wrong in %j and where", (text, ...parts) => {
    expectRefusal(() => read(text), "traceSyntax", "arrivals.csv", ...parts);
  });
});

describe("DISB JSON", () => {
  const read = (text: string) => readDisbFile(scratchFile("disb.json", text));

  it("gives a load a task; arrivals at the file's end and later never happen", () => {
    const tasks = read(`{
      "time": 2,
      "tasks": [
        { "id": "cam", "client": { "model_name": "vgg19", "batch_size": 4, "port": 1 },
          "load": { "type": "trace", "trace": [150, 0, 1999, 2000, 3100] } },
        { "id": "bulk", "load": { "type": "continuous" } },
        { "id": "tick", "load": { "type": "periodic", "frequency": 20, "priority": 0 } },
        { "id": "talk", "load": { "type": "poisson", "frequency": 5 } }
      ]
    }`);
    expect(tasks).toEqual([
      {
        id: "cam",
        modelName: "vgg19",
        batch: 4,
        load: { kind: "trace", offsetsNs: [0, 150 * MS, 1999 * MS], periodNs: 2000 * MS },
      },
      { id: "bulk", batch: 1, load: { kind: "closed", inFlight: 1, thinkNs: 0 } },
      { id: "tick", batch: 1, load: { kind: "uniform", ratePerS: 20 } },
      { id: "talk", batch: 1, load: { kind: "poisson", ratePerS: 5 } },
    ]);
  });

  const task = (load: string, id = "a"): string => `\n { "id": "${id}", "load": ${load} }`;
  const file = (...tasks: string[]): string => `{ "time": 2, "tasks": [${tasks.join(",")}] }`;
  const continuous = task('{ "type": "continuous" }');

  it.each([
    ["a load of another type", file(task('{ "type": "dependent" }')), ":2:33:", 'must be "trace"'],
    ["an offset that is no number", file(task('{ "type": "trace", "trace": [1, "x"] }')), ":2:55:", "number"],
    ["a trace beyond the time", file(task('{ "type": "trace", "trace": [2000] }')), ":2:51:", 'raise "time"'],
    ["a task's name twice", file(continuous, continuous), ":3:10:", 'a second task of the name "a"'],
    ["no time", '{\n "tasks": [] }', ":1:1:", "time"],
  ])("says where there is %s", (_, text, ...parts) => {
    expectRefusal(() => read(text), "yamlSchema", "disb.json", ...parts);
  });

  it("says where the JSON breaks off", () => {
    expectRefusal(() => read('{ "time": 2,\n "tasks": ['), "yamlSyntax", "disb.json:2:");
  });
});
