/** Shared memory of servers that are no more is removed, and nothing else, whatever lies beside it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { BlobStore } from "../../src/rpc/missile/blob-store.ts";
import { scratch } from "../engine/fixtures.ts";

/** No process has this number. */
const NOBODY = 2 ** 22 + 1;

describe("what a dead server has left", () => {
  it("is removed by the next one", () => {
    const directory = scratch();
    writeFileSync(join(directory, "5_data"), "x");
    writeFileSync(join(directory, "5_output"), "x");
    writeFileSync(join(directory, "6_data"), "another's");
    writeFileSync(join(directory, `missile-console.${NOBODY}.77`), "5_data\n5_output\n5_data\n");
    new BlobStore({ directory });
    expect(readdirSync(directory)).toEqual(["6_data"]);
  });

  it("is known by its process's start as well as its number", () => {
    const directory = scratch();
    writeFileSync(join(directory, "5_data"), "x");
    writeFileSync(join(directory, `missile-console.${process.pid}.1`), "5_data\n");
    new BlobStore({ directory });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("cannot be anything else, whatever a register says", () => {
    const directory = scratch();
    const inside = join(directory, "shm");
    mkdirSync(inside);
    writeFileSync(join(directory, "7_data"), "outside");
    writeFileSync(join(inside, "secret"), "not a blob");
    symlinkSync(join(directory, "7_data"), join(inside, "8_data"));
    mkdirSync(join(inside, "9_data"));
    const names = ["../7_data", "secret", "8_data", "9_data", join(directory, "7_data"), "", "."];
    writeFileSync(join(inside, `missile-console.${NOBODY}.1`), names.join("\n"));
    new BlobStore({ directory: inside });
    expect(readFileSync(join(directory, "7_data"), "utf8")).toBe("outside");
    expect(readdirSync(inside).sort()).toEqual(["8_data", "9_data", "secret"]);
  });
});

describe("a store", () => {
  it("leaves nothing once its blobs are removed, its register neither", async () => {
    const directory = scratch();
    const store = new BlobStore({ directory });
    const blob = await store.make(3, "data", 5);
    expect(readdirSync(directory)).toContain("3_data");
    new BlobStore({ directory });
    expect(existsSync(join(directory, "3_data"))).toBe(true);
    await store.remove(blob);
    await store.remove(blob);
    expect(readdirSync(directory)).toEqual([]);
    await store.make(4, "data", 5);
    store.removeAll();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("keeps the name of one that is being made, whatever is removed or ends meanwhile", async () => {
    const directory = scratch();
    const registered = (): string =>
      readdirSync(directory)
        .filter((name) => name.startsWith("missile-console."))
        .map((name) => readFileSync(join(directory, name), "utf8"))
        .join("");
    // By their sizes: which of them is opened first is chance.
    const allocating = new Map<number, () => void>();
    const allocate = (_: unknown, sizeBytes: number): Promise<void> =>
      new Promise((resolve) => allocating.set(sizeBytes, resolve));
    const store = new BlobStore({ directory, allocate });
    const making = [store.make(3, "data", 5), store.make(4, "data", 6)];
    await vi.waitUntil(() => allocating.size === 2);
    allocating.get(5)!();
    await store.remove(await making[0]!);
    expect(registered()).toContain("4_data\n");
    store.removeAll();
    expect(registered()).toContain("4_data\n");
    allocating.get(6)!();
    await store.remove(await making[1]!);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("leaves what a client has put in a blob's place", async () => {
    const directory = scratch();
    const store = new BlobStore({ directory });
    const blobs = [await store.make(3, "data", 5), await store.make(4, "data", 5)];
    for (const { key } of blobs) {
      unlinkSync(join(directory, key));
      mkdirSync(join(directory, key));
    }
    await store.remove(blobs[0]!);
    store.removeAll();
    expect(readdirSync(directory)).toEqual(["3_data", "4_data"]);
  });

  it("tells why there is no room, though a client has removed what was begun", async () => {
    const directory = scratch();
    const store = new BlobStore({
      directory,
      allocate: async () => {
        unlinkSync(join(directory, "3_data"));
        throw new Error("ENOSPC: no space left on device");
      },
    });
    await expect(store.make(3, "data", 5)).rejects.toMatchObject({
      code: "noSharedMemory",
      message: expect.stringContaining("ENOSPC"),
    });
  });

  it("follows no link that stands in a blob's place", async () => {
    const directory = scratch();
    writeFileSync(join(directory, "target"), "theirs");
    symlinkSync(join(directory, "target"), join(directory, "3_data"));
    await expect(new BlobStore({ directory }).make(3, "data", 5)).rejects.toMatchObject({
      code: "noSharedMemory",
    });
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("theirs");
  });

  it("has an end: two GiB", async () => {
    const store = new BlobStore({ directory: scratch(), allocate: async () => {} });
    const half = await store.make(1, "data", 2 ** 30);
    await store.make(2, "data", 2 ** 30);
    await expect(store.make(3, "data", 1)).rejects.toMatchObject({ code: "overLimit" });
    await store.remove(half);
    await store.make(3, "data", 1);
    store.removeAll();
  });

  it("gives zeros for what a client has cut off", async () => {
    const directory = scratch();
    const store = new BlobStore({ directory });
    const blob = await store.make(1, "data", 4);
    writeFileSync(join(directory, "1_data"), "abcd");
    await blob.toDevice();
    writeFileSync(join(directory, "1_data"), "x");
    await blob.toDevice();
    await blob.fromDevice();
    expect(readFileSync(join(directory, "1_data"))).toEqual(Buffer.from("x\0\0\0"));
    store.removeAll();
    await blob.close();
    await expect(blob.toDevice()).rejects.toMatchObject({ code: "blobLost" });
  });
});
