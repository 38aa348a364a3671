/** What a request does, step by step, with the steps that must have ended before each: the first request, and those after it. */
import type { Plan, PlanPort, PlanStep } from "./plan.ts";
import type { Piece } from "./stream.ts";

/** What steps need to know of a plan. */
export interface Scheduled {
  readonly storages: Plan["storages"];
  readonly inputs: readonly PlanPort[];
  readonly outputs: readonly PlanPort[];
  readonly ops: Plan["ops"];
  readonly kernels: Plan["kernels"];
  readonly pieces: readonly Piece[];
}

type Body = PlanStep extends infer Step
  ? Step extends { after: number[] }
    ? Omit<Step, "after">
    : never
  : never;

const PORT_ELEMENT_BYTES = 4;
const portBytes = ({ shape }: PlanPort): number =>
  shape.reduce((product, extent) => product * extent, PORT_ELEMENT_BYTES);

/** `isCold`: memory is made and resident parameters come; else both are there. */
export function stepsOf(network: Scheduled, isCold: boolean): PlanStep[] {
  return new Steps(network).run(isCold);
}

class Steps {
  readonly #network: Scheduled;
  readonly #steps: PlanStep[] = [];
  /** The step that made a storage, launched a kernel, brought a piece; as far as there is one. */
  readonly #created = new Map<number, number>();
  readonly #launched: number[] = [];
  readonly #brought = new Map<Piece, number>();

  constructor(network: Scheduled) {
    this.#network = network;
  }

  run(isCold: boolean): PlanStep[] {
    const { storages, inputs, outputs, ops, pieces } = this.#network;
    if (isCold)
      storages.forEach((_, storage) => {
        this.#created.set(storage, this.#add({ do: "create", storage }, []));
      });
    const input = storages.findIndex(({ use }) => use === "input");
    const output = storages.findIndex(({ use }) => use === "output");
    const arrived = inputs.map(({ name, firstByte, ...port }) =>
      this.#add(
        {
          do: "swapIn",
          storage: input,
          firstByte,
          sizeBytes: portBytes({ name, firstByte, ...port }),
          from: name,
        },
        this.#after(this.#created.get(input)),
      ),
    );
    const waiting = pieces.filter((piece) => isCold || !piece.isResident);
    for (const op of ops) {
      while (waiting[0] !== undefined && waiting[0].firstKernel < op.firstKernel + op.kernelCount)
        this.#bring(waiting.shift() as Piece);
      this.#launch(op, arrived);
    }
    const last = this.#launched.at(-1);
    for (const port of outputs) {
      const bytes = { storage: output, firstByte: port.firstByte, sizeBytes: portBytes(port) };
      const out = this.#add({ do: "swapOut", ...bytes }, this.#after(last));
      this.#add({ do: "reclaim", ...bytes }, [out]);
    }
    for (const port of inputs) {
      const bytes = { storage: input, firstByte: port.firstByte, sizeBytes: portBytes(port) };
      this.#add({ do: "reclaim", ...bytes }, this.#after(this.#launched[this.#lastReader(input)]));
    }
    return this.#steps;
  }

  /** A parameter, once all kernels that read what lies there have ended. */
  #bring(piece: Piece): void {
    const { pieces, storages } = this.#network;
    const storage = storages.findIndex(({ use }) => use === "parameters");
    const end = piece.firstByte + piece.sizeBytes;
    const earlier = pieces.slice(0, pieces.indexOf(piece)).filter((other) => !other.isResident);
    const overwritten = earlier.filter(
      (other) => other.firstByte < end && piece.firstByte < other.firstByte + other.sizeBytes,
    );
    const readers = overwritten.map((other) => this.#launched[other.lastKernel]);
    const reclaimed = new Set(readers.filter((launch) => launch !== undefined));
    const { firstByte, sizeBytes, buffer } = piece;
    const bytes = { storage, firstByte, sizeBytes };
    const after =
      reclaimed.size === 0
        ? this.#after(this.#created.get(storage))
        : [this.#add({ do: "reclaim", ...bytes }, [...reclaimed])];
    this.#brought.set(piece, this.#add({ do: "swapIn", ...bytes, from: buffer.name }, after));
  }

  #launch({ firstKernel, kernelCount }: Plan["ops"][number], arrived: readonly number[]): void {
    const { kernels, pieces, storages } = this.#network;
    const range = Array.from({ length: kernelCount }, (_, index) => firstKernel + index);
    const after = new Set<number>(this.#after(this.#launched.at(-1)));
    for (const piece of pieces)
      if (piece.firstKernel < firstKernel + kernelCount && piece.lastKernel >= firstKernel) {
        const step = this.#brought.get(piece);
        if (step !== undefined) after.add(step);
      }
    for (const view of range.flatMap((kernel) => Object.values(kernels[kernel]?.views ?? {}))) {
      const use = storages[view.storage]?.use;
      if (use === "input") for (const step of arrived) after.add(step);
      const created = this.#created.get(view.storage);
      if (use !== "parameters" && use !== "input" && created !== undefined) after.add(created);
    }
    const step = this.#add(
      { do: "launch", firstKernel, kernelCount },
      [...after].sort((a, b) => a - b),
    );
    for (const kernel of range) this.#launched[kernel] = step;
  }

  #lastReader(storage: number): number {
    return this.#network.kernels.findLastIndex(({ views }) =>
      Object.values(views).some((view) => view.storage === storage),
    );
  }

  #after(step: number | undefined): number[] {
    return step === undefined ? [] : [step];
  }

  #add(body: Body, after: number[]): number {
    return this.#steps.push({ ...body, after } as PlanStep) - 1;
  }
}
