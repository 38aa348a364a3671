/** How long a view keeps the engine's thread from polling a real GPU: each piece of it, made and handed to the other thread. */
import { MessageChannel } from "node:worker_threads";
import { Engine } from "../src/engine/engine.ts";
import { loadMix } from "../src/presets/index.ts";

const MIX = "all-twelve";
const VIEWS = 400;
/** The first ones are run by the interpreter. */
const WARM_VIEWS = 100;
const VIEW_NS = 5e6;

function quantiles(name: string, us: number[]): string {
  us.sort((a, b) => a - b);
  const at = (share: number): string => (us[Math.floor(us.length * share)] ?? 0).toFixed(0);
  return `${name}  p50 ${at(0.5)} us  p90 ${at(0.9)}  p99 ${at(0.99)}`;
}

export async function view(): Promise<void> {
  const engine = new Engine(loadMix(MIX));
  const { port1, port2 } = new MessageChannel();
  port2.on("message", () => {});
  const pieceUs: number[] = [];
  const postUs: number[] = [];
  for (let count = 0; count < VIEWS; count++) {
    engine.advance(engine.nowNs() + VIEW_NS);
    const pieces = engine.snapshotPieces();
    for (;;) {
      const startMs = performance.now();
      const piece = pieces.next();
      const madeMs = performance.now();
      if (piece.done === true) port1.postMessage({ ...piece.value, tenants: [] });
      else port1.postMessage(piece.value);
      const endMs = performance.now();
      if (count >= WARM_VIEWS) {
        const isRow = piece.done !== true;
        // A row is made and posted in one go; of the rest, each is a piece.
        pieceUs.push(((isRow ? endMs : madeMs) - startMs) * 1e3);
        if (!isRow) postUs.push((endMs - madeMs) * 1e3);
      }
      if (piece.done === true) break;
    }
  }
  engine.close();
  port1.close();
  console.log(`${MIX}: ${VIEWS - WARM_VIEWS} views`);
  console.log(quantiles("a piece", pieceUs));
  console.log(quantiles("the last message", postUs));
}
