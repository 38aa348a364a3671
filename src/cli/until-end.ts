/** When a server is to end. */

export interface End {
  /** A signal, or what the engine died of. */
  readonly why: string;
  readonly isFailure: boolean;
}

/** Resolves at the first signal to end, or once the engine has died. The same signal again ends the process at once. */
export function untilEnd(died: Promise<string>): Promise<End> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
      process.once(signal, () => resolve({ why: signal, isFailure: false }));
    void died.then((why) => resolve({ why, isFailure: true }));
  });
}
