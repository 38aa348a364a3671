/** The table of what acts on the run: that its rows are sound, and that each undoes what it does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ControlAction, Plan } from "../../src/actions/action.ts";
import type { Argument, Value, Values } from "../../src/actions/argument.ts";
import { optionsOf } from "../../src/actions/argument.ts";
import { controlActions } from "../../src/actions/index.ts";
import { Performer } from "../../src/actions/performer.ts";
import { plansFor, together } from "../../src/actions/plans.ts";
import type { World } from "../../src/actions/world.ts";
import { MissileError } from "../../src/core/error.ts";
import { networkOf, OFFERS } from "../tui/fake-mix.ts";
import { FakeMixes } from "../tui/fake-mixes.ts";
import { FakeSession } from "../tui/fake-session.ts";

async function worldOf(session: FakeSession): Promise<World> {
  const mix = await session.mix();
  const view = session.view();
  return { view, offers: OFFERS, networkOf, replaces: () => false, mix };
}

function valueFor(argument: Argument): fc.Arbitrary<Value> {
  switch (argument.kind) {
    case "number": {
      const { least, most } = argument;
      const number = argument.isWhole
        ? fc.integer({ min: least, max: Math.min(most, 2 ** 20) })
        : fc.double({ min: least, max: most, noNaN: true });
      return argument.none === undefined ? number : fc.option(number);
    }
    case "choice":
      return fc.constantFrom(...optionsOf(argument, OFFERS).map(({ value }) => value));
    case "load":
      return fc.constantFrom(
        { kind: "poisson", ratePerS: 30 } as const,
        { kind: "closed", inFlight: 2, thinkMs: 1 } as const,
      );
    case "text":
    case "file":
      return fc.constantFrom("one", "zwei", "三");
  }
}

const valuesFor = (action: ControlAction): fc.Arbitrary<Values> =>
  fc.record(Object.fromEntries(action.arguments.map((argument) => [argument.name, valueFor(argument)])));

/** What an operator sees of the settings; tenants by name, since ids are given anew. */
async function settings(session: FakeSession): Promise<unknown> {
  const { tenants, ...rest } = await session.mix();
  const { pace, snapshot } = session.view();
  const on = Object.fromEntries(snapshot.tenants.map(({ name, loadOn }) => [name, loadOn]));
  return {
    rest,
    on,
    speed: pace.speed,
    tenants: Object.fromEntries(tenants.map((tenant) => [tenant.name, tenant])),
  };
}

/** null: refused. */
function planned(
  action: ControlAction,
  world: World,
  targets: readonly string[],
  values: Values,
): Plan | null {
  try {
    return together(plansFor(action, world, targets, values));
  } catch (error) {
    expect(error).toBeInstanceOf(MissileError);
    return null;
  }
}

describe("each row", () => {
  it("has a name of its own in kebab-case", () => {
    const ids = controlActions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it.each(controlActions.map((action) => [action.id, action] as const))(
    "%s: undoing it leaves the run as it was, and it warns only where it says that it disturbs",
    async (_, action) => {
      await fc.assert(
        fc.asyncProperty(valuesFor(action), async (values) => {
          const session = new FakeSession();
          await session.act({ kind: "setPaused", paused: true });
          const performer = new Performer(session, new FakeMixes());
          const before = await settings(session);
          const world = await worldOf(session);
          const targets =
            action.scope === "run" ? [] : action.single === true ? ["lidar"] : ["lidar", "bert-be"];
          const plan = planned(action, world, targets, values);
          // What does not fit together is refused before anything is done.
          fc.pre(plan !== null);
          expect(plan.says).not.toBe("");
          if (action.disturbs === undefined) expect(plan.warnings).toEqual([]);
          expect(plan.inverse !== null).toBe(action.undoable);
          if (action.id === "open-mix" && values.mix !== "two-tenants") return;
          await performer.perform(plan.deeds);
          if (plan.inverse === null) return;
          await performer.perform(plan.inverse);
          expect(await settings(session)).toEqual(before);
        }),
        { numRuns: 12 },
      );
    },
  );

  it.each(
    controlActions.filter(({ scope }) => scope === "tenant").map((action) => [action.id, action] as const),
  )("%s refuses a tenant that has left", async (_, action) => {
    const world = await worldOf(new FakeSession());
    expect(() => plansFor(action, world, ["nobody"], {})).toThrow(MissileError);
  });
});

describe("plans", () => {
  it("for many tenants see what the ones before them do", async () => {
    const world = await worldOf(new FakeSession());
    const nice = controlActions.find(({ id }) => id === "nice")!;
    const { effects, inverse } = together(plansFor(nice, world, ["camera", "lidar"], { nice: 400_000 }));
    const [camera, lidar, laneKeeping] = effects.rows;
    expect([camera, lidar, laneKeeping]).toEqual([
      { what: "camera", before: "28.6 %", after: "33.3 %" },
      { what: "lidar", before: "14.3 %", after: "33.3 %" },
      { what: "lane-keeping", before: "14.3 %", after: "8.3 %" },
    ]);
    expect(inverse!.map((deed) => "tenant" in deed && deed.tenant)).toEqual(["lidar", "camera"]);
  });

  it("say what a removal does to what is in flight", async () => {
    const world = await worldOf(new FakeSession());
    const remove = controlActions.find(({ id }) => id === "remove")!;
    expect(plansFor(remove, world, ["camera"], { how: "drain" })[0]!.warnings[0]).toContain(
      "finishes the 2 requests",
    );
    expect(plansFor(remove, world, ["camera"], { how: "abort" })[0]!.warnings[0]).toContain(
      "drops the 2 requests",
    );
  });

  it("abort a tenant that drains already, whose configuration is no longer told", async () => {
    const world = await worldOf(new FakeSession());
    const remove = controlActions.find(({ id }) => id === "remove")!;
    const draining = { ...world.view.snapshot.tenants[0]!, leaving: true };
    const without = { ...world, mix: { ...world.mix!, tenants: world.mix!.tenants.slice(1) } };
    expect(remove.plan(without, draining, { how: "abort" })).toMatchObject({
      deeds: [{ kind: "removeTenant", tenant: "camera", how: "abort" }],
      inverse: null,
    });
  });

  it("of an edit change what runs where they can, and start anew where they must", async () => {
    const world = await worldOf(new FakeSession());
    const edit = controlActions.find(({ id }) => id === "edit")!;
    const tenant = world.view.snapshot.tenants[0]!;
    const same = edit.initial(world, tenant) as Values;
    expect(edit.plan(world, tenant, same).deeds).toEqual([]);
    expect(edit.plan(world, tenant, { ...same, slo: 3, nice: 7 })).toMatchObject({
      deeds: [{ kind: "changeTenant", tenant: "camera", change: { nice: 7, sloMs: 3 } }],
      warnings: [],
    });
    const other = edit.plan(world, tenant, { ...same, batch: 2 });
    expect(other.deeds.map(({ kind }) => kind)).toEqual(["removeTenant", "addTenant"]);
    expect(other.warnings.join()).toContain("starts anew");
    const halves = edit.plan(world, tenant, { ...same, precision: "fp16" });
    expect(halves.deeds).toMatchObject([
      { kind: "removeTenant" },
      { kind: "addTenant", config: { name: "camera", precision: "fp16" } },
    ]);
    expect(halves.says).toMatch(/ in fp16$/);
  });

  it("of a duplicate keep the precision, unless another one is said", async () => {
    const world = await worldOf(new FakeSession());
    const { mix } = world;
    const [camera, ...others] = mix!.tenants;
    const halved = {
      ...world,
      mix: { ...mix!, tenants: [{ ...camera!, precision: "bf16" as const }, ...others] },
    };
    const duplicate = controlActions.find(({ id }) => id === "duplicate")!;
    const tenant = world.view.snapshot.tenants[0]!;
    const same = duplicate.initial(halved, tenant) as Values;
    const addedBy = (values: Values): unknown => duplicate.plan(halved, tenant, values).deeds;
    expect(addedBy(same)).toMatchObject([{ config: { precision: "bf16" } }]);
    expect(addedBy({ ...same, precision: "tf32" })).toMatchObject([{ config: { precision: "tf32" } }]);
  });

  it("to rebuild a GPU is refused while that is done", async () => {
    const session = new FakeSession();
    session.fail("cuLaunchKernel: ECC error", null);
    const rebuild = controlActions.find(({ id }) => id === "restore-device")!;
    const world = await worldOf(session);
    expect(rebuild.plan(world, null, {}).deeds).toEqual([{ kind: "restoreDevice" }]);
    const under = { ...world, view: { ...world.view, preparing: "finding VRAM channels 3 %" } };
    expect(() => rebuild.plan(under, null, {})).toThrow("is being rebuilt: finding VRAM channels 3 %");
  });

  it("of a new tenant say what does not fit, before anything is done", async () => {
    const world = await worldOf(new FakeSession());
    const add = controlActions.find(({ id }) => id === "add")!;
    const said = { ...add.initial(world, null), name: "eye" } as Values;
    const plan = (changes: Values) => () => add.plan(world, null, { ...said, ...changes });
    expect(plan({ name: "camera" })).toThrow('there is a tenant "camera" already');
    expect(plan({ name: "a\u0007b" })).toThrow("control characters");
    expect(plan({ smRequest: 60, smLimit: 50 })).toThrow("smRequest (60 %) must not be above smLimit (50 %)");
    expect(plan({ vram: 2 ** 30 })).toThrow("VRAM: 1.00 TiB are asked and");
    expect(plan({})).not.toThrow();
  });

  it("of a real GPU refuse to make it another one", async () => {
    const session = new FakeSession();
    session.backend = "cuda";
    session.publish();
    const gpu = controlActions.find(({ id }) => id === "gpu")!;
    const world = await worldOf(session);
    expect(() => gpu.plan(world, null, { gpu: "v100" })).toThrow("real GPU");
  });
});
