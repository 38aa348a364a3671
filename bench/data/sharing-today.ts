/** What two users of one H200 get without this project, measured: the same networks, batches and arrivals as in the mix h200-dnn. */

export interface SharedGpu {
  readonly how: string;
  readonly lsP50Ms: number;
  readonly lsP99Ms: number;
  /** Of BE's images a second alone. */
  readonly beKeptShare: number;
}

const row = (how: string, lsP50Ms: number, lsP99Ms: number, beKeptShare: number): SharedGpu => ({
  how,
  lsP50Ms,
  lsP99Ms,
  beKeptShare,
});

export const sharingToday = {
  what: `PyTorch 2.11, cuDNN, CUDA graphs on one NVIDIA H200 (driver 580.159.04, CUDA 13.0), measured in 2026: ResNet-34 batch 1, Poisson 100/s, H2D to D2H,
beside DenseNet-161 batch 16, closed loop, which manages 1718 images/s alone; its share on 88 SMs is of that too`,
  alone: row("each alone", 0.95, 1.8, 1),
  rows: [
    row("time slicing", 2.45, 7.5, 0.95),
    row("MPS", 2.45, 5.54, 0.98),
    row("MPS, BE at 50 % of the threads", 1.26, 2.44, 0.8),
    row("one process, priority streams", 1.81, 3.3, 0.98),
    row("one process, static green contexts 88/44 SMs", 1.2, 2.06, 0.57),
  ],
} as const;
