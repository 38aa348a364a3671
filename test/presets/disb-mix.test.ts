import { describe, expect, it } from "vitest";
import { modelNames } from "../../src/models/index.ts";
import { mixFromDisb } from "../../src/presets/disb-mix.ts";
import { expectRefusal, scratchFile } from "./scratch.ts";

const mixOf = (...tasks: object[]) =>
  mixFromDisb(scratchFile("workload.json", JSON.stringify({ time: 10, tasks })));
const continuous = { type: "continuous" };
const modelOf = (id: string, model_name?: string) =>
  mixOf({ id, client: { model_name }, load: continuous }).tenants[0]?.model;

describe("a mix from a DISB file", () => {
  it("makes timed tasks LS with the mean gap as SLO, and continuous ones BE", () => {
    const path = scratchFile("workload.json", "");
    const mix = mixOf(
      { id: "resnet152_rt", load: { type: "trace", trace: [0, 5, 10, 3000] } },
      { id: "vgg19_rt", load: { type: "periodic", frequency: 20 } },
      { id: "bert_rt", load: { type: "poisson", frequency: 3 } },
      { id: "densenet201_be", client: { batch_size: 8 }, load: continuous },
    );
    expect(mix).toMatchObject({ name: "workload", gpu: "h200", policy: "missiletemporal", seed: 1 });
    expect(mix.tenants).toMatchObject([
      {
        name: "resnet152_rt",
        class: "LS",
        sloMs: 2500,
        load: { kind: "trace", file: path, stream: "resnet152_rt" },
      },
      { name: "vgg19_rt", class: "LS", sloMs: 50, load: { kind: "uniform", ratePerS: 20 } },
      { name: "bert_rt", class: "LS", sloMs: 333, load: { kind: "poisson", ratePerS: 3 } },
      { name: "densenet201_be", class: "BE", sloMs: null, batch: 8, load: { kind: "closed", inFlight: 1 } },
    ]);
  });

  it.each<[string, string]>([
    ["resnet152_rt", "resnet152"],
    ["densenet201_be", "densenet161"],
    ["VGG-19_rt", "vgg19"],
    ["inceptionv3_rt", "resnet34"],
    ["distilbert_be", "bert-base"],
    ["resnet50", "resnet34"],
    ["mobilenet_v1", "mobilenetv3-large"],
    ["bert_large", "bert-base"],
    ["squeezenet1.1 again", "squeezenet1.1"],
    ...modelNames().map((name) => [name, name] as [string, string]),
  ])("runs %s as %s", (id, model) => {
    expect(modelOf(id)).toBe(model);
  });

  it("goes by the server's model name where the task's own says nothing", () => {
    expect(modelOf("front camera", "resnet152-imagenet")).toBe("resnet152");
  });

  it("lists what it knows when it knows no network by that name", () => {
    expectRefusal(() => modelOf("yolo_rt"), "noSuchModel", 'task "yolo_rt"', "resnet152", "distilbert");
  });
});
