/** The line that changes, in a real pseudo terminal. */
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";
import { fakeServer } from "./fake-server.ts";

const COLUMNS = 70;

it("changes in its place, is never wider than the terminal, and makes room for the summary", async () => {
  const server = await fakeServer({ policy: "orion" });
  const script = join(packageRoot, "dist", "src", "clients", "cont.js");
  const line = ["orion", server.port, ".", "m", 0, 0, 1, join(scratch(), "log.csv"), "--duration", "2.2"];
  const terminal = spawn(process.execPath, [script, ...line.map(String)], { cols: COLUMNS, rows: 24 });
  let text = "";
  terminal.onData((bytes) => {
    text += bytes;
  });
  await new Promise<void>((resolve) => terminal.onExit(() => resolve()));
  server.kill();

  const [, ...changes] = text.split("\r\u001b[K");
  const summary = changes.pop() as string;
  expect(changes.length).toBeGreaterThanOrEqual(2);
  for (const change of changes) {
    expect(change).toMatch(/^\d+ s \| \d+ accepted, 0 rejected, 0 failed \| [01] in flight/);
    expect(change.length).toBeLessThan(COLUMNS);
  }
  expect(summary).toMatch(/^missile_client_cont: \d+ requests in/);
});
