import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of these each file has a process to itself: they set what all of a process hears of the fake GPU. */
const APART = "test/cuda/**/*.test.ts";

/** What takes longest begins first, lest one process has it left when all others are done; a fresh clone has no times of its own to go by. */
const LONGEST = [
  "plan-run/networks",
  "cuda/kernels",
  "cli/serve",
  "cli/cli",
  "clients/end-to-end",
  "onnx/round-trip",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((name) => moduleId.includes(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // On two cores: many tests wait for programs that they start.
    maxWorkers: 3,
    globalSetup: ["test/build.ts"],
    setupFiles: ["test/own-folders.ts"],
    // As Node.js has it, and so the built program.
    deps: { interopDefault: false },
    // Guards against hanging; a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      // Processes go on from file to file, and load what all of them import once.
      {
        extends: true,
        test: { name: "together", include: ["test/**/*.test.{ts,tsx}"], exclude: [APART], isolate: false },
      },
      { extends: true, test: { name: "apart", include: [APART] } },
    ],
  },
});
