/** Vitest's setup of each test file: what the user keeps on this machine is not the tests', and what one file keeps is not another's. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

for (const folder of ["CACHE", "CONFIG", "STATE"]) {
  process.env[`XDG_${folder}_HOME`] = mkdtempSync(join(tmpdir(), `missile-${folder.toLowerCase()}-`));
}
