/** Ctrl-C and SIGTERM: the first ends politely, the second at once. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Returns what leaves signals to the system again. */
export function stopBySignals(politely: () => void, atOnce: () => void): () => void {
  let count = 0;
  const heard = (): void => (count++ === 0 ? politely() : atOnce());
  for (const signal of SIGNALS) process.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) process.off(signal, heard);
  };
}
