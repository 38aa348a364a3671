import { describe, expect, it } from "vitest";
import { Onlooker } from "../../src/tui/onlooker.ts";
import { createUiStore, type UiStore } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";

it("in another run, who was chosen or tagged is whoever has that name, and nobody else", async () => {
  const session = new FakeSession();
  const store = createUiStore({ columns: 80, rows: 24 });
  const onlooker = new Onlooker(session, store);
  const idOf = (name: string): number =>
    session.view().snapshot.tenants.find((tenant) => tenant.name === name)?.id ?? -1;
  const [camera, lidar, speech] = ["camera", "lidar", "speech"].map(idOf);
  store.setState({ selected: speech!, tagged: new Set([camera!, lidar!]) });
  const mix = await session.mix();
  const others = mix.tenants.filter(({ name }) => name !== "camera").reverse();
  await session.reopen({ ...mix, tenants: others });
  expect(idOf("lidar")).not.toBe(lidar);
  expect(store.getState()).toMatchObject({ selected: idOf("speech"), tagged: new Set([idOf("lidar")]) });
  await session.reopen({ ...mix, tenants: [] });
  // Ids of the run before are nobody's any more.
  expect(store.getState()).toMatchObject({ selected: null, tagged: new Set() });
  onlooker.stop();
});

describe("the chosen tenant's kernels", () => {
  /** A session that counts how often it was asked, and refuses to answer while it is told to. */
  function watched(): {
    session: FakeSession;
    store: UiStore;
    asked: () => number;
    refuse: (isTrue: boolean) => void;
  } {
    const session = new FakeSession();
    const store = createUiStore({ columns: 80, rows: 24 });
    const answer = session.kernels;
    let [count, isRefusing] = [0, false];
    session.kernels = async (tenant) => {
      count++;
      if (isRefusing) throw new Error("the connection is lost");
      return answer(tenant);
    };
    new Onlooker(session, store);
    const refuse = (isTrue: boolean): void => {
      isRefusing = isTrue;
    };
    return { session, store, asked: () => count, refuse };
  }

  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("are asked for once, and again in another run, whoever has its name and id there", async () => {
    const { session, store, asked } = watched();
    store.setState({ focus: "kernels" });
    await settled();
    session.publish();
    expect(asked()).toBe(1);
    await session.reopen(await session.mix());
    await settled();
    expect(asked()).toBe(2);
    expect(store.getState().kernels).not.toBeNull();
  });

  it("are asked for again once it has left and come back, perhaps with another network", async () => {
    const { session, store, asked } = watched();
    session.populate(1);
    store.setState({ focus: "kernels" });
    await settled();
    const before = asked();
    session.populate(0);
    session.populate(1);
    await settled();
    expect(asked()).toBe(before + 1);
  });

  it("that were refused are asked for again", async () => {
    const { session, store, refuse } = watched();
    refuse(true);
    store.setState({ focus: "kernels" });
    await settled();
    expect(store.getState().kernels).toBeNull();
    refuse(false);
    session.publish();
    await settled();
    expect(store.getState().kernels).not.toBeNull();
  });
});
