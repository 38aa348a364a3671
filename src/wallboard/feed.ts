/** Snapshots from a server, for as long as somebody looks: a connection that is lost is made anew, by itself. */
import type { ServiceError } from "@grpc/grpc-js";
import { sayCallFailure } from "../rpc/connect.ts";
import type { ConsoleClient } from "../rpc/generated/missile/console/v1/Console.ts";
import { type BoardSnapshot, readSnapshot } from "./snapshot.ts";

/** Connecting: there has never been a snapshot. Lost: there was one. */
export type Link =
  | { readonly kind: "live" }
  | {
      readonly kind: "connecting" | "lost";
      /** In ms of the epoch. */
      readonly sinceMs: number;
      /** What is in the way, in one line; empty: nothing yet. */
      readonly why: string;
    };

export interface FeedListener {
  link(link: Link): void;
  snapshot(snapshot: BoardSnapshot): void;
}

/** Before the first attempt anew, and at most: it doubles with each that fails. A server that starts is seen soon. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 4_000;

export interface FeedOptions {
  readonly client: ConsoleClient;
  /** For people. */
  readonly address: string;
  /** Snapshots a second, of the wall. */
  readonly ratePerS: number;
}

export class Feed {
  private readonly options: FeedOptions;
  private readonly listener: FeedListener;
  private link: Link;
  private pauseMs = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | undefined;
  private stopCall = (): void => {};
  private isClosed = false;

  constructor(options: FeedOptions, listener: FeedListener) {
    this.options = options;
    this.listener = listener;
    this.link = { kind: "connecting", sinceMs: Date.now(), why: "" };
    this.listener.link(this.link);
    this.call();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.stopCall();
    this.options.client.close();
  }

  private call(): void {
    const { client, address, ratePerS } = this.options;
    const stream = client.watchSnapshots({ ratePerS });
    // A stream that has failed tells more than once.
    let isOver = false;
    const end = (why: string): void => {
      if (isOver || this.isClosed) return;
      isOver = true;
      stream.cancel();
      this.lose(why);
    };
    this.stopCall = () => stream.cancel();
    stream.on("data", ({ json }) => {
      if (isOver || this.isClosed) return;
      try {
        const snapshot = readSnapshot(json);
        this.become({ kind: "live" });
        this.pauseMs = FIRST_PAUSE_MS;
        this.listener.snapshot(snapshot);
      } catch (cause) {
        end(`${address}: ${(cause as Error).message}`);
      }
    });
    stream.on("error", (error: ServiceError) => end(sayCallFailure(error, address)));
    stream.on("end", () => end(`${address}: the server has ended the stream`));
  }

  private lose(why: string): void {
    const away = this.link.kind === "live" ? { kind: "lost" as const, sinceMs: Date.now() } : this.link;
    this.become({ ...away, why });
    this.timer = setTimeout(() => this.call(), this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LAST_PAUSE_MS);
  }

  private become(link: Link): void {
    const isNews = link.kind !== "live" || this.link.kind !== "live";
    this.link = link;
    if (isNews) this.listener.link(link);
  }
}
