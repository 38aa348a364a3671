import { describe, expect, it } from "vitest";
import { panes } from "../../src/tui/panes/index.ts";
import { HEALTH } from "./fake-health.ts";
import { FakeSession } from "./fake-session.ts";
import { paintedRows, sceneAfter, sceneOfViews } from "./pane-scene.ts";

describe("the GPU", () => {
  it("says what it does, what runs on it and what it is", () => {
    const text = paintedRows("gpu", 118, 26, sceneAfter(new FakeSession(), { seconds: 5 })).join("\n");
    expect(text).toMatch(/SMs ran +\d+\.\d % +chip +simulated, no sensors/);
    expect(text).toMatch(/VRAM +\d+ of 4350 GB\/s +run +FP32 +66\.9 TFLOP\/s/);
    expect(text).toMatch(/channels +47 in 24 partitions/);
    expect(text).toContain("%  ● SMs  ○ VRAM  ◆ PCIe in");
  });

  it("adds up what the tenants fill", () => {
    const view = new FakeSession().view();
    const [first] = view.snapshot.tenants;
    const tenants = [{ ...first!, tpcRan: Array.from({ length: 66 }, () => 0.5), vramUsedKiB: 2 ** 20 }];
    const scene = sceneOfViews([{ ...view, snapshot: { ...view.snapshot, tenants } }]);
    const text = paintedRows("gpu", 78, 20, scene).join("\n");
    expect(text).toMatch(/SMs ran +50\.0 %/);
    expect(text).toMatch(/VRAM used +1\.00 GiB of 131 GiB/);
    expect(panes.gpu.caption?.(scene)[0]).toMatch(/^NVIDIA H200 · SMs 50\.0 %/);
  });

  it("reads a real GPU's sensors, or says that they are not read", () => {
    const view = { ...new FakeSession().view(), backend: "cuda" as const };
    const rows = (health: typeof HEALTH | null): string =>
      paintedRows("gpu", 118, 26, sceneOfViews([{ ...view, health }])).join("\n");
    expect(rows(HEALTH)).toMatch(/SM clock +1980 MHz/);
    expect(rows(HEALTH)).toMatch(/power +77 W/);
    expect(rows(HEALTH)).toMatch(/temperature +30 °C/);
    expect(rows(HEALTH)).not.toMatch(/speed +×/);
    expect(rows(null)).toContain("sensors not read");
  });

  it("scrolls where not all of it fits, and only there", () => {
    const scene = sceneAfter(new FakeSession());
    const lines = panes.gpu.scrollable?.(scene, { width: 40, height: 10 });
    expect(lines).toBeGreaterThan(30);
    const last = sceneAfter(new FakeSession(), { ui: { scroll: { gpu: lines! - 1 } } });
    expect(paintedRows("gpu", 40, 10, last)[0]).toMatch(/^eviction/);
    expect(panes.gpu.scrollable?.(scene, { width: 118, height: 26 })).toBeUndefined();
  });
});
