/**
 * Writes graphs. Each method adds one node, with the parameters it needs, and returns what the node computes,
 * so that a network's file reads like its paper. Nodes are named by their scope, kind and number:
 * "layer1.0.conv2".
 */
import { MissileError } from "../core/error.ts";
import type {
  ActivationFunction,
  ElementType,
  Graph,
  Node,
  Op,
  Padding,
  Pair,
  Role,
  Shape,
  Tensor,
} from "./graph.ts";
import { showShape } from "./graph.ts";
import { inferShapes, resultType } from "./shapes.ts";

export interface ConvOptions {
  readonly out: number;
  /** Side of the square kernel. Default 1. */
  readonly kernel?: number;
  readonly stride?: number;
  /** On every side. Default: as much as leaves the size unchanged at stride 1. */
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Default false: a batch norm follows. */
  readonly bias?: boolean;
}

export interface PoolOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding?: number;
}

const square = (side: number): Pair => [side, side];
const around = (pad: number): Padding => [pad, pad, pad, pad];

export class GraphBuilder {
  readonly batch: number;
  readonly #name: string;
  readonly #nodes: Node[] = [];
  readonly #inputs: Tensor[] = [];
  readonly #parameters: Tensor[] = [];
  readonly #numbers = new Map<string, number>();
  #scope = "";

  /** batch: images or sequences an inference, a positive integer. Throws MissileError("badBatch"). */
  constructor(name: string, batch: number) {
    if (!Number.isSafeInteger(batch) || batch < 1)
      throw new MissileError(`${name}: batch ${batch} is not a positive integer`, "badBatch");
    this.#name = name;
    this.batch = batch;
  }

  /** Nodes added by `body` are named inside `name`. */
  scope<T>(name: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${name}.`;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  input(name: string, shape: Shape, type: ElementType = "float32"): Tensor {
    const tensor: Tensor = { name, shape, type, role: "input" };
    this.#inputs.push(tensor);
    return tensor;
  }

  /** A trained tensor that several nodes may share, or that no layer here owns. */
  weight(name: string, shape: Shape): Tensor {
    return this.#parameter(`${this.#scope}${name}`, shape, "weight");
  }

  /** Fixed indices, row-major. */
  indices(name: string, shape: Shape, values: readonly number[]): Tensor {
    const tensor: Tensor = { name: `${this.#scope}${name}`, shape, type: "int32", role: "constant", values };
    this.#parameters.push(tensor);
    return tensor;
  }

  conv(x: Tensor, options: ConvOptions): Tensor {
    const { out, kernel = 1, stride = 1, dilation = 1, groups = 1, bias = false } = options;
    const pad = options.padding ?? Math.floor(((kernel - 1) * dilation) / 2);
    const name = this.#next("conv");
    const inputs = [x, this.#parameter(`${name}.weight`, [out, (x.shape[1] ?? 0) / groups, kernel, kernel])];
    if (bias) inputs.push(this.#parameter(`${name}.bias`, [out]));
    const op: Op = {
      kind: "conv",
      stride: square(stride),
      padding: around(pad),
      dilation: square(dilation),
      groups,
    };
    return this.#add(name, op, inputs);
  }

  linear(x: Tensor, out: number): Tensor {
    const name = this.#next("linear");
    const weight = this.#parameter(`${name}.weight`, [out, x.shape.at(-1) ?? 0]);
    return this.#add(name, { kind: "linear" }, [x, weight, this.#parameter(`${name}.bias`, [out])]);
  }

  matmul(a: Tensor, b: Tensor, { transposeB = false, alpha = 1 } = {}): Tensor {
    return this.#add(this.#next("matmul"), { kind: "matmul", transposeB, alpha }, [a, b]);
  }

  batchNorm(x: Tensor, epsilon = 1e-5): Tensor {
    const name = this.#next("norm");
    const shape = [x.shape[1] ?? 0];
    return this.#add(name, { kind: "batchNorm", epsilon }, [
      x,
      this.#parameter(`${name}.gain`, shape),
      this.#parameter(`${name}.shift`, shape),
      this.#parameter(`${name}.mean`, shape, "statistic"),
      this.#parameter(`${name}.variance`, shape, "statistic"),
    ]);
  }

  layerNorm(x: Tensor, epsilon = 1e-5): Tensor {
    const name = this.#next("norm");
    const shape = [x.shape.at(-1) ?? 0];
    const inputs = [x, this.#parameter(`${name}.gain`, shape), this.#parameter(`${name}.shift`, shape)];
    return this.#add(name, { kind: "layerNorm", epsilon }, inputs);
  }

  activation(x: Tensor, name: ActivationFunction): Tensor {
    return this.#add(this.#next(name), { kind: "activation", function: name }, [x]);
  }

  relu(x: Tensor): Tensor {
    return this.activation(x, "relu");
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.#add(this.#next("add"), { kind: "add" }, [a, b]);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.#add(this.#next("sub"), { kind: "sub" }, [a, b]);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.#add(this.#next("mul"), { kind: "mul" }, [a, b]);
  }

  softmax(x: Tensor, axis: number): Tensor {
    return this.#add(this.#next("softmax"), { kind: "softmax", axis }, [x]);
  }

  maxPool(x: Tensor, options: PoolOptions & { readonly ceilMode?: boolean }): Tensor {
    const { kernel, stride, padding = 0, ceilMode = false } = options;
    const window = { kernel: square(kernel), stride: square(stride), padding: around(padding) };
    return this.#add(this.#next("maxPool"), { kind: "maxPool", ...window, ceilMode }, [x]);
  }

  avgPool(x: Tensor, options: PoolOptions & { readonly countPadding?: boolean }): Tensor {
    const { kernel, stride, padding = 0, countPadding = true } = options;
    const window = { kernel: square(kernel), stride: square(stride), padding: around(padding) };
    return this.#add(this.#next("avgPool"), { kind: "avgPool", ...window, countPadding }, [x]);
  }

  mean(x: Tensor, axes: readonly number[], { keepDims = false } = {}): Tensor {
    return this.#add(this.#next("mean"), { kind: "reduce", function: "mean", axes, keepDims }, [x]);
  }

  /** [n, c, h, w] to [n, c]. */
  globalAvgPool(x: Tensor): Tensor {
    return this.mean(x, [2, 3]);
  }

  gather(data: Tensor, indices: Tensor, axis = 0): Tensor {
    return this.#add(this.#next("gather"), { kind: "gather", axis }, [data, indices]);
  }

  /** Rows of a new table of `entries` vectors of `width`, one an id. */
  embedding(ids: Tensor, entries: number, width: number): Tensor {
    const name = this.#next("embedding");
    return this.#add(name, { kind: "gather", axis: 0 }, [
      this.#parameter(`${name}.table`, [entries, width]),
      ids,
    ]);
  }

  concat(inputs: readonly Tensor[], axis: number): Tensor {
    return this.#add(this.#next("concat"), { kind: "concat", axis }, inputs);
  }

  /** Consecutive pieces of `sizes` along the axis. */
  split(x: Tensor, axis: number, sizes: readonly number[]): readonly Tensor[] {
    return this.#addNode(this.#next("split"), { kind: "split", axis, sizes }, [x]).outputs;
  }

  /** Entries start ... end - 1 of the axis. */
  slice(x: Tensor, axis: number, start: number, end: number): Tensor {
    return this.#add(this.#next("slice"), { kind: "slice", axis, start, end }, [x]);
  }

  pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
    return this.#add(this.#next("pad"), { kind: "pad", before, after }, [x]);
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    return this.#add(this.#next("reshape"), { kind: "reshape", shape }, [x]);
  }

  transpose(x: Tensor, permutation: readonly number[]): Tensor {
    return this.#add(this.#next("transpose"), { kind: "transpose", permutation }, [x]);
  }

  build(outputs: readonly Tensor[]): Graph {
    return {
      name: this.#name,
      batch: this.batch,
      inputs: this.#inputs,
      outputs,
      parameters: this.#parameters,
      nodes: this.#nodes,
    };
  }

  #next(kind: string): string {
    const key = this.#scope + kind;
    const number = (this.#numbers.get(key) ?? 0) + 1;
    this.#numbers.set(key, number);
    return `${key}${number}`;
  }

  #parameter(name: string, shape: Shape, role: Role = "weight"): Tensor {
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent > 0))
      throw new MissileError(`${this.#name}/${name}: ${showShape(shape)} is no shape`, "badGraph");
    const tensor: Tensor = { name, shape, type: "float32", role };
    this.#parameters.push(tensor);
    return tensor;
  }

  #add(name: string, op: Op, inputs: readonly Tensor[]): Tensor {
    return this.#addNode(name, op, inputs).outputs[0] as Tensor;
  }

  #addNode(name: string, op: Op, inputs: readonly Tensor[]): Node {
    const shapes = inferShapes(
      `${this.#name}/${name}`,
      op,
      inputs.map((input) => input.shape),
    );
    const type = resultType(op, inputs);
    const outputs = shapes.map((shape, index): Tensor => {
      const suffix = shapes.length > 1 ? `.${index}` : "";
      return { name: name + suffix, shape, type, role: "activation" };
    });
    const node: Node = { name, op, inputs: [...inputs], outputs };
    this.#nodes.push(node);
    return node;
  }
}
