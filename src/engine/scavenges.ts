import { setFlagsFromString } from "node:v8";

/**
 * Keeps the pauses of the garbage collector short, in every thread of this process.
 *
 * Little of a run survives a scavenge, and one thread copies it in half a millisecond. V8 would spread it over helper threads
 * and wait for each of them: up to 25 ms where the cores have other work (`npm run bench -- core-step`, Node 20, two cores
 * shared by eight). It looks at this setting at each scavenge, so it may change while the program runs.
 */
export function scavengeOnOneThread(): void {
  setFlagsFromString("--no-parallel-scavenge");
}
