import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    globalSetup: ["test/build.ts"],
    setupFiles: ["test/own-folders.ts"],
    // On two cores: many tests wait for programs that they start.
    maxWorkers: 3,
    // As Node.js has it, and so the built program.
    deps: { interopDefault: false },
    // Guards against hanging; a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
