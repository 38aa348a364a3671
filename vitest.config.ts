import { defineConfig } from "vitest/config";

/** Of these each file has a process to itself: they set what all of a process hears of the fake GPU. */
const APART = "test/cuda/**/*.test.ts";

export default defineConfig({
  test: {
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
