/** The contents of a graph's parameters: trained ones of a file, or seeded ones. */
import type { Graph, Tensor } from "./graph.ts";

export type TensorValues = Float32Array | Int32Array;

/** Row-major contents of a parameter of the graph, whole. */
export type ParameterValues = (tensor: Tensor) => TensorValues;

/** A network whose weights are known. */
export interface TrainedNetwork {
  readonly graph: Graph;
  readonly values: ParameterValues;
}
