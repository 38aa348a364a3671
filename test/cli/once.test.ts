/** `--once` as a process: one snapshot in the format asked for. Wants `npm run build` first. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { snapshotSchema } from "../../src/export/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");

function once(...formats: string[]): { code: number | null; out: string; err: string } {
  const args = ["--mix", "two-tenants", "--once", "--after", "0.2", ...formats];
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

describe("missile-console --once", () => {
  it("prints JSON by the published schema", () => {
    const { code, out, err } = once("--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const snapshot = snapshotSchema.parse(JSON.parse(out));
    expect(snapshot.tenants.map(({ name }) => name)).toEqual(["resnet34", "densenet161"]);
    // A second of warm-up comes first.
    expect(snapshot).toMatchObject({ atS: 1.2 });
  });

  it.each([
    ["--csv", /^tenant,class,model,/],
    ["--prom", /^# HELP missile_run_info /],
  ])("prints by %s", (format, beginning) => {
    const { code, out, err } = once(format);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(beginning);
    expect(out).toContain("densenet161");
  });

  it("prints text for people", () => {
    const { code, out } = once();
    expect(code).toBe(0);
    expect(out).toMatch(/^NVIDIA H200 \(sim\) {2}policy missiletemporal/);
  });

  it.each([
    [["--once", "--json", "--csv"], /a snapshot has one format: give --json or --csv/],
    [["--prom"], /--json, --csv and --prom are formats of --once/],
    [["--once", "--after", "0"], /--after/],
    [["--once", "--mix", "nothing"], /nothing/],
  ])("refuses %j in one line", (args, message) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^missile-console: [^\n]*\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
