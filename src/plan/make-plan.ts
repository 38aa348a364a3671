/** From a trained network to the plan of its execution, and the weights as its kernels read them. */
import { MissileError } from "../core/error.ts";
import type { Tensor } from "../models/graph.ts";
import type { TrainedNetwork } from "../models/values.ts";
import type { Buffer, StoredType } from "./buffer.ts";
import { GRANULE_BYTES, sizeOf } from "./buffer.ts";
import { fold } from "./fold.ts";
import { fuse } from "./fuse.ts";
import type { LaidNetwork } from "./lay.ts";
import { lay } from "./lay.ts";
import { roundUp } from "./layout.ts";
import type { Task } from "./placer.ts";
import type { Plan, PlanKernel, PlanPort, PlanStorage, Precision } from "./plan.ts";
import type { Slot } from "./slots.ts";
import { assignSlots, lifetimesOf } from "./slots.ts";
import { stepsOf } from "./steps.ts";
import type { Stream } from "./stream.ts";
import { parameterBytes, placeParameters } from "./stream.ts";
import type { TunedTiles } from "./tiles.ts";

export interface PlanOptions {
  readonly precision: Precision;
  /** VRAM for parameters; all of them stay where it is as much as they are. Default: as much. */
  readonly reservedBytes?: number;
  /** Tiles that were measured. */
  readonly tiles?: TunedTiles;
}

/** A tensor of the weights file. Contents are made when asked for: they may be large. */
export interface PackedWeight {
  readonly name: string;
  readonly type: StoredType;
  readonly sizeBytes: number;
  readonly contents: () => Uint8Array;
}

export interface PlannedNetwork {
  readonly plan: Plan;
  /** In the order of the plan's parameters, each once. */
  readonly weights: readonly PackedWeight[];
}

/**
 * Throws MissileError("cannotPlan") for a node that no kernel can do, ("reservationTooSmall") where one kernel's parameters are more than
 * reservedBytes.
 */
export function plan(network: TrainedNetwork, options: PlanOptions): PlannedNetwork {
  const { graph } = network;
  const { works, constants } = fold(network);
  const laid = lay(graph, fuse(graph, works, constants), constants, options.precision, options.tiles ?? {});
  const tasks = laid.groups.flatMap((group) => group.tasks);
  if (tasks.length === 0)
    throw new MissileError(
      `${graph.name}: its outputs do not depend on its inputs; there is nothing to execute`,
      "cannotPlan",
    );
  const reservedBytes = options.reservedBytes ?? parameterBytes(tasks, GRANULE_BYTES);
  const stream = placeParameters(graph.name, tasks, reservedBytes, GRANULE_BYTES);
  const slots = assignSlots(lifetimesOf(tasks), GRANULE_BYTES);
  const storages = storagesOf(laid, stream, slots, options.precision);
  const inputs = portsOf(graph.inputs, laid.inputs);
  const outputs = portsOf(graph.outputs, laid.outputs);
  const kernels = kernelsOf(tasks, stream, slots);
  const ops = opsOf(laid);
  const multiplied = tf32Weights(tasks);
  const scheduled = { storages, inputs, outputs, ops, kernels, pieces: stream.pieces };
  const made: Plan = {
    format: 2,
    name: graph.name,
    batch: graph.batch,
    precision: options.precision,
    reservedBytes,
    inputs,
    outputs,
    storages,
    parameters: stream.pieces.map(({ buffer, firstByte }) => ({
      name: buffer.name,
      firstByte,
      sizeBytes: sizeOf(buffer),
      isTf32: multiplied.has(buffer),
    })),
    ops,
    kernels,
    cold: stepsOf(scheduled, true),
    warm: stepsOf(scheduled, false),
  };
  return { plan: made, weights: weightsOf(laid, stream) };
}

/** FP32 that tensor cores multiply. */
function tf32Weights(tasks: readonly Task[]): ReadonlySet<Buffer | undefined> {
  const onTiles = tasks.filter(({ kernel }) => /^conv_f32_\d/.test(kernel));
  return new Set(onTiles.map(({ reads }) => reads.weight));
}

function weightsOf({ parameters }: LaidNetwork, { pieces }: Stream): PackedWeight[] {
  const buffers = new Set(pieces.map(({ buffer }) => buffer));
  return [...buffers].map((buffer) => ({
    name: buffer.name,
    type: buffer.type,
    sizeBytes: sizeOf(buffer),
    contents: () => parameters.contentsOf(buffer),
  }));
}

function portsOf(tensors: readonly Tensor[], buffers: readonly Buffer[]): PlanPort[] {
  return tensors.map(({ name, shape, type }, index) => ({
    name,
    shape: [...shape],
    type,
    firstByte: (buffers[index] as Buffer).firstByte,
  }));
}

/** Parameters, input, output, then slots; counters last, where there are any. */
const [PARAMETERS, INPUT, OUTPUT, FIRST_SLOT] = [0, 1, 2, 3] as const;

function storagesOf(
  { inputs, outputs, counterBytes }: LaidNetwork,
  stream: Stream,
  slots: readonly Slot[],
  precision: Precision,
): PlanStorage[] {
  const portBytes = (buffers: readonly Buffer[]): number =>
    Math.max(0, ...buffers.map((buffer) => buffer.firstByte + roundUp(sizeOf(buffer), GRANULE_BYTES)));
  const commonType = (buffers: readonly Buffer[]): PlanStorage["type"] => {
    const types = new Set(buffers.map(({ type }) => type));
    return types.size === 1 ? ([...types][0] as StoredType) : "mixed";
  };
  return [
    {
      name: "parameters",
      use: "parameters",
      sizeBytes: stream.sizeBytes,
      type: precision === "tf32" ? commonType(stream.pieces.map(({ buffer }) => buffer)) : "mixed",
      coloured: true,
    },
    { name: "input", use: "input", sizeBytes: portBytes(inputs), type: commonType(inputs), coloured: false },
    {
      name: "output",
      use: "output",
      sizeBytes: portBytes(outputs),
      type: commonType(outputs),
      coloured: false,
    },
    ...slots.map(
      ({ sizeBytes, lifetimes }, index): PlanStorage => ({
        name: `slot${index}`,
        use: "activations",
        sizeBytes,
        type: commonType(lifetimes.map(({ buffer }) => buffer)),
        coloured: true,
      }),
    ),
    ...(counterBytes > 0
      ? [
          {
            name: "counters",
            use: "counters",
            sizeBytes: counterBytes,
            type: "i32",
            coloured: false,
          } as const,
        ]
      : []),
  ];
}

function opsOf({ groups }: LaidNetwork): Plan["ops"] {
  let firstKernel = 0;
  return groups.map(({ name, nodes, tasks }) => {
    const op = { name, nodes: [...nodes], firstKernel, kernelCount: tasks.length };
    firstKernel += tasks.length;
    return op;
  });
}

type PlanView = PlanKernel["views"][string];

function kernelsOf(tasks: readonly Task[], stream: Stream, slots: readonly Slot[]): PlanKernel[] {
  const slotOf = new Map(
    slots.flatMap(({ lifetimes }, slot) => lifetimes.map(({ buffer }) => [buffer, slot])),
  );
  /** What has begun: buffers, and the output storage as a whole. */
  const begun = new Set<Buffer | "output">();
  const viewOf = (buffer: Buffer, kernel: number, access: PlanView["access"]): PlanView => {
    const sizeBytes = roundUp(sizeOf(buffer), 16);
    switch (buffer.use) {
      case "parameters":
        return { storage: PARAMETERS, firstByte: stream.find(kernel, buffer).firstByte, sizeBytes, access };
      case "input":
        return { storage: INPUT, firstByte: buffer.firstByte, sizeBytes, access };
      case "output":
        return { storage: OUTPUT, firstByte: buffer.firstByte, sizeBytes, access };
      case "activations":
        return { storage: FIRST_SLOT + (slotOf.get(buffer) as number), firstByte: 0, sizeBytes, access };
      case "counters":
        return { storage: FIRST_SLOT + slots.length, firstByte: buffer.firstByte, sizeBytes, access };
    }
  };
  const written = (buffer: Buffer, kernel: number): PlanView => {
    const whole = buffer.use === "output" ? "output" : buffer;
    const access = begun.has(whole) || buffer.use === "counters" ? "update" : "write";
    begun.add(whole);
    return viewOf(buffer, kernel, access);
  };
  return tasks.map((task, kernel): PlanKernel => {
    const views: PlanKernel["views"] = {};
    for (const [name, buffer] of Object.entries(task.reads)) views[name] = viewOf(buffer, kernel, "read");
    for (const [name, buffer] of Object.entries(task.writes)) views[name] = written(buffer, kernel);
    const parameters = stream.pieces.filter(({ firstKernel }) => firstKernel === kernel);
    const read = new Set(Object.values(task.reads).filter(({ use }) => use === "parameters"));
    const parameterBytesRead = [...read].reduce((sum, buffer) => sum + sizeOf(buffer), 0);
    return {
      name: task.kernel,
      args: task.args as PlanKernel["args"],
      views,
      grid: task.grid,
      block: task.block,
      sharedBytes: task.sharedBytes,
      work: {
        flops: task.flops,
        weightBytes: parameters.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        readBytes: task.readBytes,
        writtenBytes: task.writtenBytes,
        footprintBytes: parameterBytesRead + task.touchedBytes,
      },
    };
  });
}
