/** The wallboard's connection: that it comes back by itself, and says what it is. */
import { afterEach, describe, expect, it } from "vitest";
import { consoleClient } from "../../src/rpc/connect.ts";
import { Feed, type Link } from "../../src/wallboard/feed.ts";
import type { BoardSnapshot } from "../../src/wallboard/snapshot.ts";
import { FakeServer, fakeSnapshots } from "./fake-server.ts";

const [first, second] = fakeSnapshots(2) as [string, string];

const server = new FakeServer();
let feed: Feed | null = null;

afterEach(() => {
  feed?.close();
  server.stop();
});

/** What a feed has told, and a way to wait for it. */
class Told {
  readonly links: Link[] = [];
  readonly snapshots: BoardSnapshot[] = [];
  private wake = (): void => {};

  link(link: Link): void {
    this.links.push(link);
    this.wake();
  }

  snapshot(snapshot: BoardSnapshot): void {
    this.snapshots.push(snapshot);
    this.wake();
  }

  async until(isSo: (told: Told) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

function watch(address: string): Told {
  const told = new Told();
  feed = new Feed({ client: consoleClient(address), address, ratePerS: 2 }, told);
  return told;
}

const kinds = ({ links }: Told): string[] =>
  links.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1]);

describe("the feed", () => {
  it("asks for its rate and passes on what comes", async () => {
    const address = await server.start(0);
    server.send(first);
    const told = watch(address);
    await told.until(({ snapshots }) => snapshots.length === 1);
    server.send(second);
    await told.until(({ snapshots }) => snapshots.length === 2);
    expect(server.rates.at(-1)).toBe(2);
    expect(kinds(told)).toEqual(["connecting", "live"]);
    expect(told.snapshots[1]!.atS).toBeGreaterThan(told.snapshots[0]!.atS!);
  });

  it("is connecting, and says why, until there is a server", async () => {
    const address = await server.start(0);
    server.stop();
    const told = watch(address);
    await told.until(({ links }) => links.some((link) => link.kind === "connecting" && link.why !== ""));
    expect(kinds(told)).toEqual(["connecting"]);
    await server.start();
    server.send(first);
    await told.until(({ snapshots }) => snapshots.length === 1);
    expect(kinds(told)).toEqual(["connecting", "live"]);
  });

  it("is lost since the server went away, whatever fails after that, and live again when it is back", async () => {
    const address = await server.start(0);
    server.send(first);
    const told = watch(address);
    await told.until(({ snapshots }) => snapshots.length === 1);
    server.stop();
    await told.until(({ links }) => links.filter(({ kind }) => kind === "lost").length >= 3);
    const lost = told.links.flatMap((link) => (link.kind === "lost" ? [link] : []));
    expect(new Set(lost.map(({ sinceMs }) => sinceMs)).size).toBe(1);
    expect(lost.at(-1)?.why).toContain(`${address}: no server answers there`);
    await server.start();
    server.send(second);
    await told.until(({ snapshots }) => snapshots.length >= 2);
    expect(kinds(told)).toEqual(["connecting", "live", "lost", "live"]);
  });

  it("does not take what is no snapshot, and goes on asking", async () => {
    const address = await server.start(0);
    server.send('{"something": "else"}');
    const told = watch(address);
    await told.until(({ links }) =>
      links.some((link) => link.kind === "connecting" && /not of this version/.test(link.why)),
    );
    server.send(first);
    await told.until(({ snapshots }) => snapshots.length === 1);
  });

  it("is silent once it is closed", async () => {
    const address = await server.start(0);
    server.send(first);
    const told = watch(address);
    await told.until(({ snapshots }) => snapshots.length === 1);
    feed?.close();
    const links = told.links.length;
    server.send(second);
    server.stop();
    // Whoever comes next has been served after what was sent before.
    const next = watch(await server.start());
    server.send(second);
    await next.until(({ snapshots }) => snapshots.length === 1);
    expect([told.links.length, told.snapshots.length]).toEqual([links, 1]);
  });
});
