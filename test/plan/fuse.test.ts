/** What becomes one kernel, by the names of the kernels of small networks. */
import { describe, expect, it } from "vitest";
import { attention } from "../../src/models/blocks.ts";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Tensor } from "../../src/models/graph.ts";
import { seeded } from "../../src/models/seeded.ts";
import { plan } from "../../src/plan/make-plan.ts";
import type { Plan } from "../../src/plan/plan.ts";

function planOf(shape: readonly number[], body: (g: GraphBuilder, x: Tensor) => Tensor): Plan {
  const g = new GraphBuilder("small", 1);
  return plan(seeded(g.build([body(g, g.input("x", shape))])), { precision: "tf32" }).plan;
}

const kindsOf = ({ kernels }: Plan): string[] => kernels.map(({ name }) => name.replace(/_.*/, ""));
const image = [1, 8, 6, 6];

describe("one kernel", () => {
  it("is a convolution with batch norm, residual and activation", () => {
    const made = planOf(image, (g, x) => {
      const branch = g.relu(g.batchNorm(g.conv(x, { out: 8, kernel: 3 })));
      return g.relu(g.add(g.batchNorm(g.conv(branch, { out: 8, kernel: 3 })), x));
    });
    // The image comes channels-last and goes as it was; `addBefore` and relu are the second one's epilogue.
    expect(kindsOf(made)).toEqual(["map", "conv", "conv", "map"]);
    expect(made.kernels[2]?.args).toMatchObject({ join: 1, activation: 1, hasBias: 1 });
  });

  it("is an activation before the sum: the other tensor comes after it", () => {
    const made = planOf(image, (g, x) => g.add(g.relu(g.conv(x, { out: 8, kernel: 3 })), x));
    expect(made.kernels[1]?.args).toMatchObject({ join: 2, activation: 1 });
  });

  it("is attention, from query and key to the mixed values", () => {
    const made = planOf([1, 16, 32], (g, x) =>
      attention(g, g.linear(x, 32), g.linear(x, 32), g.linear(x, 32), 4),
    );
    expect(kindsOf(made)).toEqual(["conv", "conv", "conv", "attention"]);
  });

  it("is a chain of elementwise nodes", () => {
    const made = planOf([1, 4, 8], (g, x) => g.mul(g.activation(g.sub(x, g.weight("w", [8])), "tanh"), x));
    expect(kindsOf(made)).toEqual(["map"]);
    expect(made.kernels[0]?.args.operandCount).toBe(2);
  });
});

describe("a convolution of one tap", () => {
  it("normalizes and gates its image as it reads it", () => {
    const norm = planOf(image, (g, x) =>
      g.conv(g.relu(g.batchNorm(g.maxPool(x, { kernel: 2, stride: 2 }))), { out: 4 }),
    );
    expect(kindsOf(norm)).toEqual(["map", "pool", "conv", "map"]);
    expect(norm.kernels[2]?.args).toMatchObject({
      hasPrologue: 1,
      hasPrologueShift: 1,
      prologueActivation: 1,
    });
    const gated = planOf(image, (g, x) => {
      const y = g.relu(g.conv(x, { out: 8, kernel: 3 }));
      return g.conv(g.mul(y, g.activation(g.mean(y, [2, 3], { keepDims: true }), "sigmoid")), { out: 4 });
    });
    expect(kindsOf(gated)).toEqual(["map", "conv", "reduce", "map", "conv", "map"]);
    expect(gated.kernels[4]?.args).toMatchObject({
      hasPrologue: 1,
      hasPrologueShift: 0,
      prologueScaleStride: 8,
    });
  });

  it("does not where its window reads around the image: what lies there is zero after the norm", () => {
    const made = planOf(image, (g, x) =>
      g.conv(g.relu(g.batchNorm(g.maxPool(x, { kernel: 2, stride: 1 }))), { out: 4, kernel: 3 }),
    );
    expect(kindsOf(made)).toEqual(["map", "pool", "map", "conv", "map"]);
  });

  it("reads shuffled channels where they lie", () => {
    const made = planOf(image, (g, x) => {
      const halves = g.reshape(g.conv(x, { out: 8, kernel: 3 }), [1, 2, 4, 6, 6]);
      const shuffled = g.reshape(g.transpose(halves, [0, 2, 1, 3, 4]), [1, 8, 6, 6]);
      return g.conv(g.slice(shuffled, 1, 4, 8), { out: 4 });
    });
    expect(kindsOf(made)).toEqual(["map", "conv", "conv", "map"]);
    // Channels 2, 6, 3, 7 of 8: from the first whole 16 bytes to the last.
    expect(made.kernels[2]?.args).toMatchObject({ inChannels: 8, inOffset: 0 });
  });
});

describe("factors of channels", () => {
  it("behind a sum are the convolution's last step", () => {
    const made = planOf([1, 16, 8], (g, x) =>
      g.add(g.mul(g.add(g.linear(x, 8), x), g.weight("gain", [8])), g.weight("shift", [8])),
    );
    expect(kindsOf(made)).toEqual(["conv"]);
    expect(made.kernels[0]?.args).toMatchObject({ join: 1, hasAffine: 1 });
  });
});

describe("a residual", () => {
  it("is joined through reshapes", () => {
    const made = planOf([1, 16, 8], (g, x) =>
      g.add(x, g.transpose(g.reshape(g.linear(x, 8), [16, 1, 8]), [1, 0, 2])),
    );
    expect(kindsOf(made)).toEqual(["conv"]);
    expect(made.kernels[0]?.args.join).toBe(1);
  });
});

describe("no kernel", () => {
  it("is a concatenation of convolutions, which write beside one another", () => {
    const made = planOf(image, (g, x) =>
      g.conv(g.concat([g.conv(x, { out: 8 }), g.conv(x, { out: 4 })], 1), { out: 4 }),
    );
    expect(kindsOf(made)).toEqual(["map", "conv", "conv", "conv", "map"]);
    expect(made.kernels[1]?.views.output?.access).toBe("write");
    expect(made.kernels[2]?.views.output).toMatchObject({
      access: "update",
      storage: made.kernels[1]?.views.output?.storage,
    });
  });

  it("is what depends on parameters alone", () => {
    const made = planOf([1, 4, 8], (g, x) => {
      const table = g.weight("table", [16, 8]);
      return g.add(x, g.gather(table, g.indices("places", [4], [3, 1, 0, 15])));
    });
    expect(kindsOf(made)).toEqual(["map"]);
  });
});

describe("what somebody else reads", () => {
  it("stays: a convolution whose result two nodes read keeps it", () => {
    const made = planOf(image, (g, x) => {
      const y = g.conv(x, { out: 8 });
      return g.mul(g.relu(y), y);
    });
    expect(made.kernels[1]?.args.activation).toBe(0);
  });
});
