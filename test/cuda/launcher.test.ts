/** The launcher on the fake GPU, driven at random by native/launcher_drive.cc, which checks what every scheduler relies on. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildNative, type FakeDriver } from "./fake-driver/build.ts";
import { type FakeSettings, fakeEnvironment } from "./fake-driver/run.ts";

interface Drive {
  readonly requests: number;
  readonly seed: number;
  readonly mostBlocks?: number;
  readonly partitionMiB?: number;
}

describe("the launcher", () => {
  let program = "";
  beforeAll(() => {
    program = buildNative("launcher_drive", join(import.meta.dirname, "native", "launcher_drive.cc"));
  }, 300_000);

  /** What it did, as its first line tells; "" in `stderr` if all was as it must be. */
  function drive(
    { requests, seed, mostBlocks = 60, partitionMiB = 64 }: Drive,
    settings: FakeSettings,
    driver?: FakeDriver,
  ) {
    const words = [requests, seed, 0, mostBlocks, partitionMiB].map(String);
    const { stdout, stderr } = spawnSync(program, words, {
      encoding: "utf8",
      env: fakeEnvironment(settings, driver),
    });
    const counted = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(stdout)?.[1]);
    return {
      stderr,
      requests: counted("requests"),
      interrupted: counted("interrupted"),
      strayed: counted("strayed"),
      masked: counted("masked"),
      partitions: counted("partitions made"),
      inBothModes: counted("in both modes"),
      resumedAgainst: counted("kernels resumed against the mode"),
      moved: counted("bytes moved"),
    };
  }

  it.each([1, 2, 3])(
    "does each block once whatever is taken from it and given back (seed %i)",
    (seed) => {
      const done = drive({ requests: 60, seed }, { SMS: 4 + 8 * seed, BLOCK_US: 50 * seed });
      expect(done).toMatchObject({ stderr: "", requests: 60, strayed: 0 });
      expect(Math.min(done.interrupted, done.masked, done.partitions)).toBeGreaterThan(0);
    },
    120_000,
  );

  it("lets every kernel find what those before it wrote, though the memory's mode changes, also in mid-kernel", () => {
    // What happens depends on the clock as well as on the seed.
    const happened = { inBothModes: 0, resumedAgainst: 0, moved: 0 };
    for (let seed = 9; seed < 15 && Math.min(...Object.values(happened)) === 0; seed++) {
      const done = drive({ requests: 200, seed }, { SMS: 16, BLOCK_US: 50 });
      expect(done).toMatchObject({ stderr: "", requests: 200 });
      happened.inBothModes += done.inBothModes;
      happened.resumedAgainst += done.resumedAgainst;
      happened.moved += done.moved;
    }
    expect(Math.min(...Object.values(happened))).toBeGreaterThan(0);
  }, 120_000);

  it("uses its state again and again", () => {
    expect(drive({ requests: 600, seed: 4, mostBlocks: 4 }, { SMS: 4 })).toMatchObject({
      stderr: "",
      requests: 600,
    });
  }, 120_000);

  it("runs masked while partitions are slow to come, or are dropped for want of memory", () => {
    const settings = { SMS: 24, BLOCK_US: 50, GREEN_US: 20_000 };
    expect(drive({ requests: 32, seed: 5, partitionMiB: 8 }, settings)).toMatchObject({
      stderr: "",
      requests: 32,
    });
  }, 120_000);

  it("runs masked where the driver refuses partitions", () => {
    // Two contexts number the four TPCs; each of the 14 sets that are not all of them is then asked for once.
    const refused = Array.from({ length: 14 }, (_, i) => `cuGreenCtxCreate:${i + 3}=2`).join(",");
    const done = drive({ requests: 40, seed: 6 }, { SMS: 8, BLOCK_US: 50, FAIL: refused });
    expect(done).toMatchObject({ stderr: "", requests: 40, partitions: 0 });
  }, 120_000);

  it("runs masked on a driver without partitions", () => {
    const done = drive({ requests: 32, seed: 7 }, { SMS: 12, BLOCK_US: 50 }, { greenContexts: false });
    expect(done).toMatchObject({ stderr: "", requests: 32, partitions: 0 });
  }, 120_000);

  // Some of these find nothing left to do, and do not stray. All tenants' at once, and a few while others go on.
  it.each([
    ["1 to 10", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4],
    ["1, 2 and 60", [1, 2, 60], 3],
  ])(
    "takes launches off the GPU whose kernels stray, and no other (%s)",
    (_, kernels, most) => {
      const strays = kernels.map((nth) => `tally:${nth}`).join(",");
      const done = drive({ requests: 24, seed: 8 }, { SMS: 16, BLOCK_US: 50, STRAY: strays });
      expect(done.stderr).toBe("");
      expect(done.strayed).toBeGreaterThan(0);
      expect(done.strayed).toBeLessThanOrEqual(most);
    },
    120_000,
  );
});
