/** What a file may say, and what is answered where it says something else. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeOnnx } from "../../src/onnx/export.ts";
import { fromBrainFloat, fromHalf } from "../../src/onnx/half.ts";
import { importOnnx } from "../../src/onnx/import.ts";
import type { TensorProto, Written } from "../../src/onnx/proto.ts";
import { constant, floats, folder, integers, type ModelSpec, node, writeModel } from "./models.ts";

const x = { x: { shape: [2, 3] } };
const outputs = { y: "float" } as const;

let files = 0;
const written = (spec: Partial<ModelSpec>): string =>
  writeModel(`model ${files++}`, { nodes: [node("Relu", "x", "y")], inputs: x, outputs, ...spec });

/** Values of the only parameter of a model that adds it to its input. */
function added(tensor: Written<TensorProto>): number[] {
  const file = written({ nodes: [node("Add", "x w", "y")], initializers: [{ name: "w", ...tensor }] });
  const { graph, values } = importOnnx(file);
  return [...values(graph.parameters[0]!)];
}

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

describe("a tensor", () => {
  const [dims, wanted] = [[3], [1.5, -2, 0]];
  const forms: readonly [string, Written<TensorProto>][] = [
    ["floats", { dims, dataType: 1, floatData: wanted }],
    ["raw floats", { dims, dataType: 1, rawData: bytesOf(Float32Array.from(wanted)) }],
    ["doubles", { dims, dataType: 11, doubleData: wanted }],
    ["raw doubles", { dims, dataType: 11, rawData: bytesOf(Float64Array.from(wanted)) }],
    ["raw halves", { dims, dataType: 10, rawData: bytesOf(Uint16Array.of(0x3e00, 0xc000, 0)) }],
    ["halves as integers", { dims, dataType: 10, int32Data: [0x3e00, 0xc000, 0] }],
    ["brain floats", { dims, dataType: 16, int32Data: [0x3fc0, 0xc000, 0] }],
  ];
  it.each(forms)("may be written as %s", (_, tensor) => {
    expect(added(tensor)).toEqual(wanted);
  });

  const whole: readonly [string, Written<TensorProto>][] = [
    ["int64", { dataType: 7, int64Data: [2, 0] }],
    ["raw int64", { dataType: 7, rawData: bytesOf(BigInt64Array.of(2n, 0n)) }],
    ["int32", { dataType: 6, int32Data: [2, 0] }],
    ["raw int32", { dataType: 6, rawData: bytesOf(Int32Array.of(2, 0)) }],
    ["raw uint8", { dataType: 2, rawData: Uint8Array.of(2, 0) }],
    ["uint64", { dataType: 13, uint64Data: [2, 0] }],
  ];
  it.each(whole)("of indices may be written as %s", (_, tensor) => {
    const indices = { name: "i", dims: [2], ...tensor };
    const file = written({ nodes: [node("Gather", "x i", "y", { axis: 1 })], initializers: [indices] });
    expect(importOnnx(file).graph.parameters[0]?.values).toEqual([2, 0]);
  });

  const inFile = (location: string, offset: string, length: string) => ({
    dims,
    dataType: 1,
    dataLocation: 1,
    externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value })),
  });

  it("may lie in a file beside the model", () => {
    writeFileSync(join(folder, "weights.bin"), bytesOf(Float32Array.from([9, ...wanted])));
    expect(added(inFile("weights.bin", "4", "12"))).toEqual(wanted);
  });

  const damaged: readonly [Written<TensorProto>, string][] = [
    [{ dims, dataType: 1, floatData: [1] }, "its shape has 3 elements, and there are 1"],
    [{ dims, dataType: 1, rawData: Uint8Array.of(1, 2) }, "3 elements need 12 bytes, and there are 2"],
    [{ dims, dataType: 8 }, "elements of type 8 are not supported"],
    [inFile("../secret", "0", "12"), 'its data is in "../secret", which is not beside the model'],
    [inFile("/etc/passwd", "0", "12"), 'its data is in "/etc/passwd", which is not beside the model'],
    [inFile("nowhere", "0", "12"), `its data is in ${join(folder, "nowhere")}, which cannot be read`],
    [inFile("weights.bin", "12", "12"), `${join(folder, "weights.bin")} ends before its data does`],
    [inFile("weights.bin", "0", "4"), "its shape needs 12 bytes, and its external data has 4"],
  ];
  it.each(damaged)("that is not all there is told: %o", (tensor, reason) => {
    writeFileSync(join(folder, "weights.bin"), bytesOf(Float32Array.from([9, ...wanted])));
    expect(() => added(tensor)).toThrow(
      expect.objectContaining({ code: "badOnnx", message: expect.stringContaining(`tensor "w": ${reason}`) }),
    );
  });

  it("of halves: subnormal, infinite, not a number", () => {
    expect(fromHalf(0x0001)).toBe(2 ** -24);
    expect(fromHalf(0x7bff)).toBe(65504);
    expect(fromHalf(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
    expect(fromHalf(0x7e00)).toBeNaN();
    expect(fromBrainFloat(0xff80)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("a shape", () => {
  const open = { inputs: { x: { shape: ["batch", 3] } } };

  it("that the file leaves open is fixed by name, or alone", () => {
    const file = written(open);
    for (const name of ["x", ""])
      expect(importOnnx(file, { shapes: new Map([[name, [4, 3]]]) }).graph.inputs[0]?.shape).toEqual([4, 3]);
    expect(importOnnx(file, { shapes: new Map([["x", [4, 3]]]) }).graph.batch).toBe(4);
  });

  const mistakes: readonly [string, [string, number[]][], string][] = [
    ["is missing", [], 'input "x" has shape [batch, 3]; fix it, as in --shape x=1x3'],
    ["does not fit", [["x", [4, 5]]], 'input "x" has shape [batch, 3], which 4x5 does not fit'],
    ["has another rank", [["x", [4, 3, 1]]], 'input "x" has shape [batch, 3], which 4x3x1 does not fit'],
    ["is of no input", [["z", [4, 3]]], 'has no input "z"; its inputs: x'],
  ];
  it.each(mistakes)("that %s is told", (_, shapes, reason) => {
    expect(() => importOnnx(written(open), { shapes: new Map(shapes) })).toThrow(
      expect.objectContaining({ code: "badShape", message: expect.stringContaining(reason) }),
    );
  });

  it("of no name is told where there are several inputs", () => {
    const file = written({
      nodes: [node("Add", "x z", "y")],
      inputs: { x: { shape: ["n"] }, z: { shape: ["n"] } },
    });
    expect(() => importOnnx(file, { shapes: new Map([["", [4]]]) })).toThrow(
      "say whose shape it is, as in --shape x=4",
    );
  });

  it("is computed while the file is read", () => {
    const file = written({
      nodes: [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "rows"),
        node("Unsqueeze", "rows axes", "first"),
        node("Div", "first two", "half"),
        constant("rest", integers("", [-1])),
        node("Concat", "half rest", "target", { axis: 0 }),
        node("Reshape", "x target", "y"),
      ],
      ...open,
      initializers: [integers("zero", [0], []), integers("axes", [0]), integers("two", [2])],
    });
    const { graph } = importOnnx(file, { shapes: new Map([["x", [4, 3]]]) });
    expect(graph.nodes.map(({ op }) => op)).toEqual([{ kind: "reshape", shape: [2, 6] }]);
  });
});

describe("what is known beforehand", () => {
  it("is computed beforehand: a mask of positions", () => {
    const file = written({
      nodes: [
        node("Range", "zero three one", "row"),
        node("Unsqueeze", "row axes", "column"),
        node("GreaterOrEqual", "column row", "sees"),
        node("Where", "sees nothing far", "mask"),
        node("Add", "x mask", "y"),
      ],
      inputs: { x: { shape: [3, 3] } },
      initializers: [
        ...["zero", "three", "one"].map((name, index) => integers(name, [[0, 3, 1][index]!], [])),
        integers("axes", [1]),
        floats("nothing", [], [0]),
        floats("far", [], [Number.NEGATIVE_INFINITY]),
      ],
    });
    const { graph, values } = importOnnx(file);
    expect(graph.nodes.map(({ op }) => op.kind)).toEqual(["add"]);
    // Memory of networks holds finite numbers alone.
    const far = -3.4028234663852886e38;
    expect([...values(graph.parameters[0]!)]).toEqual([0, far, far, 0, 0, far, 0, 0, 0]);
  });

  it("chooses the branch of an If", () => {
    const branch = (opType: string) => ({
      name: opType,
      node: [node(opType, "x", "z")],
      initializer: [],
      input: [],
      output: [{ name: "z" }],
    });
    const choice = node("If", "c", "y");
    const file = written({
      nodes: [
        {
          ...choice,
          attribute: [
            { name: "then_branch", type: 5, g: branch("Relu") },
            { name: "else_branch", type: 5, g: branch("Tanh") },
          ],
        },
      ],
      initializers: [{ name: "c", dims: [], dataType: 9, int32Data: [0] }],
    });
    expect(importOnnx(file).graph.nodes.map(({ op }) => op)).toEqual([
      { kind: "activation", function: "tanh" },
    ]);
  });

  it("stands in for functions that the file makes of others", () => {
    const file = written({
      nodes: [node("Twice", "x", "h", { slope: { float: 0.5 } }, "own"), node("Relu", "h", "y")],
      functions: [
        {
          name: "Twice",
          domain: "own",
          input: ["a"],
          output: ["c"],
          node: ["a b", "b c"].map((ends) => ({
            ...node("LeakyRelu", ends.split(" ")[0]!, ends.split(" ")[1]!),
            attribute: [{ name: "alpha", type: 1, refAttrName: "slope" }],
          })),
          attributeProto: [],
        },
      ],
    });
    const leaky = { kind: "leakyRelu", slope: 0.5 };
    expect(importOnnx(file).graph.nodes.map(({ op }) => op)).toEqual([
      leaky,
      leaky,
      { kind: "activation", function: "relu" },
    ]);
  });
});

describe("a network's outputs", () => {
  it("keep their names, and each is the result of a node", () => {
    const file = written({
      nodes: [node("Relu", "x", "a"), node("Identity", "a", "b"), node("Identity", "x", "c")],
      outputs: { a: "float", b: "float", c: "float" },
    });
    const { graph } = importOnnx(file);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const results = graph.nodes.flatMap((made) => made.outputs);
    for (const output of graph.outputs) expect(results).toContain(output);
  });
});

describe("a file that cannot be read", () => {
  it("names everything that is not supported, and nothing that only follows from it", () => {
    const file = written({
      nodes: [
        node("Det", "x", "a"),
        node("Relu", "a", "b"),
        node("Frob", "b", "c", {}, "other"),
        node("Slice", "x n m", "d"),
        node("Add", "c d", "y"),
      ],
      inputs: { ...x, n: { shape: [1], type: "int64" }, m: { shape: [1], type: "int64" } },
    });
    expect(() => importOnnx(file)).toThrow(
      expect.objectContaining({
        code: "unsupportedOnnx",
        message: expect.stringMatching(
          /: 3 nodes are not supported: node "Det_\d+" \(Det\): no such operator is known here; node "Frob_\d+" \(Frob\): no operators of "other" are known here; node "Slice_\d+" \(Slice\): its starts is computed at run time$/,
        ),
      }),
    );
  });

  it("is told where shapes do not fit", () => {
    const file = written({ nodes: [node("Add", "x w", "y")], initializers: [floats("w", [4])] });
    expect(() => importOnnx(file)).toThrow(
      /a node is not supported: node "Add_\d+" \(Add\): .*its operands do not broadcast/,
    );
  });

  it("is told where elements do not fill a shape", () => {
    const file = written({ nodes: [node("Reshape", "x s", "y")], initializers: [integers("s", [4, -1])] });
    expect(() => importOnnx(file)).toThrow(/\(Reshape\): 6 elements do not fill \[4, -1\]/);
  });

  it("is told where its opset is not known", () => {
    for (const opset of [10, 24])
      expect(() => importOnnx(written({ opset }))).toThrow(`has opset ${opset}, and 11 to 23 are known`);
  });

  it("is told where it is none, or not there", () => {
    const file = join(folder, "text.onnx");
    writeFileSync(file, "no protocol buffer");
    expect(() => importOnnx(file)).toThrow(expect.objectContaining({ code: "badOnnx" }));
    expect(() => importOnnx(join(folder, "absent.onnx"))).toThrow(
      expect.objectContaining({ code: "noSuchFile" }),
    );
  });
});

describe("a file that is written", () => {
  it("has large weights beside it", () => {
    const file = written({ nodes: [node("Add", "x w", "y")], initializers: [floats("w", [3], [1, 2, 3])] });
    const exported = join(folder, "large.onnx");
    writeOnnx(importOnnx(file), exported, { mostInlineBytes: 8 });
    const { graph, values } = importOnnx(exported);
    expect([...values(graph.parameters[0]!)]).toEqual([1, 2, 3]);
  });

  it("is told where it cannot be", () => {
    const network = importOnnx(written({}));
    expect(() => writeOnnx(network, join(folder, "no", "such.onnx"))).toThrow(
      expect.objectContaining({ code: "cannotWrite" }),
    );
  });
});
