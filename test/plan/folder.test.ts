import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/models/builder.ts";
import { seeded } from "../../src/models/seeded.ts";
import { PLAN_FILE, readModelFolder, WEIGHTS_FILE, writeModelFolder } from "../../src/plan/folder.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { programOf } from "../../src/plan/program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "missile-plan-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function planned() {
  const g = new GraphBuilder("small", 2);
  const x = g.input("x", [2, 3, 5, 5]);
  return plan(seeded(g.build([g.globalAvgPool(g.relu(g.conv(x, { out: 6, kernel: 3, bias: true })))])), {
    precision: "fp16",
  });
}

describe("a model folder", () => {
  it("holds the plan, and weights where its program looks for them", () => {
    const made = planned();
    writeModelFolder(folder, made);
    const read = readModelFolder(folder);
    expect(read.plan).toEqual(made.plan);
    const bytes = readFileSync(join(folder, WEIGHTS_FILE));
    const { pieces, weightsFile } = programOf(read);
    expect(weightsFile).toBe(join(folder, WEIGHTS_FILE));
    expect(pieces.length).toBe(made.weights.length);
    pieces.forEach(({ fileOffset, sizeBytes }, index) => {
      const contents = made.weights[index]?.contents();
      expect(
        Buffer.compare(bytes.subarray(fileOffset, fileOffset + sizeBytes), contents ?? Buffer.alloc(0)),
      ).toBe(0);
    });
  });

  const damaged = (damage: () => void, reason: RegExp): void => {
    writeModelFolder(folder, planned());
    damage();
    expect(() => readModelFolder(folder)).toThrow(reason);
  };
  const edit = (change: (json: Record<string, unknown>) => void): void => {
    const path = join(folder, PLAN_FILE);
    const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    change(json);
    writeFileSync(path, JSON.stringify(json));
  };

  it("is refused with what is wrong in its plan", () => {
    damaged(() => edit((json) => Object.assign(json, { batch: 0 })), /plan\.json: batch: /);
    damaged(() => writeFileSync(join(folder, PLAN_FILE), "{"), /plan\.json: .*models plan/);
    expect(() => readModelFolder(join(folder, "nowhere"))).toThrow(/nowhere.*plan\.json/);
  });

  it("is refused where its weights are not those of its plan", () => {
    damaged(
      () => edit((json) => Object.assign((json.parameters as object[])[0] as object, { sizeBytes: 12 })),
      /weights\.safetensors: tensor "conv1\.weight" has \d+ bytes, the plan reads 12/,
    );
    damaged(() => truncateSync(join(folder, WEIGHTS_FILE), 700), /weights\.safetensors/);
  });
});

describe("a reservation", () => {
  it("that is too small for one kernel is refused with how much it takes", () => {
    const g = new GraphBuilder("wide", 1);
    const network = seeded(g.build([g.linear(g.input("x", [1, 512]), 512)]));
    expect(() => plan(network, { precision: "tf32", reservedBytes: 4096 })).toThrow(
      /reserve at least 102[46] KiB/,
    );
  });
});
