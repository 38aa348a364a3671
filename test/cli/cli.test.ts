/** The built command as a process: exit codes, and what is said on which stream. Wants `npm run build` first. */
import { spawn, spawnSync } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { policyNames } from "../../src/core/policies/index.ts";
import { reportSchema } from "../../src/engine/report.ts";
import { modelNames } from "../../src/models/index.ts";
import { gpuNames, mixNames } from "../../src/presets/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");
const directory = scratch();

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function cli(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    cwd: directory,
  });
  return { code: status, out: stdout, err: stderr };
}

/** An error that the operator can mend: one line on stderr, nothing on stdout, exit code 2. */
function expectRefusal({ code, out, err }: Outcome, message: RegExp): void {
  expect(err).toMatch(message);
  expect(err).toMatch(/^missile-console: [^\n]*\n$/);
  expect(out).toBe("");
  expect(code).toBe(2);
}

describe("missile-console run", () => {
  it("prints figures as JSON that keeps to the schema", () => {
    const { code, out, err } = cli(
      "run",
      "two-tenants",
      "--seconds",
      "0.2",
      "--json",
      "--seed",
      "3",
      "--cfs-period",
      "64",
    );
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(reportSchema.parse(JSON.parse(out))).toMatchObject({
      mix: "two-tenants",
      seed: 3,
      cfsPeriod: 64,
      simSeconds: 0.2,
    });
  });

  it("prints a table for people, under the policy and on the GPU asked for", () => {
    const { code, out } = cli(
      "run",
      "two-tenants",
      "--seconds",
      "0.1",
      "--policy",
      "orion",
      "--gpu",
      gpuNames()[0] as string,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/policy orion/);
    expect(out).toMatch(/p99 ms/);
  });

  it("takes flags before the command too", () => {
    expect(cli("--mix", "two-tenants", "run", "--seconds", "0.05").out).toMatch(/^two-tenants on /);
    expect(cli("--policy", "temporal", "run", "two-tenants", "--seconds", "0.05").out).toMatch(
      /policy temporal/,
    );
  });

  it.each([
    [["run", "apolo"], /"apolo".*did you mean "apollo"/],
    [["run", "./cars.yaml"], /no mix and no file is called ".\/cars.yaml" \(all: /],
    [["run", "two-tenants", "--policy", "orian"], /no policy "orian".*"orion"/],
    [["run", "two-tenants", "--gpu", "h100"], /h100/],
    [["run", "two-tenants", "--trace", "x.json"], /a mix \("two-tenants"\) or --trace, not both/],
    [["run", "--trace", "absent.json"], /absent\.json/],
    [
      ["run", "two-tenants", "--journal", "no/such/dir", "--seconds", "1"],
      /no\/such\/dir: the journal cannot be written/,
    ],
    [["run", "two-tenants", "--seconds", "0"], /must be a number above 0/],
    [["run", "two-tenants", "--seconds", "soon"], /must be a number above 0/],
    [["run", "two-tenants", "--cfs-period", "1.5"], /must be a whole number/],
    [["run", "two-tenants", "--cfs-period", "99999999"], /cfsPeriod must be a whole number of 1 to 1048576/],
    [["run", "two-tenants", "--seconds", "1e-12"], /at least 1e-9/],
    [["run", "two-tenants", "--seconds", "1e12"], /at most 9000000 s/],
    [["run", "two-tenants", "apollo"], /too many arguments/],
    [["compare", "two-tenants", "apollo"], /too many arguments/],
    [["replay", "one", "two"], /too many arguments/],
    [["list", "mixes", "gpus"], /too many arguments/],
    [["compare", "two-tenants", "--policies", "orion,nonesuch"], /no policy "nonesuch"/],
    [["list", "cars"], /Allowed choices are mixes, gpus, models, policies/],
    [["replay"], /missing required argument 'file'/],
    [["replay", "absent"], /absent: cannot be read/],
    [
      ["fly"],
      /no command "fly" \(all: demo, serve, attach, ctl, certs, run, compare, replay, play, list, profile, models, doctor, channels, help\)\n$/,
    ],
    [["--metrics", "9400"], /--metrics is for the console on a terminal; `serve` runs without one\n$/],
    [["--once", "--listen"], /--listen is for the console on a terminal/],
    [["models", "show", "nonesuch"], /there is no model folder \/.*nonesuch; make one with: .* models plan/],
    [
      ["models", "import", "absent.onnx"],
      /absent\.onnx: cannot be read \(ENOENT: no such file or directory\)\n$/,
    ],
    [["compre"], /no command "compre"; did you mean "compare"\? \(all: /],
    [["apollo"], /no command "apollo" .* \(for the mix: --mix apollo\)\n$/],
    [["--mix", "apollo", "run", "two-tenants"], /give one mix \("two-tenants" or --mix apollo\), not both/],
  ])("refuses %j in one line", (args, message) => {
    expectRefusal(cli(...args), message);
  });

  it("names what is unknown on the command line, and what may have been meant", () => {
    expectRefusal(
      cli("run", "--secnds", "3"),
      /^missile-console: unknown option '--secnds' \(Did you mean --seconds\?\)\n$/,
    );
  });

  it("tells file, line and column of a broken mix", () => {
    writeFileSync(
      join(directory, "broken.yaml"),
      "tenants:\n  - name: a\n    class: XX\n    model: resnet34\n",
    );
    expectRefusal(cli("run", "broken.yaml"), /broken\.yaml:3:12: /);
  });
});

describe("missile-console replay", () => {
  const journal = join(directory, "run.journal");

  it("finds a real run identical", () => {
    expect(cli("run", "two-tenants", "--seconds", "0.05", "--journal", journal).code).toBe(0);
    const { code, out } = cli("replay", journal);
    expect(out).toMatch(/^two-tenants under \w+: \d+ events, \d+ commands\nidentical\n$/);
    expect(code).toBe(0);
  });

  it("says so where there is nothing to compare", () => {
    const cut = join(directory, "cut.journal");
    writeFileSync(cut, `${readFileSync(journal, "utf8").split("\n")[0]}\n`);
    expect(cli("replay", cut).out).toMatch(/: 0 events, 0 commands\nnothing to compare: .* first event\n$/);
  });

  it("shows the first difference and fails", () => {
    const text = readFileSync(journal, "utf8").replace(/"kernelCount":\d+/, '"kernelCount":0');
    writeFileSync(journal, text);
    const { code, out, err } = cli("replay", journal);
    expect(out).toMatch(/different at .*run\.journal:\d+\n {2}expected {2}> launch .*\n {2}got {7}> launch /);
    expect({ code, err }).toEqual({ code: 1, err: "" });
  });
});

describe("missile-console compare", () => {
  it("prints policies side by side, and JSON", () => {
    const args = ["compare", "two-tenants", "--policies", "missiletemporal,temporal", "--seconds", "0.05"];
    const text = cli(...args);
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/missiletemporal/);
    const { policies } = JSON.parse(cli(...args, "--json").out);
    expect(policies.map(({ policy }: { policy: string }) => policy)).toEqual(["missiletemporal", "temporal"]);
  });
});

describe("missile-console list", () => {
  it.each([
    ["mixes", mixNames()],
    ["gpus", gpuNames()],
    ["models", modelNames()],
    ["policies", policyNames],
  ])("lists all %s, as a table and as JSON", (what, names) => {
    const { code, out } = cli("list", what);
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.slice(1).map((line) => line.split(" ")[0])).toEqual([...names]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
    expect(JSON.parse(cli("list", what, "--json").out).map(({ name }: { name: string }) => name)).toEqual([
      ...names,
    ]);
  });
});

describe("missile-console", () => {
  it("runs the default mix headless where stdout is no terminal", () => {
    const { code, out } = cli("--gpu", "h200");
    expect(code).toBe(0);
    expect(out).toMatch(/^apollo on /);
    expect(out).toMatch(/^10 s after 1 s of warm-up, simulated in /m);
  });

  it.each([[[]], [["run"]], [["compare"]], [["replay"]], [["list"]]])(
    "helps with %j, with examples",
    (args) => {
      const { code, out, err } = cli(...args, "--help");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/Usage: missile-console/);
      expect(out).toMatch(/Examples:\n {2}missile-console/);
    },
  );

  it("says its version", () => {
    expect(cli("--version").out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("says in one line that the output cannot be written", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [main, "list", "mixes"], {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    expect(stderr).toMatch(/^missile-console: stdout cannot be written \(ENOSPC[^\n]*\n$/);
    expect(status).toBe(2);
  });

  it("ends in one line where the journal cannot be written any more", () => {
    const journal = join(scratch(), "run.journal");
    const args = [main, "run", "two-tenants", "--seconds", "5", "--journal", journal];
    // Files have an end, as on a disk that fills up.
    const words = ["-c", 'ulimit -f 300; exec "$0" "$@"', process.execPath, ...args];
    const { status, stderr } = spawnSync("bash", words, { encoding: "utf8" });
    expect(stderr).toBe(
      `missile-console: ${journal}: the journal cannot be written (EFBIG: file too large)\n`,
    );
    expect(status).toBe(2);
  });

  it("leaves quietly when nobody reads any more", async () => {
    const child = spawn(process.execPath, [main, "list", "models", "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });
});
