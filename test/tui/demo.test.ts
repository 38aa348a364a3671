/** Guided scenes: they fit the mixes that they are played on, do what they say, and stop for good. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { policyNames } from "../../src/core/policies/index.ts";
import { loadMix } from "../../src/presets/index.ts";
import { actions } from "../../src/tui/action-table.ts";
import { Director } from "../../src/tui/demo/director.ts";
import { SCENE_NAMES, SCENES } from "../../src/tui/demo/scenes.ts";
import type { Request } from "../../src/tui/dialogs/dialog.ts";
import { createUiStore } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";

describe.each(SCENE_NAMES)("the scene %s", (name) => {
  const { mix, steps } = SCENES[name];

  it("asks for actions that there are, with what they must be told, of tenants that are there", () => {
    const tenants = loadMix(mix).tenants.map((tenant) => tenant.name);
    for (const { action, tenant, values } of steps.flatMap(({ does = [] }) => does)) {
      const row = actions.find(({ id }) => id === action);
      expect(Object.keys(values)).toEqual(row?.arguments.map((argument) => argument.name));
      expect(row?.scope).toBe(tenant === undefined ? "run" : "tenant");
      if (tenant !== undefined) expect(tenants).toContain(tenant);
      if (action === "policy") expect(policyNames).toContain(values.policy);
    }
  });

  it("says something at every step, whatever the figures are", () => {
    const view = new FakeSession().view();
    const bare = { ...view, snapshot: { ...view.snapshot, tenants: [] } };
    for (const { says } of steps) {
      for (const seen of [view, bare]) expect(typeof says === "string" ? says : says(seen)).toMatch(/\w{3}/);
    }
  });
});

describe("a director", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const play = (steps: (typeof SCENES)["cfs"]["steps"]) => {
    const session = new FakeSession();
    const store = createUiStore({ columns: 80, rows: 24 });
    const asked: Request[] = [];
    const director = new Director(
      { title: "A scene", mix: "apollo", steps },
      { store, view: () => session.view(), ask: (request) => asked.push(request) },
    );
    return { store, asked, director };
  };
  const policy = (name: string) => ({ action: "policy", values: { policy: name } });

  it("takes its steps in turn and leaves no caption behind", () => {
    const { store, asked } = play([
      { seconds: 2, says: "first", looks: { layout: "latency" } },
      {
        seconds: 3,
        says: "second",
        does: [policy("orion"), { action: "nice", tenant: "lidar", values: { nice: 7 } }],
      },
    ]);
    expect(store.getState()).toMatchObject({
      caption: { step: 0, text: "1/2  A scene. first Any key: yours." },
      layout: "latency",
    });
    vi.advanceTimersByTime(2000);
    expect(store.getState().caption).toEqual({ step: 1, text: "2/2  second Any key: yours." });
    expect(asked).toEqual([
      { action: "policy", tenants: null, values: { policy: "orion" }, warned: true },
      { action: "nice", tenants: ["lidar"], values: { nice: 7 }, warned: true },
    ]);
    vi.advanceTimersByTime(3000);
    expect(store.getState().caption).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves out what is for a tenant that has gone, and does nothing once stopped", () => {
    const { store, asked, director } = play([
      { seconds: 1, says: "first", does: [{ action: "nice", tenant: "nobody", values: { nice: 7 } }] },
      { seconds: 1, says: "second", does: [policy("orion")] },
    ]);
    director.stop();
    vi.advanceTimersByTime(5000);
    expect(asked).toEqual([]);
    expect(store.getState().caption).toBeNull();
  });
});
