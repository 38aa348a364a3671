/** Blocks by colour, tenants' two copies, and what a new split moves: native/coloured_memory_check.cc on the fake driver. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildNative } from "./fake-driver/build.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

let program = "";
beforeAll(() => {
  program = buildNative(
    "coloured_memory_check",
    join(import.meta.dirname, "native", "coloured_memory_check.cc"),
  );
}, 120_000);

it.each([
  ["ranges", "ranges of blocks join where they meet"],
  ["sides", "a block belongs to the side that has all its partitions, and to nobody else"],
  ["placing", "a tenant's coloured copy lies in its side, and is used once it is there"],
  ["contents", "the coloured copy gets what the host writes; what kernels write stays where they wrote it"],
  ["clean", "a block that another tenant had holds nothing of it"],
  ["migration", "a new split moves what is misplaced, when no kernel needs what is in it"],
  ["shortage", "a tenant for which there are too few blocks stays linear and says why"],
  ["refusals", "what only a bug can ask for is refused"],
  ["without-pool", "without a pool everything is linear"],
])("%s: %s", (name) => {
  const { status, stderr } = spawnSync(program, [name], {
    encoding: "utf8",
    env: fakeEnvironment({ SMS: 4 }),
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
