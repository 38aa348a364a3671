import { describe, expect, it } from "vitest";
import { modelNames } from "../../src/models/index.ts";
import { modelOf } from "../../src/rpc/missile/model-name.ts";

describe("which network a client means", () => {
  it.each([
    ["", "ResNet34__shape_1x3x224x224", "resnet34", 1],
    ["/opt/models", "DenseNet161__shape_16x3x224x224", "densenet161", 16],
    ["models/VGG19__shape_2x3x224x224", "model", "vgg19", 2],
    ["models/VGG19__shape_2x3x224x224/", "", "vgg19", 2],
    ["C:\\models\\BERT_base__shape_8x128", "x", "bert-base", 8],
    ["a", "MobileNetV3_Large__shape_1x3x224x224", "mobilenetv3-large", 1],
    ["a", "squeezenet1_1", "squeezenet1.1", 1],
    ["resnet152", "resnet34", "resnet34", 1],
    ["models/x__shape_4x3", "resnet34", "resnet34", 4],
  ])("%j and %j: %s at batch %i", (dir, name, model, batch) => {
    expect(modelOf(dir, name, modelNames())).toEqual({ model, batch, precision: "tf32" });
  });

  it.each([
    ["", "ResNet34__fp16__shape_16x3x224x224", "fp16"],
    ["models/VGG19__BF16", "x", "bf16"],
    ["models/VGG19__bf16", "resnet34__tf32", "tf32"],
    ["", "resnet34__fp17__shape_1x3", "tf32"],
    ["fp16", "resnet34", "fp16"],
  ])("%j and %j: in %s", (dir, name, precision) => {
    expect(modelOf(dir, name, modelNames()).precision).toBe(precision);
  });

  it("is found by every network's own name", () => {
    for (const model of modelNames()) expect(modelOf("", model, modelNames()).model).toBe(model);
  });

  it.each([
    ["", "resnet35", /no network "resnet35"; did you mean "resnet34"/],
    ["", "", /no network ""/],
    ["a/b", "x\u001b[2Jy", /no network "x\?\[2Jy"/],
    ["", "z".repeat(10_000), /no network "z{80}\.\.\."/],
    ["", "resnet34__shape_0x3", /a batch has 1 to 1024 inputs, not 0/],
    ["", "resnet34__shape_99999999999999999999x3", /a batch has 1 to 1024 inputs/],
  ])("%j and %j is none, and why is said", (dir, name, says) => {
    expect(() => modelOf(dir, name, modelNames())).toThrow(says);
  });
});
