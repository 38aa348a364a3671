/** Which copy of its memory a kernel uses, and when blocks may move: native/memory_modes_check.cc on the fake driver. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildNative } from "./fake-driver/build.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

let program = "";
beforeAll(() => {
  program = buildNative("memory_modes_check", join(import.meta.dirname, "native", "memory_modes_check.cc"));
}, 120_000);

it.each([
  ["keeps", "blocks stay while kernels to come need what is in them, and no longer"],
  ["attempts", "a kernel that is begun anew is another attempt than the one that was given up"],
  ["in-flight", "blocks stay while a kernel that uses them runs"],
  ["awaits", "a kernel waits for what is on its way to the coloured copy"],
  ["runs-dry", "a kernel that lost all its TPCs goes on in the copy in which it was begun"],
  ["settles", "nothing coloured is offered between a new split and the end of the move"],
  ["lacks", "a tenant with too few blocks uses none of those that it has"],
])(
  "%s: %s",
  (name) => {
    // Two TPCs that nobody can have for himself, with room for one thread block an SM.
    const environment = fakeEnvironment({ SMS: 4, CTAS: 1 }, { greenContexts: false });
    const { status, stderr } = spawnSync(program, [name], { encoding: "utf8", env: environment });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  },
  60_000,
);
