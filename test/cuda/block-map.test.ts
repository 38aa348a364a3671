/** Where a tenant's blocks lie, as an operator is told it: native/block_map_check.cc on the fake driver. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildNative } from "./fake-driver/build.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

let program = "";
beforeAll(() => {
  program = buildNative("block_map_check", join(import.meta.dirname, "native", "block_map_check.cc"));
}, 120_000);

it.each([
  ["map", "it says which partitions they lie in, what is to move and what lacks bytes"],
  ["always", "it agrees with page table and ledger however blocks have moved"],
  ["of-much", "a row stands for as many blocks as it must"],
])("%s: %s", (name) => {
  const { status, stderr } = spawnSync(program, [name], {
    encoding: "utf8",
    env: fakeEnvironment({ SMS: 4 }),
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
