/**
 * Makes works fewer.
 *
 * - Constant factors and terms of channels behind a convolution or linear layer (batch norm, layer scale, a bias of its own) go into its
 *   weight and bias, or are its last step.
 * - Activations and the meeting with another tensor of the same shape become the epilogue of what computes their operand, reshapes between
 *   them notwithstanding.
 * - Norms and gates of an image that a 1x1 convolution alone reads become its prologue.
 * - Elementwise works become one where one alone reads the other's result.
 *
 * All of it only where nobody else reads what no longer exists. A work stands where its last part stood, so that what it reads is there.
 */
import type { Graph, Tensor } from "../models/graph.ts";
import type { Constants } from "./constants.ts";
import { absorbAffine } from "./fuse-affine.ts";
import { fuseAttention } from "./fuse-attention.ts";
import { withEpilogue } from "./fuse-epilogue.ts";
import { mergedMaps } from "./fuse-maps.ts";
import { withPrologue } from "./fuse-prologue.ts";
import { keepsOrder, movedBefore } from "./fuse-reshapes.ts";
import type { Work } from "./work.ts";
import { readerCounts } from "./work.ts";

export function fuse(graph: Graph, works: readonly Work[], constants: Constants): Work[] {
  return new Fuser(graph, constants).run(fuseAttention(graph, works, constants));
}

class Fuser {
  readonly #graph: Graph;
  readonly #constants: Constants;
  #readers = new Map<Tensor, number>();
  /** In order; null: it went into a later one. */
  readonly #works: (Work | null)[] = [];
  readonly #writer = new Map<Tensor, number>();

  constructor(graph: Graph, constants: Constants) {
    this.#graph = graph;
    this.#constants = constants;
  }

  run(works: readonly Work[]): Work[] {
    this.#readers = readerCounts(this.#graph, works);
    for (const work of works) {
      const fused = work.op.kind === "map" ? this.#fused(work) : this.#prefixed(work);
      for (const part of this.#throughReshapes(fused) ?? [fused]) this.#push(part);
    }
    return this.#works.filter((work) => work !== null);
  }

  #push(work: Work): void {
    for (const output of work.outputs) this.#writer.set(output, this.#works.length);
    this.#works.push(work);
  }

  /** What the elementwise work becomes, with those before it that go into it. */
  #fused(map: Work): Work {
    const hosts = map.inputs
      .map((input) => this.#soleWriter(input))
      .filter((index) => index !== null)
      .sort((a, b) => b - a);
    for (const index of hosts) {
      const host = this.#works[index] as Work;
      const joined = this.#joined(host, map);
      if (joined !== null) {
        this.#works[index] = null;
        return joined;
      }
    }
    for (const index of hosts) {
      const merged = mergedMaps(this.#works[index] as Work, map);
      if (merged === null) continue;
      this.#works[index] = null;
      for (const input of new Set(map.inputs))
        if (merged.both.includes(input)) this.#readers.set(input, (this.#readers.get(input) ?? 1) - 1);
      return this.#fused(merged.work);
    }
    return map;
  }

  #joined(host: Work, map: Work): Work | null {
    return absorbAffine(host, map, this.#constants) ?? withEpilogue(host, map, this.#constants);
  }

  /** An elementwise work as the epilogue of what computes its operand before reshapes, and reshapes behind it; null: it cannot be. */
  #throughReshapes(map: Work): Work[] | null {
    if (map.op.kind !== "map") return null;
    for (const input of map.inputs) {
      const passed: number[] = [];
      let source = input;
      let index = this.#soleWriter(source);
      for (; index !== null && keepsOrder(this.#works[index] as Work); index = this.#soleWriter(source)) {
        passed.push(index);
        source = (this.#works[index] as Work).inputs[0] as Tensor;
      }
      const moved = passed.length > 0 && index !== null ? movedBefore(map, input, source) : null;
      const joined = moved === null ? null : this.#joined(this.#works[index as number] as Work, moved.map);
      if (moved === null || joined === null) continue;
      for (const gone of [index as number, ...passed]) this.#works[gone] = null;
      for (const view of [...moved.before, joined])
        for (const output of view.outputs) this.#readers.set(output, 1);
      return [...moved.before, joined, moved.after];
    }
    return null;
  }

  /** A convolution with what is done to its image alone, if it can. */
  #prefixed(work: Work): Work {
    const index = this.#soleWriter(work.inputs[0] as Tensor);
    const map = index === null ? null : (this.#works[index] as Work);
    const prefixed = map === null ? null : withPrologue(map, work, this.#constants);
    if (prefixed === null || index === null) return work;
    this.#works[index] = null;
    return prefixed;
  }

  /** The work that computes `tensor`, where only one work reads it. */
  #soleWriter(tensor: Tensor): number | null {
    const index = this.#writer.get(tensor);
    if (index === undefined || this.#works[index] === null || this.#readers.get(tensor) !== 1) return null;
    return index;
  }
}
