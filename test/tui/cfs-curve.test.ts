import { describe, expect, it } from "vitest";
import type { View } from "../../src/engine/session.ts";
import { cfsCurve } from "../../src/tui/panes/cfs-curve.ts";
import { FakeSession } from "./fake-session.ts";
import { clicked, paintedRows, sceneOfViews } from "./pane-scene.ts";

const STEP_S = 0.25;

/** What a setting gives: GB/s, and us of an LS copy. Backlog stands unless it is told to be none. */
interface Given {
  readonly packets: number;
  readonly seconds: number;
  readonly gBs: number;
  readonly copyUs: number;
  readonly isIdle?: boolean;
  readonly policy?: string;
}

function given(view: View, { gBs, copyUs, isIdle = false }: Given): View {
  const { snapshot } = view;
  const [first, ...others] = snapshot.copies.h2d;
  const h2d = [
    { ...first!, gBs, backlogBytes: isIdle ? 0 : 1 },
    ...others.map((queue) => ({ ...queue, gBs: 0, backlogBytes: 0 })),
  ];
  const tenants = snapshot.tenants.map((tenant) => ({
    ...tenant,
    recentCopyInMs: { ...tenant.recentCopyInMs, count: tenant.class === "LS" ? 5 : 99, p50: copyUs / 1e3 },
  }));
  return { ...view, snapshot: { ...snapshot, tenants, copies: { ...snapshot.copies, h2d } } };
}

function runOf(...settings: readonly Given[]): View[] {
  const session = new FakeSession();
  return settings.flatMap((setting) => {
    void session.act({ kind: "choosePolicy", policy: setting.policy ?? "missiletemporal" });
    void session.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: setting.packets });
    return Array.from({ length: Math.round(setting.seconds / STEP_S) }, () => {
      session.advance(STEP_S);
      return given(session.view(), setting);
    });
  });
}

const curveOf = (...settings: readonly Given[]) => {
  const { history, atNs } = sceneOfViews(runOf(...settings));
  return cfsCurve(history, "missiletemporal", atNs);
};

describe("the curve of cfsPeriod", () => {
  it("has a point for each setting, the shortest period first", () => {
    const curve = curveOf(
      { packets: 512, seconds: 3, gBs: 30, copyUs: 80 },
      { packets: 64, seconds: 3, gBs: 6, copyUs: 20 },
      { packets: 4096, seconds: 3, gBs: 50, copyUs: 300 },
    );
    expect(curve.map(({ packets }) => packets)).toEqual([64, 512, 4096]);
    expect(curve[1]!.gBs).toBeCloseTo(30);
    expect(curve[1]!.copyUs).toBeCloseTo(80);
  });

  it("leaves out the first second after a change, and settings that stood no longer", () => {
    const curve = curveOf(
      { packets: 512, seconds: 1, gBs: 99, copyUs: 99 },
      { packets: 64, seconds: 1, gBs: 77, copyUs: 77 },
      { packets: 64, seconds: 2, gBs: 6, copyUs: 20 },
    );
    expect(curve).toHaveLength(1);
    expect(curve[0]!.gBs).toBeCloseTo(6);
  });

  it("takes the latest ten seconds of a setting, also when it was left and came back", () => {
    const curve = curveOf(
      { packets: 512, seconds: 12, gBs: 10, copyUs: 10 },
      { packets: 64, seconds: 2, gBs: 6, copyUs: 20 },
      { packets: 512, seconds: 12, gBs: 30, copyUs: 80 },
    );
    expect(curve[1]!.gBs).toBeCloseTo(30);
    expect(curve[1]!.copyUs).toBeCloseTo(80);
  });

  it("counts bandwidth while copies wait, and says so where none did", () => {
    const busy = { packets: 512, seconds: 3, gBs: 30, copyUs: 80 };
    expect(curveOf(busy, { ...busy, gBs: 1, isIdle: true })[0]!.gBs).toBeCloseTo(30);
    expect(curveOf({ ...busy, isIdle: true })[0]).toMatchObject({ gBs: Number.NaN });
  });

  it("knows nothing of other policies, nor of what comes after the moment on show", () => {
    const views = runOf(
      { packets: 512, seconds: 3, gBs: 30, copyUs: 80 },
      { packets: 64, seconds: 3, gBs: 6, copyUs: 20, policy: "orion" },
      { packets: 4096, seconds: 3, gBs: 50, copyUs: 300 },
    );
    const { history, atNs } = sceneOfViews(views);
    const settings = (untilNs: number) => cfsCurve(history, "missiletemporal", untilNs).map((p) => p.packets);
    expect(settings(atNs)).toEqual([512, 4096]);
    expect(settings(views[14]!.snapshot.atNs)).toEqual([512]);
    expect(settings(atNs)).toEqual([512, 4096]);
  });

  it("is drawn below the queues, or beside them, or not at all", () => {
    const scene = sceneOfViews(
      runOf(
        { packets: 512, seconds: 3, gBs: 30, copyUs: 80 },
        { packets: 64, seconds: 3, gBs: 6, copyUs: 20 },
      ),
    );
    const below = paintedRows("copies", 78, 20, scene);
    expect(below[7]).toMatch(/^H2D GB\/s +● bandwidth +◆ LS copy in +┊ now 64 +us$/);
    expect(paintedRows("copies", 132, 9, scene)[0]).toMatch(/H2D ask%.*H2D GB\/s +● bandwidth/);
    expect(paintedRows("copies", 43, 7, scene).join("")).not.toContain("●");
    expect(clicked("copies", { width: 78, height: 20 }, scene, "speech")).toEqual({
      kind: "select",
      tenant: 3,
    });
    expect(clicked("copies", { width: 78, height: 20 }, scene, "bandwidth")).toBeNull();
  });

  it("invites to tune while nothing has settled", () => {
    const scene = sceneOfViews(runOf({ packets: 512, seconds: 0.5, gBs: 30, copyUs: 80 }));
    expect(paintedRows("copies", 78, 20, scene)[7]).toContain("tune cfsPeriod with - and +");
  });
});
