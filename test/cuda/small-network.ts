/** A network that takes the fake GPU milliseconds, and has some of everything. */
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Graph } from "../../src/models/index.ts";

/** Slices of a concatenation, a residual, a pooling, a linear layer and rows. */
export function small(batch: number): Graph {
  const g = new GraphBuilder("small", batch);
  let x = g.relu(g.conv(g.input("image", [batch, 3, 24, 24]), { out: 16, kernel: 3, bias: true }));
  for (let layer = 0; layer < 3; layer++) {
    const more = g.relu(g.conv(x, { out: 16, kernel: 3, bias: true }));
    x = g.concat([x, more], 1);
  }
  x = g.maxPool(x, { kernel: 2, stride: 2 });
  const narrow = g.conv(x, { out: 32, bias: true });
  x = g.relu(g.add(narrow, g.conv(narrow, { out: 32, kernel: 3, bias: true })));
  return g.build([g.softmax(g.linear(g.globalAvgPool(x), 10), 1)]);
}
