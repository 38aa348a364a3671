/** The commands on networks, as typed; what they print is caught. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exitCodeOf } from "../../src/cli/failure.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { readModelFolder } from "../../src/plan/folder.ts";
import { scratch } from "../engine/fixtures.ts";

const directory = scratch();
const at = (name: string): string => join(directory, name);

afterEach(() => vi.restoreAllMocks());

async function models(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  const said = () => ({ out: out.join(""), err: err.join("") });
  try {
    await buildProgram().parseAsync(["node", "missile-console", "models", ...words]);
    return { code: 0, ...said() };
  } catch (cause) {
    return { code: exitCodeOf(cause), ...said() };
  } finally {
    vi.restoreAllMocks();
  }
}

describe("missile-console models", () => {
  it("exports a network and imports it as a model folder", async () => {
    const file = at("squeezenet.onnx");
    const exported = await models("export", "squeezenet1.1", file, "--batch", "2");
    expect(exported).toMatchObject({ code: 0, err: "" });
    expect(exported.out).toContain("squeezenet1.1, batch 2");
    const imported = await models(
      "import",
      file,
      "--name",
      "mine",
      "--precision",
      "fp16",
      "--out",
      at("mine"),
    );
    expect(imported).toMatchObject({ code: 0, err: "" });
    expect(imported.out).toMatch(/^mine: \d+ operations, 1\.2 M parameters/);
    expect(imported.out).toContain("image [2, 3, 224, 224]");
    const { plan } = readModelFolder(at("mine"));
    expect(plan).toMatchObject({ name: "mine", batch: 2, precision: "fp16" });
    expect(plan.outputs).toMatchObject([{ name: "mean1", shape: [2, 1000] }]);
  });

  it("shows a model folder", async () => {
    await models("plan", "squeezenet1.1", "--out", at("shown"));
    const { code, out } = await models("show", at("shown"));
    expect(code).toBe(0);
    expect(out).toContain("squeezenet1.1: batch 1, tf32");
    expect(out).toContain("weights      4.7 MiB");
    expect(out).toMatch(/^conv_f32_\d+x\d+ /m);
    const json = await models("show", at("shown"), "--json");
    expect(JSON.parse(json.out)).toEqual(readModelFolder(at("shown")).plan);
  });

  it("plans a built-in network with less memory than its weights take", async () => {
    const { code } = await models("plan", "squeezenet1.1", "--reserve", "3", "--out", at("streamed"));
    expect(code).toBe(0);
    const { plan } = readModelFolder(at("streamed"));
    expect(plan.reservedBytes).toBe(3 * 2 ** 20);
    expect(plan.storages.find(({ use }) => use === "parameters")?.sizeBytes).toBeLessThanOrEqual(3 * 2 ** 20);
  });

  const mistakes: readonly [string[], RegExp][] = [
    [["import", "absent.onnx"], /absent\.onnx: cannot be read/],
    [["import", "x.onnx", "--shape", "1x?x3"], /It must be extents, as in 1x3x224x224/],
    [["import", "x.onnx", "--precision", "fp8"], /Allowed choices are tf32, fp16, bf16/],
    [["show", "absent"], /there is no model folder .*absent; make one with: /],
    [["export", "resnet43", "x.onnx"], /no model "resnet43"; did you mean "resnet34"/],
    [["export", "stream", "x.onnx"], /"stream" is kernels from the start and has no layers/],
  ];
  it.each(mistakes)("%o is answered with one line", async (words, message) => {
    const { code, out, err } = await models(...words);
    expect(err).toMatch(message);
    expect(err).toMatch(/^missile-console: [^\n]*\n$/);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(existsSync(at("x.onnx"))).toBe(false);
  });
});
