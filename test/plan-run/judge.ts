/** Networks planned and executed by the CPU references, and what onnxruntime makes of the same network and inputs. */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { Prng } from "../../src/core/prng.ts";
import { elementCount, type Graph } from "../../src/models/graph.ts";
import type { TrainedNetwork } from "../../src/models/values.ts";
import { type PortValues, runOnCpu } from "../../src/native/index.ts";
import { writeOnnx } from "../../src/onnx/export.ts";
import { readModelFolder, writeModelFolder } from "../../src/plan/folder.ts";
import { type PlanOptions, plan } from "../../src/plan/make-plan.ts";
import { loweredOf } from "../../src/plan/program.ts";

ort.env.wasm.numThreads = 1;
// What it finds unusual in a graph is not news.
ort.env.logLevel = "error";

/** Of inputs: another one at each run; MISSILE_SEED repeats one. */
export const seed = Number(process.env.MISSILE_SEED ?? Date.now() % 2 ** 31);

/** How many different integers an input may have: words of BERT's vocabulary; else two, as segments and masks. */
const VOCABULARY = 30522;
const integersOf = (name: string): number => (name === "tokens" ? VOCABULARY : 2);

/** Numbers from -1 to 1, and integers that an input of that name may have. */
export function freshInputs({ inputs }: Graph): PortValues {
  return new Map(
    inputs.map(({ name, shape, type }) => {
      const random = new Prng(seed, name);
      const values =
        type === "float32" ? new Float32Array(elementCount(shape)) : new Int32Array(elementCount(shape));
      for (let i = 0; i < values.length; i++)
        values[i] =
          type === "float32" ? 2 * random.nextUnit() - 1 : Math.floor(random.nextUnit() * integersOf(name));
      return [name, values];
    }),
  );
}

/** Does something with a folder that is gone afterwards. */
async function withFolder<Result>(body: (folder: string) => Promise<Result> | Result): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "missile-"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The outputs of a network by its plan, with memory that nobody has written poisoned. */
export const executed = (
  network: TrainedNetwork,
  options: PlanOptions,
  inputs: PortValues,
): Promise<PortValues> =>
  withFolder((folder) => {
    writeModelFolder(folder, plan(network, options));
    return runOnCpu(loweredOf(readModelFolder(folder)), inputs, { isPoisoned: true });
  });

/** The outputs of a network by onnxruntime. */
export const judged = (network: TrainedNetwork, inputs: PortValues): Promise<PortValues> =>
  withFolder(async (folder) => {
    const file = join(folder, "network.onnx");
    writeOnnx(network, file);
    const session = await ort.InferenceSession.create(await readFile(file), { executionProviders: ["wasm"] });
    const feeds = network.graph.inputs.map(({ name, shape }) => {
      const values = inputs.get(name)!;
      const type = values instanceof Float32Array ? "float32" : "int32";
      return [name, new ort.Tensor(type, values, shape)] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    return new Map(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array | Int32Array]),
    );
  });
