/** How the console ends where nobody wished it to: what the processes of pty.test.ts cannot time. */
import { expect, it } from "vitest";
import type { Session } from "../../src/engine/session.ts";
import { Lifeline } from "../../src/tui/lifeline.ts";

/** Ends once its session has closed; `did` is what it did, in order. */
function lifeline(): {
  readonly line: Lifeline;
  readonly closed: () => Promise<void>;
  readonly did: string[];
} {
  const did: string[] = [];
  let close = (): void => {};
  const closing = new Promise<void>((resolve) => {
    close = resolve;
  });
  const line = new Lifeline({
    session: { died: new Promise(() => {}), close: () => closing } as unknown as Session,
    restore: () => did.push("restored"),
    say: (text) => did.push(text),
    exit: (code) => did.push(`exit ${code}`),
    dieOf: (signal) => did.push(signal),
  });
  const closed = async (): Promise<void> => {
    close();
    await closing;
  };
  return { line, closed, did };
}

it("a failure ends it once, after its session has closed", async () => {
  const { line, closed, did } = lifeline();
  line.fail(new Error("first"));
  line.fail(new Error("second"));
  expect(did).toHaveLength(2);
  await closed();
  expect(did).toEqual(["restored", expect.stringContaining("missile-console stopped: first"), "exit 1"]);
});

it("a terminal that goes while it ends leaves no way out but the signal", async () => {
  const { line, closed, did } = lifeline();
  line.fail(new Error("first"));
  line.hangUp();
  await closed();
  expect(did.at(-1)).toBe("SIGHUP");
});
