/** The models that are graphs of layers. */
import { type Graph, model, modelNames } from "../../src/models/index.ts";

export const networkNames = (): string[] => modelNames().filter((name) => model(name).build !== null);

export function buildGraph(name: string, batch: number): Graph {
  const { build } = model(name);
  if (build === null) throw new Error(`${name} is no graph`);
  return build(batch);
}
