/**
 * Workloads that no graph of layers describes: each asks for one resource above all, so that what sharing it costs can be seen. They
 * are kernels from the start, with blocks of less than 20 us on an H200.
 */
import { MissileError } from "../core/error.ts";
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A kernel as its blocks are: bytes and operations of one block, but for what they share. */
interface Work {
  readonly name: string;
  readonly blocks: number;
  readonly threads?: number;
  readonly registers?: number;
  readonly blockFlops?: number;
  readonly blockReadBytes?: number;
  readonly blockWrittenBytes?: number;
  readonly weightBytes?: number;
  /** Distinct bytes that are read; absent: each is read once. */
  readonly workingSetBytes?: number;
  readonly bound: Kernel["bound"];
}

function kernelOf(work: Work): Kernel {
  const { name, blocks, threads = 256, registers = 32, bound, weightBytes = 0 } = work;
  const readBytes = blocks * (work.blockReadBytes ?? 0);
  const writtenBytes = blocks * (work.blockWrittenBytes ?? 0);
  const distinctBytes = Math.min(readBytes, work.workingSetBytes ?? readBytes);
  return {
    name,
    grid: blocks,
    threadsPerBlock: threads,
    registersPerThread: registers,
    sharedBytesPerBlock: 0,
    flops: blocks * (work.blockFlops ?? 0),
    weightBytes,
    readBytes,
    writtenBytes,
    footprintBytes: weightBytes + distinctBytes + writtenBytes,
    bound,
  };
}

interface Parts {
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly work: readonly Work[];
}

const times = (count: number, work: (index: number) => Work): Work[] =>
  Array.from({ length: count }, (_, index) => work(index));

/**
 * Moves 256 MiB an input through VRAM, in kernels that read 64 MiB and write as much: twice what an H200's L2 holds, so nothing is
 * found there. A thread block has 32 KiB on their way at once, as many as its blocks read: with half of that, a look-up in the shadow page
 * table costs 5 % (H200, test/cuda/gpu/elastic).
 */
const stream = (batch: number): Parts => ({
  inputBytes: 4 * KIB,
  outputBytes: 4 * KIB,
  work: times(2 * batch, (index) => ({
    name: `copy${index}`,
    blocks: 2048,
    blockReadBytes: 32 * KIB,
    blockWrittenBytes: 32 * KIB,
    bound: "memory",
  })),
});

/** Multiply-adds on registers: 20 GFLOP an input. Two blocks fill an SM, as in a matrix product of large tiles. */
const fma = (batch: number): Parts => ({
  inputBytes: 4 * KIB,
  outputBytes: 4 * KIB,
  work: times(8, (index) => ({
    name: `fma${index}`,
    blocks: 1056 * batch,
    registers: 128,
    blockFlops: 2.4e6,
    blockReadBytes: KIB,
    workingSetBytes: 64 * KIB,
    blockWrittenBytes: KIB,
    bound: "compute",
  })),
});

/** Goes over 4 MiB again and again: fast while they stay in L2. Its blocks fill 33 SMs of an H200. */
const l2Resident = (batch: number): Parts => ({
  inputBytes: 64 * KIB,
  outputBytes: 4 * KIB,
  work: times(64, (index) => ({
    name: `sweep${index}`,
    blocks: 66 * batch,
    blockReadBytes: 128 * KIB,
    workingSetBytes: 4 * MIB,
    blockWrittenBytes: 4 * KIB,
    bound: "memory",
  })),
});

/** 16 MiB in and 16 MiB out an input, and one short kernel: all its time is PCIe's. */
const pcieBound = (batch: number): Parts => ({
  inputBytes: 16 * MIB * batch,
  outputBytes: 16 * MIB * batch,
  work: [
    {
      name: "touch",
      blocks: 128 * batch,
      blockReadBytes: 16 * KIB,
      blockWrittenBytes: 16 * KIB,
      bound: "memory",
    },
  ],
});

/** Stages of the small CNN: the side of its images, and channels between and inside its blocks. */
const STAGES = [
  { side: 56, narrow: 24, wide: 96 },
  { side: 28, narrow: 48, wide: 192 },
  { side: 14, narrow: 96, wide: 384 },
  { side: 7, narrow: 192, wide: 768 },
];
const BLOCKS_A_STAGE = 5;
/** Bytes of an element. */
const FLOAT = 4;
/** Operations of a block of a convolution: a few us, so that a kernel is short and still fills some SMs. */
const CONV_BLOCK_FLOPS = 0.8e6;

/**
 * 60 dependent kernels of 3 to 8 us, as in a small CNN of inverted residuals (1x1 up, 3x3 depthwise, 1x1 down) at batch 1: the order of
 * launches, and the waits between them, weigh as much as the work.
 */
function microCnn(batch: number): Parts {
  const work = STAGES.flatMap(({ side, narrow, wide }, stage) => {
    const pixels = side * side * batch;
    const pointwise = (name: string, from: number, to: number): Work => {
      const blocks = Math.ceil((2 * pixels * from * to) / CONV_BLOCK_FLOPS);
      return {
        name,
        blocks,
        registers: 64,
        blockFlops: (2 * pixels * from * to) / blocks,
        // Each block reads its rows; tiles of neighbouring columns read them once more.
        blockReadBytes: Math.ceil((2 * pixels * from * FLOAT) / blocks),
        workingSetBytes: pixels * from * FLOAT,
        blockWrittenBytes: Math.ceil((pixels * to * FLOAT) / blocks),
        weightBytes: from * to * FLOAT,
        bound: "compute",
      };
    };
    const depthwise = (name: string): Work => {
      const blocks = Math.ceil((pixels * wide) / (8 * KIB));
      const blockElements = (pixels * wide) / blocks;
      return {
        name,
        blocks,
        blockFlops: 2 * 9 * blockElements,
        blockReadBytes: Math.ceil(1.5 * FLOAT * blockElements),
        workingSetBytes: pixels * wide * FLOAT,
        blockWrittenBytes: Math.ceil(FLOAT * blockElements),
        weightBytes: 9 * wide * FLOAT,
        bound: "memory",
      };
    };
    return Array.from({ length: BLOCKS_A_STAGE }, (_, index) => {
      const scope = `stage${stage + 1}.block${index + 1}`;
      return [
        pointwise(`${scope}.up`, narrow, wide),
        depthwise(`${scope}.depthwise`),
        pointwise(`${scope}.down`, wide, narrow),
      ];
    }).flat();
  });
  // An image of 3 x 112 x 112.
  return { inputBytes: 3 * 112 * 112 * FLOAT * batch, outputBytes: 4 * KIB * batch, work };
}

function synthetic(name: string, batch: number, parts: (batch: number) => Parts): LoweredNetwork {
  if (!(Number.isSafeInteger(batch) && batch > 0)) {
    throw new MissileError(`${name}: batch ${batch} is not a positive integer`, "badBatch");
  }
  const { inputBytes, outputBytes, work } = parts(batch);
  const kernels = work.map(kernelOf);
  const storedBytes = kernels.reduce((sum, kernel) => sum + kernel.weightBytes, 0);
  return { name, batch, inputBytes, outputBytes, storedBytes, kernels };
}

const row = (name: string, parts: (batch: number) => Parts, description: string) =>
  [name, { description, build: null, lowered: (batch: number) => synthetic(name, batch, parts) }] as const;

/** Rows of the table of models. */
export const SYNTHETIC = Object.fromEntries([
  row("stream", stream, "memory-bound: streams 256 MiB an input"),
  row("fma", fma, "compute-bound: 20 GFLOP an input on registers"),
  row("l2-resident", l2Resident, "goes over 4 MiB again and again"),
  row("pcie-bound", pcieBound, "16 MiB in and 16 MiB out an input, little work"),
  row("micro-cnn", microCnn, "60 kernels of a few us, image 112 x 112"),
]);
