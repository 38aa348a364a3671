/** Activations, and the meeting with another tensor, as the last thing that a kernel does with its result. */
import type { Tensor } from "../models/graph.ts";
import type { Constants } from "./constants.ts";
import type { MapStep } from "./map-op.ts";
import type { Activation, Epilogue, Work } from "./work.ts";
import { ACTIVATIONS } from "./work.ts";

const HOSTS: ReadonlySet<string> = new Set(["conv", "linear", "matmul", "norm"]);

/** `host` with the elementwise `map` as its epilogue; null: it has no such one. */
export function withEpilogue(host: Work, map: Work, constants: Constants): Work | null {
  const result = host.outputs[0] as Tensor;
  const output = map.outputs[0] as Tensor;
  if (!HOSTS.has(host.op.kind) || map.op.kind !== "map" || map.op.steps.length !== 1) return null;
  if (output.type !== result.type || output.shape.join() !== result.shape.join()) return null;
  const epilogue = extended(host.epilogue, map, map.op.steps[0] as MapStep, result, constants);
  if (epilogue === null) return null;
  return { ...host, nodes: [...host.nodes, ...map.nodes], outputs: map.outputs, epilogue };
}

function extended(
  { activation, join, other, affine }: Epilogue,
  map: Work,
  { op, a, b }: MapStep,
  result: Tensor,
  constants: Constants,
): Epilogue | null {
  if (affine !== null) return null;
  if (map.inputs.length === 1) {
    const fits = activation === "none" && (join === "none" || join === "addBefore");
    return fits && isActivation(op) ? { activation: op, join, other, affine } : null;
  }
  if (join !== "none" || (op !== "add" && op !== "mul")) return null;
  const met = map.inputs[map.inputs[a] === result ? b : a] as Tensor;
  const isAlike = met.shape.join() === result.shape.join() && met.type === result.type;
  if (!isAlike || constants.has(met)) return null;
  if (op === "mul") return { activation, join: "multiplyAfter", other: met, affine };
  return { activation, join: activation === "none" ? "addBefore" : "addAfter", other: met, affine };
}

const isActivation = (op: string): op is Activation =>
  op !== "none" && (ACTIVATIONS as readonly string[]).includes(op);
