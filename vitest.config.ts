import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // Profiles that somebody has measured on this machine are not the tests'.
    env: { XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), "missile-cache-")) },
    globalSetup: ["test/build.ts"],
    // Many tests wait for programs that they start.
    maxWorkers: 2,
    // Guards against hanging; a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
