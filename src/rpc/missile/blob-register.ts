/**
 * Which shared memory a server has made, in a file beside it: what a server that was killed has left behind is removed by the next one.
 *
 * Names of shared memory are the clients' ("<mid>_<name>") and do not say whose they are. A register is named after its server's process
 * and that process's start, so that another process of the same number is not taken for it.
 */
import {
  appendFileSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";

const PREFIX = "missile-console.";
const REGISTER = /^missile-console\.(\d+)\.(\d+)$/;
/** As blobs are named, so that a register cannot name anything else. */
const BLOB_KEY = /^\d{1,10}_[a-z]+$/;

/** When the process started, in ticks since boot; null: there is none. */
function startOf(pid: number): string | null {
  try {
    // Its name, in brackets, may hold anything; fields after it are numbers: the start is the 22nd of all.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[22 - 3] ?? null;
  } catch {
    return null;
  }
}

/** Whether it was there, and a file of this user. */
function removeOwn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.uid !== process.getuid?.()) return false;
  unlinkSync(path);
  return true;
}

/** Removes what servers that are no more have left in `directory`. Returns how many pieces of shared memory that were. */
export function removeLeftovers(directory: string): number {
  let removed = 0;
  for (const name of readdirSync(directory)) {
    const [, pid, start] = REGISTER.exec(name) ?? [];
    if (pid === undefined || startOf(Number(pid)) === start) continue;
    const path = join(directory, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    const keys = readFileSync(path, "latin1")
      .split("\n")
      .filter((key) => BLOB_KEY.test(key));
    for (const key of new Set(keys)) if (removeOwn(join(directory, key))) removed++;
    removeOwn(path);
  }
  return removed;
}

export class BlobRegister {
  private readonly path: string;
  private file: number | null = null;

  constructor(directory: string) {
    this.path = join(directory, `${PREFIX}${process.pid}.${startOf(process.pid) ?? 0}`);
  }

  /** Before the shared memory is made. Throws what the file system says. */
  add(key: string): void {
    const { O_CREAT, O_APPEND, O_WRONLY, O_NOFOLLOW } = constants;
    this.file ??= openSync(this.path, O_CREAT | O_APPEND | O_WRONLY | O_NOFOLLOW, 0o600);
    appendFileSync(this.file, `${key}\n`);
  }

  /** All are removed: it begins anew with the next one. */
  clear(): void {
    if (this.file === null) return;
    closeSync(this.file);
    this.file = null;
    removeOwn(this.path);
  }
}
