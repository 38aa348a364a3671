/** A control service that knows one call: whoever watches gets the snapshots that the test sends, and no others. */
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { snapshotDocument } from "../../src/export/index.ts";
import type { Snapshot__Output } from "../../src/rpc/generated/missile/console/v1/Snapshot.ts";
import { Console } from "../../src/rpc/protos.ts";
import { FakeSession } from "../tui/fake-session.ts";

type Watcher = ServerWritableStream<{ ratePerS: number }, Snapshot__Output>;

export class FakeServer {
  readonly watchers = new Set<Watcher>();
  /** Rates that were asked for. */
  readonly rates: number[] = [];
  port = 0;
  private server: Server | null = null;
  private sequence = 0;
  private newest = "";

  /** @param port 0: any; a server that comes back takes the one that it had. */
  async start(port = this.port): Promise<string> {
    const server = new Server();
    // Who calls what is not here hears UNIMPLEMENTED.
    server.addService(Console.service, {
      watchSnapshots: (call: Watcher) => {
        this.watchers.add(call);
        this.rates.push(call.request.ratePerS);
        call.on("cancelled", () => this.watchers.delete(call));
        if (this.newest !== "") this.write(call);
      },
    });
    this.port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    this.server = server;
    return `127.0.0.1:${this.port}`;
  }

  send(json: string): void {
    this.newest = json;
    this.sequence++;
    for (const watcher of this.watchers) this.write(watcher);
  }

  /** As when the machine goes down: streams break. */
  stop(): void {
    this.watchers.clear();
    this.newest = "";
    this.server?.forceShutdown();
    this.server = null;
  }

  private write(call: Watcher): void {
    call.write({ sequence: this.sequence, dropped: 0, json: this.newest });
  }
}

/** JSON of snapshots of a made-up run, half a second apart. */
export function fakeSnapshots(count: number): string[] {
  const session = new FakeSession();
  return Array.from({ length: count }, () => {
    session.advance(0.5);
    return JSON.stringify(snapshotDocument(session.view()));
  });
}
