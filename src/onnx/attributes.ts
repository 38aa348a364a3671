/** A node's attributes by name, each asked for as the type that it should be. */
import { ATTRIBUTE_TYPE, type AttributeProto, type GraphProto, integer, type TensorProto } from "./proto.ts";
import { Unsupported } from "./unsupported.ts";

const text = new TextDecoder();

export class Attributes {
  readonly #byName: ReadonlyMap<string, AttributeProto>;

  /** `given`: what attributes of a function's call are, for those that refer to them. */
  constructor(own: readonly AttributeProto[], given?: Attributes) {
    const byName = new Map<string, AttributeProto>();
    for (const attribute of own) {
      const meant = attribute.refAttrName === "" ? attribute : given?.find(attribute.refAttrName);
      if (meant !== undefined) byName.set(attribute.name, meant);
    }
    this.#byName = byName;
  }

  find(name: string): AttributeProto | undefined {
    return this.#byName.get(name);
  }

  float(name: string, otherwise: number): number {
    return this.#get(name, ATTRIBUTE_TYPE.float)?.f ?? otherwise;
  }

  int(name: string, otherwise: number): number {
    return integer(this.#get(name, ATTRIBUTE_TYPE.int)?.i ?? otherwise);
  }

  text(name: string, otherwise: string): string {
    const attribute = this.#get(name, ATTRIBUTE_TYPE.string);
    return attribute === undefined ? otherwise : text.decode(attribute.s);
  }

  ints(name: string): number[] | undefined {
    return this.#get(name, ATTRIBUTE_TYPE.ints)?.ints.map(integer);
  }

  floats(name: string): number[] | undefined {
    return this.#get(name, ATTRIBUTE_TYPE.floats)?.floats;
  }

  tensor(name: string): TensorProto | undefined {
    return this.#get(name, ATTRIBUTE_TYPE.tensor)?.t ?? undefined;
  }

  graph(name: string): GraphProto | undefined {
    return this.#get(name, ATTRIBUTE_TYPE.graph)?.g ?? undefined;
  }

  #get(name: string, type: number): AttributeProto | undefined {
    const attribute = this.#byName.get(name);
    // Files of some writers do not say the type.
    if (attribute !== undefined && attribute.type !== 0 && attribute.type !== type)
      throw new Unsupported(`its attribute "${name}" has another type than ONNX says`);
    return attribute;
  }
}
