/** Launches on partitions that are slow to come or refused: native/partitions_check.cc on the fake driver. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildNative } from "./fake-driver/build.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

let program = "";
beforeAll(() => {
  program = buildNative("partitions_check", join(import.meta.dirname, "native", "partitions_check.cc"));
}, 120_000);

it.each([
  ["moves", "a launch that began on a larger partition goes on in its own"],
  ["helps", "so does a kernel that is under way, which may have no thread block on some of its TPCs"],
  ["short", "kernels that are short stay where they were fed"],
  ["retries", "a set for which memory lacked is made when some has come back"],
  ["memory", "launches take no memory while others are in flight"],
])(
  "%s: %s",
  (name) => {
    // Four TPCs with room for one thread block an SM.
    const environment = fakeEnvironment({ SMS: 8, CTAS: 1 });
    const { status, stderr } = spawnSync(program, [name], { encoding: "utf8", env: environment });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  },
  60_000,
);
