/** One run that several look at: who watches which tenant, and what each of them sees of it. */
import { describe, expect, it } from "vitest";
import type { BlockMap, ReopenableSession, View } from "../../../src/engine/session.ts";
import { SharedRun } from "../../../src/rpc/console/shared-run.ts";

const blocksOf = (tenant: number): BlockMap => ({
  tenant,
  side: null,
  isBe: [],
  poolBlocks: 0,
  wastedBlocks: 0,
  rows: [],
});

/** Of the session, what a seat's view is made from. */
class Run {
  watched: { tenant: number | null; withBlocks: boolean } = { tenant: null, withBlocks: false };
  private atNs = 0;
  private listener = (): void => {};

  readonly session = {
    view: () => this.view(),
    subscribe: (listener: () => void) => {
      this.listener = listener;
      return () => {};
    },
    watch: (tenant: number | null, withBlocks = false) => {
      this.watched = { tenant, withBlocks };
    },
  } as unknown as ReopenableSession;

  /** The next view. */
  next(): void {
    this.atNs++;
    this.listener();
  }

  private view(): View {
    const { tenant, withBlocks } = this.watched;
    return {
      snapshot: { atNs: this.atNs, tenants: [{ id: 1 }, { id: 2 }] },
      detail: tenant === null ? null : { tenant, slowest: [] },
      blocks: tenant === null || !withBlocks ? null : blocksOf(tenant),
    } as unknown as View;
  }
}

describe("a tenant that is watched", () => {
  it("takes turns with others, and each seat sees its own", () => {
    const run = new Run();
    const shared = new SharedRun(run.session);
    const [one, other] = [shared.seat("one"), shared.seat("other")];
    one.watch(1);
    other.watch(2);
    for (let turn = 0; turn < 4; turn++) run.next();
    expect(one.view().detail?.tenant).toBe(1);
    expect(other.view().detail?.tenant).toBe(2);
  });

  it("has its blocks asked for while a seat looks at them, and told to that seat alone", () => {
    const run = new Run();
    const shared = new SharedRun(run.session);
    const [looking, other] = [shared.seat("looking"), shared.seat("other")];
    looking.watch(1, true);
    other.watch(1);
    expect(run.watched).toEqual({ tenant: 1, withBlocks: true });
    run.next();
    expect(looking.view().blocks?.tenant).toBe(1);
    expect(other.view().blocks).toBeNull();
    looking.watch(1, false);
    expect(run.watched).toEqual({ tenant: 1, withBlocks: false });
    expect(looking.view().blocks).toBeNull();
  });
});
