import { expect, it } from "vitest";
import { Onlooker } from "../../src/tui/onlooker.ts";
import { createUiStore } from "../../src/tui/store.ts";
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
