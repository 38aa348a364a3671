import { defineConfig } from "vitest/config";

/** Nothing there outlives a test: files of these share what they import, which is half of their time. */
const PURE = ["actions", "channels", "core", "dnn", "export", "models", "plan", "presets", "tui"];
const pure = PURE.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`);

export default defineConfig({
  test: {
    globalSetup: ["test/build.ts"],
    setupFiles: ["test/own-folders.ts"],
    // On two cores: many tests wait for programs that they start.
    maxWorkers: 3,
    // Guards against hanging; a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "pure", include: pure, isolate: false } },
      { extends: true, test: { name: "others", include: ["test/**/*.test.{ts,tsx}"], exclude: pure } },
    ],
  },
});
