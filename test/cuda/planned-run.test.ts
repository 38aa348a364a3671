/** Planned networks on a fake GPU, whose kernels are cpp/dnn's references: whatever happens to a request, it computes what a plain run does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { colourPool } from "../../src/channels/index.ts";
import { asTenantId } from "../../src/core/ids.ts";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { Program } from "../../src/core/program.ts";
import { Engine } from "../../src/engine/engine.ts";
import { anyTimes, type GpuRunOptions, runOn } from "../../src/engine/run-on-gpu.ts";
import { seeded } from "../../src/models/seeded.ts";
import { type CudaGpu, openCudaGpu, outputValues } from "../../src/native/index.ts";
import { anyInput } from "../../src/native/program-ports.ts";
import { readModelFolder, writeModelFolder } from "../../src/plan/folder.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { loweredOf } from "../../src/plan/program.ts";
import { loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";
import { smallMix } from "../engine/fixtures.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { small } from "./small-network.ts";
import { runWithGpuWeights } from "./weights-on-gpu.ts";

const SMS = 8;
const POOL_MIB = 8;
const LONGEST_NS = 60e9;
const LOOK_NS = 2e8;

const folder = mkdtempSync(join(tmpdir(), "missile-planned-"));
const fake = loadFakeGpu({ SMS });
let gpu: CudaGpu;

function planned(name: string, reservedBytes?: number): LoweredNetwork {
  const path = join(folder, name);
  const options = { precision: "tf32", ...(reservedBytes === undefined ? {} : { reservedBytes }) } as const;
  writeModelFolder(path, plan(seeded(small(2)), options));
  return loweredOf(readModelFolder(path));
}

const programOf = ({ program }: LoweredNetwork): Program => program as Program;

function inputsOf(program: Program): Map<string, Float32Array | Int32Array> {
  const bytes = anyInput(program);
  return new Map(outputValues({ ...program, outputs: program.inputs }, bytes));
}

const open = (): CudaGpu =>
  openCudaGpu({
    spec: { ...loadGpu("h200"), sms: SMS },
    ordinal: 0,
    poolMiB: POOL_MIB,
    prepare: (pool) => void colourPool(pool, POOL_MIB, () => {}),
    doorbell: new Int32Array(new SharedArrayBuffer(4)),
  });

afterAll(() => {
  rmSync(folder, { recursive: true });
  expect(fake.alive()).toMatchObject({ deviceBytes: 0, pinnedBytes: 0, streams: 0 });
});

/** With a window for those parameters that do not stay. */
const leastBytes = ({ kernels }: LoweredNetwork): number =>
  2 * Math.max(...kernels.map(({ weightBytes }) => weightBytes));

describeWithKernels("a planned network", () => {
  beforeAll(() => {
    gpu = open();
  });
  afterAll(() => gpu?.close());

  const ways: Readonly<Record<string, GpuRunOptions>> = {
    "as a graph": { isPlain: true },
    "as a graph, coloured": { isPlain: true, isColoured: true },
    elastic: { isPlain: false },
    "elastic, evicted": { isPlain: false, evictions: 5 },
    "elastic, evicted, coloured": { isPlain: false, evictions: 5, isColoured: true },
  };
  it.each(Object.keys(ways))("computes the same bits %s", (way) => {
    const network = planned("whole");
    const program = programOf(network);
    const inputs = inputsOf(program);
    fake.setBlockNs(ways[way]?.evictions === undefined ? 0 : 50_000);
    expect(runOn(gpu, network, inputs, ways[way])).toEqual(runWithGpuWeights(network, inputs));
  });

  it("computes the same bits with parameters streamed through a window", () => {
    const whole = planned("whole");
    const network = planned("streamed", leastBytes(whole));
    expect(programOf(network).storages.find(({ use }) => use === "parameters")?.sizeBytes).toBe(
      leastBytes(whole),
    );
    const inputs = inputsOf(programOf(whole));
    expect(runOn(gpu, network, inputs, { isPlain: false })).toEqual(runWithGpuWeights(whole, inputs));
  });
});

describeWithKernels("planned networks side by side", () => {
  it("compute the same bits, whoever takes TPCs and channels from whom, and whatever is streamed", () => {
    fake.setBlockNs(0);
    const whole = planned("whole");
    const shared = open();
    const networks: Readonly<Record<string, LoweredNetwork>> = {
      whole: anyTimes(whole, shared.spec),
      streamed: anyTimes(planned("streamed", leastBytes(whole)), shared.spec),
    };
    const mix = {
      ...smallMix,
      policy: "missiletemporal",
      tenants: [
        tenantWithDefaults({
          name: "a",
          class: "LS",
          model: "whole",
          // However slow the machine, BE has its turns.
          load: { kind: "closed", inFlight: 1, thinkMs: 20 },
        }),
        tenantWithDefaults({ name: "b", class: "BE", model: "whole" }),
        tenantWithDefaults({ name: "c", class: "BE", model: "streamed" }),
      ],
    };
    const engine = new Engine(mix, {
      openDevice: () => shared,
      networks: ({ model }) => ({ network: networks[model]!, home: model }),
    });
    fake.setBlockNs(20_000);
    try {
      const isEnough = (): boolean =>
        engine.snapshot().tenants.every(({ requests }) => requests.completed > 3);
      while (engine.nowNs() < LONGEST_NS && !isEnough()) engine.advance(engine.nowNs() + LOOK_NS);
      expect(isEnough()).toBe(true);
      const program = programOf(whole);
      const wanted = runWithGpuWeights(whole, inputsOf(program));
      for (const { id } of engine.snapshot().tenants)
        expect(outputValues(program, shared.output(asTenantId(id), 0))).toEqual(wanted);
      expect(shared.statistics().evictions).toBeGreaterThan(0);
    } finally {
      engine.close();
    }
  });
});
