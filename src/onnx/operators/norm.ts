/** Norms, softmax, and sums over axes. */
import { elementCount, type ReduceFunction } from "../../models/graph.ts";
import { axesFrom, axisFrom, type Call, type Operator, type Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import { makeValue } from "../value.ts";
import type { Entry } from "../writer.ts";

function batchNormalization(call: Call): Entry {
  if (call.attributes.int("training_mode", 0) === 1) throw new Unsupported("it is one of training");
  const [x, gain, shift, mean, variance] = call.inputs() as [Entry, Entry, Entry, Entry, Entry];
  const op = { kind: "batchNorm", epsilon: call.attributes.float("epsilon", 1e-5) } as const;
  return call.emit(op, x, gain, shift, mean, variance);
}

/** Over all axes from one on, which are joined to one. */
function layerNormalization(call: Call): Entry {
  if (call.outputCount > 1) throw new Unsupported("it gives mean or deviation too");
  const x = call.input(0);
  const axis = axisFrom(call.attributes.int("axis", -1), x.shape.length);
  const width = elementCount(x.shape.slice(axis));
  const rows = call.reshape(x, [...x.shape.slice(0, axis), width]);
  const gain = call.reshape(call.input(1), [width]);
  const given = call.optional(2);
  const shift =
    given === undefined ? makeValue("float", [width], new Float32Array(width)) : call.reshape(given, [width]);
  const op = { kind: "layerNorm", epsilon: call.attributes.float("epsilon", 1e-5) } as const;
  return call.reshape(call.emit(op, rows, gain, shift), x.shape);
}

/** A tensor [n, c, ...] as images, through a norm over groups of channels. */
function normGroups(call: Call, groups: number, gain: Entry, shift: Entry): Entry {
  const x = call.input(0);
  const [batch = 1, channels = 1, ...extents] = x.shape;
  const image = x.shape.length === 4 ? x : call.reshape(x, [batch, channels, 1, elementCount(extents)]);
  const op = { kind: "groupNorm", groups, epsilon: call.attributes.float("epsilon", 1e-5) } as const;
  return call.reshape(call.emit(op, image, gain, shift), x.shape);
}

function instanceNormalization(call: Call): Entry {
  return normGroups(call, call.shape(0)[1] as number, call.input(1), call.input(2));
}

/** Before opset 21, gain and shift have an entry a group; since then one a channel. */
function groupNormalization(call: Call): Entry {
  const groups = call.attributes.int("num_groups", 1);
  const channels = call.shape(0)[1] as number;
  const perChannel = (x: Entry): Entry => {
    if (x.shape[0] === channels) return x;
    const repeated = call.emit(
      { kind: "expand", shape: [groups, channels / groups] },
      call.reshape(x, [groups, 1]),
    );
    return call.reshape(repeated, [channels]);
  };
  return normGroups(call, groups, perChannel(call.input(1)), perChannel(call.input(2)));
}

/** Before opset 13, over all axes from one on together. */
const softmax =
  (kind: "softmax" | "logSoftmax"): Operator =>
  (call) => {
    const x = call.input(0);
    const rank = x.shape.length;
    const axis = axisFrom(call.attributes.int("axis", call.opset < 13 ? 1 : -1), rank);
    if (call.opset >= 13 || axis === rank - 1) return call.emit({ kind, axis }, x);
    const rows = call.reshape(x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))]);
    return call.reshape(call.emit({ kind, axis: 1 }, rows), x.shape);
  };

const reduce =
  (name: ReduceFunction): Operator =>
  (call) => {
    const x = call.input(0);
    const axes = axesFrom(call.list(1, "axes") ?? [], x.shape.length);
    if (axes.length === 0 && call.attributes.int("noop_with_empty_axes", 0) === 1) return x;
    const over = axes.length === 0 ? [...x.shape.keys()] : axes.toSorted((a, b) => a - b);
    return call.emit(
      { kind: "reduce", function: name, axes: over, keepDims: call.attributes.int("keepdims", 1) === 1 },
      x,
    );
  };

const reduceLogSum: Operator = (call) =>
  call.emit({ kind: "activation", function: "log" }, reduce("sum")(call) as Entry);

export const NORM_OPERATORS: Operators = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  Softmax: softmax("softmax"),
  LogSoftmax: softmax("logSoftmax"),
  ReduceSum: reduce("sum"),
  ReduceMean: reduce("mean"),
  ReduceMax: reduce("max"),
  ReduceMin: reduce("min"),
  ReduceProd: reduce("prod"),
  ReduceSumSquare: reduce("sumSquare"),
  ReduceL1: reduce("l1"),
  ReduceL2: reduce("l2"),
  ReduceLogSumExp: reduce("logSumExp"),
  ReduceLogSum: reduceLogSum,
};
