/** What a tenant can run, by name. A network = its file + a row here; synthetic workloads have a table of their own. */
import { MissileError } from "../core/error.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import type { Graph } from "./graph.ts";
import { lower } from "./lower.ts";
import { guess } from "./nearest.ts";
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
import { SYNTHETIC } from "./synthetic.ts";

export { multiplyAccumulates, parameterCount } from "./count.ts";
export { ELEMENT_BYTES, type Graph, type Node, type Op, type Tensor } from "./graph.ts";
export { lower } from "./lower.ts";

export interface ModelEntry {
  /** One line for lists: what it is and what an input is. */
  readonly description: string;
  /** The graph of layers for inputs of `batch` images or sequences; null: there is none. Throws MissileError("badBatch"). */
  readonly build: ((batch: number) => Graph) | null;
  /** Its kernels. Throws MissileError("badBatch"). */
  readonly lowered: (batch: number) => LoweredNetwork;
}

const network = (build: (batch: number) => Graph, description: string): ModelEntry => ({
  description,
  build,
  lowered: (batch) => lower(build(batch)),
});

/** Networks first, light ones before heavy ones. */
const MODELS: Readonly<Record<string, ModelEntry>> = {
  "mobilenetv3-large": network(mobilenetv3Large, "MobileNetV3-Large, image 224 x 224"),
  "squeezenet1.1": network(squeezenet, "SqueezeNet 1.1, image 224 x 224"),
  "shufflenetv2-x1.0": network(shufflenetv2, "ShuffleNetV2 x1.0, image 224 x 224"),
  "efficientnet-b0": network(efficientnetB0, "EfficientNet-B0, image 224 x 224"),
  resnet34: network(resnet34, "ResNet-34, image 224 x 224"),
  mobilebert: network(mobilebert, "MobileBERT, 128 tokens"),
  "mobilevit-s": network(mobilevitS, "MobileViT-S, image 256 x 256"),
  "efficientformer-l1": network(efficientformerL1, "EfficientFormer-L1, image 224 x 224"),
  resnet152: network(resnet152, "ResNet-152, image 224 x 224"),
  densenet161: network(densenet161, "DenseNet-161, image 224 x 224"),
  vgg19: network(vgg19, "VGG-19, image 224 x 224"),
  "bert-base": network(bertBase, "BERT-base, 128 tokens"),
  ...SYNTHETIC,
};

/** In the table's order. */
export function modelNames(): string[] {
  return Object.keys(MODELS);
}

/** Throws MissileError("noSuchModel") with the name that was probably meant. */
export function model(name: string): ModelEntry {
  const entry = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (entry !== undefined) return entry;
  const names = modelNames();
  throw new MissileError(`no model "${name}"${guess(name, names)} (all: ${names.join(", ")})`, "noSuchModel");
}
