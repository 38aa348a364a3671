/** What happens to acts that wait, are refused, or are refused in part. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Plan } from "../../src/actions/action.ts";
import type { Values } from "../../src/actions/argument.ts";
import { controlActions } from "../../src/actions/index.ts";
import { plansFor } from "../../src/actions/plans.ts";
import { MissileError } from "../../src/core/error.ts";
import type { Act } from "../../src/engine/session.ts";
import { Hands } from "../../src/tui/hands.ts";
import { Notices } from "../../src/tui/notices.ts";
import { createUiStore } from "../../src/tui/store.ts";
import { networkOf, OFFERS } from "./fake-mix.ts";
import { FakeMixes } from "./fake-mixes.ts";
import { FakeSession } from "./fake-session.ts";

/** Refuses what changes this tenant; lets a removed one go only when told to. */
class Stubborn extends FakeSession {
  refused: number | null = null;
  #leave: (() => void) | null = null;

  override act(act: Act): Promise<void> {
    if (act.kind === "changeTenant" && act.tenant === this.refused) {
      return Promise.reject(new MissileError("not this one", "badTenant"));
    }
    if (act.kind !== "removeTenant") return super.act(act);
    this.#leave = () => void super.act(act);
    return Promise.resolve();
  }

  get isLeaving(): boolean {
    return this.#leave !== null;
  }

  letGo(): void {
    this.#leave?.();
  }
}

function setUp() {
  const session = new Stubborn();
  const store = createUiStore({ columns: 80, rows: 24 });
  const notices = new Notices(store);
  const hands = new Hands(session, new FakeMixes(), notices);
  const said = (): string => store.getState().notice?.text ?? "";
  const plans = async (id: string, tenants: readonly string[], values: Values): Promise<Plan[]> => {
    const world = {
      view: hands.view(),
      offers: OFFERS,
      networkOf,
      replaces: () => false,
      mix: await session.mix(),
    };
    return plansFor(controlActions.find((action) => action.id === id)!, world, tenants, values);
  };
  const nices = (): number[] => session.view().snapshot.tenants.map(({ nice }) => nice);
  return { session, hands, said, plans, nices, notices };
}

let notices: Notices | null = null;

afterEach(() => notices?.dispose());

describe("hands", () => {
  it("undo what was done of a plan that was refused in part", async () => {
    const stage = setUp();
    notices = stage.notices;
    stage.session.refused = 1;
    const before = stage.nices();
    await stage.hands.do(await stage.plans("nice", ["camera", "lidar", "speech"], { nice: 7 }));
    expect(stage.said()).toBe("not this one");
    expect(stage.nices()).toEqual([7, ...before.slice(1)]);
    await stage.hands.undo();
    expect(stage.nices()).toEqual(before);
    await stage.hands.undo();
    expect(stage.said()).toBe("there is nothing to undo");
  });

  it("forget what was refused: the next value starts from the one in force", async () => {
    const stage = setUp();
    notices = stage.notices;
    stage.session.refused = 0;
    const doing = stage.hands.do(await stage.plans("nice", ["camera"], { nice: 7 }));
    expect(stage.hands.view().snapshot.tenants[0]!.nice).toBe(7);
    await doing;
    expect(stage.hands.view().snapshot.tenants[0]!.nice).toBe(200_000);
  });

  it("lose an undo that is refused, and go on with the one before", async () => {
    const stage = setUp();
    notices = stage.notices;
    await stage.hands.do(await stage.plans("nice", ["lidar"], { nice: 7 }));
    await stage.hands.do(await stage.plans("nice", ["camera"], { nice: 8 }));
    stage.session.refused = 0;
    await stage.hands.undo();
    expect(stage.said()).toBe("cannot undo: not this one");
    await stage.hands.undo();
    expect(stage.nices().slice(0, 2)).toEqual([8, 100_000]);
  });

  it("wait until who leaves has given its name back, before it is taken again", async () => {
    const stage = setUp();
    notices = stage.notices;
    const tenant = stage.session.view().snapshot.tenants[0]!;
    const edit = controlActions.find(({ id }) => id === "edit")!;
    const world = {
      view: stage.hands.view(),
      offers: OFFERS,
      networkOf,
      replaces: () => false,
      mix: await stage.session.mix(),
    };
    const plan = edit.plan(world, tenant, { ...(edit.initial(world, tenant) as Values), batch: 4 });
    const doing = stage.hands.do([plan]);
    await vi.waitFor(() => expect(stage.session.isLeaving).toBe(true));
    expect(stage.session.acts).toEqual([]);
    stage.session.letGo();
    await doing;
    expect(stage.session.acts.map(({ kind }) => kind)).toEqual(["removeTenant", "addTenant"]);
    expect(stage.said()).toBe("camera is camera now: LS, resnet34 x4");
  });
});
