/** What tenants of a real GPU run: plans of built-in networks, kept in the user's cache. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { plannedNetworks } from "../../src/engine/networks.ts";
import { scratch } from "./fixtures.ts";

it("are refused in one line where the cache cannot be written", () => {
  const notAFolder = join(scratch(), "cache");
  writeFileSync(notAFolder, "");
  process.env.XDG_CACHE_HOME = notAFolder;
  const choice = { model: "squeezenet1.1", batch: 1, precision: "tf32", vramKiB: null } as const;
  expect(() => plannedNetworks("any GPU")(choice)).toThrow(
    expect.objectContaining({ code: "cannotWrite", message: expect.stringContaining(notAFolder) }),
  );
});
