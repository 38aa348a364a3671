/** LS launches of short kernels, which go to the GPU in one call: native/kernel_graph_check.cc on the fake driver. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildNative } from "./fake-driver/build.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

let program = "";
beforeAll(() => {
  program = buildNative("kernel_graph_check", join(import.meta.dirname, "native", "kernel_graph_check.cc"));
}, 120_000);

it.each([
  ["again", "a graph is made once for its TPCs, and each run of it does each block once"],
  ["not-always", "what may be evicted in mid-kernel, and what is long, goes kernel by kernel"],
  ["evicted", "an evicted one is told of when it is at its end"],
  ["refused", "where the driver makes no graphs, kernels go one by one"],
  ["too-many", "the graph used longest ago goes when there are too many, but none that is in use"],
])("%s: %s", (name) => {
  const { status, stderr } = spawnSync(program, [name], {
    encoding: "utf8",
    env: fakeEnvironment({ SMS: 8 }),
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
