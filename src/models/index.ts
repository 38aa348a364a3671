/** The networks that a tenant can run, by name. A network = its file + a row here. */
import { MissileError } from "../core/error.ts";
import type { Graph } from "./graph.ts";
import { nearest } from "./nearest.ts";
import { bertBase } from "./networks/bert-base.ts";
import { densenet161 } from "./networks/densenet161.ts";
import { efficientformerL1 } from "./networks/efficientformer-l1.ts";
import { efficientnetB0 } from "./networks/efficientnet-b0.ts";
import { mobilebert } from "./networks/mobilebert.ts";
import { mobilenetv3Large } from "./networks/mobilenetv3-large.ts";
import { mobilevitS } from "./networks/mobilevit-s.ts";
import { resnet34, resnet152 } from "./networks/resnet.ts";
import { shufflenetv2 } from "./networks/shufflenetv2.ts";
import { squeezenet } from "./networks/squeezenet.ts";
import { vgg19 } from "./networks/vgg19.ts";

export { multiplyAccumulates, parameterCount } from "./count.ts";
export type { Graph, Node, Op, Tensor } from "./graph.ts";
export { lower } from "./lower.ts";

export interface ModelEntry {
  /** One line for lists: what it is and what an input is. */
  readonly description: string;
  /** The network for inputs of `batch` images or sequences. Throws MissileError("badBatch"). */
  readonly build: (batch: number) => Graph;
}

const MODELS: Readonly<Record<string, ModelEntry>> = {
  "mobilenetv3-large": { build: mobilenetv3Large, description: "MobileNetV3-Large, image 224 x 224" },
  "squeezenet1.1": { build: squeezenet, description: "SqueezeNet 1.1, image 224 x 224" },
  "shufflenetv2-x1.0": { build: shufflenetv2, description: "ShuffleNetV2 x1.0, image 224 x 224" },
  "efficientnet-b0": { build: efficientnetB0, description: "EfficientNet-B0, image 224 x 224" },
  resnet34: { build: resnet34, description: "ResNet-34, image 224 x 224" },
  mobilebert: { build: mobilebert, description: "MobileBERT, 128 tokens" },
  "mobilevit-s": { build: mobilevitS, description: "MobileViT-S, image 256 x 256" },
  "efficientformer-l1": { build: efficientformerL1, description: "EfficientFormer-L1, image 224 x 224" },
  resnet152: { build: resnet152, description: "ResNet-152, image 224 x 224" },
  densenet161: { build: densenet161, description: "DenseNet-161, image 224 x 224" },
  vgg19: { build: vgg19, description: "VGG-19, image 224 x 224" },
  "bert-base": { build: bertBase, description: "BERT-base, 128 tokens" },
};

/** In the table's order: light networks first. */
export function modelNames(): string[] {
  return Object.keys(MODELS);
}

/** Throws MissileError("noSuchModel") with the nearest name there is. */
export function model(name: string): ModelEntry {
  const entry = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (entry !== undefined) return entry;
  const hint = `did you mean "${nearest(name, modelNames())}"?`;
  throw new MissileError(`no model "${name}"; ${hint} (all: ${modelNames().join(", ")})`, "noSuchModel");
}

export function buildGraph(name: string, batch: number): Graph {
  return model(name).build(batch);
}
