/** The stream to a run elsewhere: messages both ways, and after it has broken another one, for as long as it takes. */
import { type ClientDuplexStream, type ServiceError, status } from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import { type ConnectOptions, consoleClient, sayCallFailure } from "../rpc/connect.ts";
import { ATTACH_VERSION, type FromRun, type ToRun } from "../rpc/console/attach-messages.ts";
import { fromWire, toWire } from "../rpc/console/wire.ts";
import type { ConsoleClient } from "../rpc/generated/missile/console/v1/Console.ts";
import type { FromRun__Output as FromRunBytes } from "../rpc/generated/missile/console/v1/FromRun.ts";
import type { ToRun as ToRunBytes } from "../rpc/generated/missile/console/v1/ToRun.ts";

/** Wall ms between attempts while the server is away. */
const RETRY_MS = 500;
/** Of a message once it is inflated. The largest are the requests of ten minutes. */
const MOST_BYTES = 256 << 20;

export interface LineOptions extends ConnectOptions {
  readonly address: string;
  /** Version of the product: the server must be of the same. */
  readonly product: string;
}

export interface Hearer {
  /** A stream is there, and what was said on the one before is forgotten. */
  readonly up: (ready: Extract<FromRun, { kind: "ready" }>) => void;
  readonly heard: (message: FromRun) => void;
  /** It has broken; another one is tried for. */
  readonly down: (why: string) => void;
  /** It has ended for good: another attempt would end in the same way. */
  readonly over: (error: MissileError) => void;
}

/** What no later attempt can mend. */
const FINAL: ReadonlySet<status> = new Set([
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.UNIMPLEMENTED,
]);

export class Line {
  private readonly options: LineOptions;
  private readonly hearer: Hearer;
  private readonly client: ConsoleClient;
  private stream: ClientDuplexStream<ToRunBytes, FromRunBytes> | null = null;
  private timer: NodeJS.Timeout | undefined;

  /** Throws as consoleClient does. Begins to connect. */
  constructor(options: LineOptions, hearer: Hearer) {
    this.options = options;
    this.hearer = hearer;
    this.client = consoleClient(options.address, options);
    this.connect();
  }

  /** Lost where there is no stream. */
  send(message: ToRun): void {
    this.stream?.write({ message: toWire(message) });
  }

  /** Nothing is heard from here on, also of what is under way already. */
  close(): void {
    clearTimeout(this.timer);
    this.stream?.end();
    this.stream = null;
    this.client.close();
  }

  /** The stream makes no sense: another one might. */
  reset(why: string): void {
    this.drop(why);
  }

  private connect(): void {
    const stream = this.client.attach();
    this.stream = stream;
    stream.on("data", ({ message }: FromRunBytes) => {
      if (stream === this.stream) this.receive(message);
    });
    stream.on("error", (error: ServiceError) => {
      if (stream === this.stream) this.fail(error);
    });
    stream.on("end", () => {
      if (stream === this.stream) this.drop(`${this.options.address}: the server has ended the stream`);
    });
    this.send({ kind: "hello", version: ATTACH_VERSION, product: this.options.product });
  }

  private receive(bytes: Uint8Array): void {
    let message: FromRun;
    try {
      message = fromWire(bytes, MOST_BYTES) as FromRun;
    } catch (cause) {
      this.drop(`${this.options.address}: no message of a run (${(cause as Error).message})`);
      return;
    }
    if (message.kind === "refused") this.end(new MissileError(message.message, message.code));
    else if (message.kind === "ready") this.hearer.up(message);
    else this.hearer.heard(message);
  }

  private fail(error: ServiceError): void {
    const why = sayCallFailure(error, this.options.address);
    if (FINAL.has(error.code)) this.end(new MissileError(why, "notAdmitted"));
    else this.drop(why);
  }

  private drop(why: string): void {
    this.stream?.cancel();
    this.stream = null;
    this.timer = setTimeout(() => this.connect(), RETRY_MS);
    this.hearer.down(why);
  }

  private end(error: MissileError): void {
    this.close();
    this.hearer.over(error);
  }
}
