/**
 * The generator of presets/traces/apollo-like.*: what the perception of an autonomous-driving stack asks of a GPU.
 *
 * Each sensor sends frames at a steady rate of its own clock, so that the streams' phases drift through one another
 * and meet now and then. On the way frames are delayed a little (jitter), are lost (dropout), or wait in a stalled
 * process until the next frame is nearly there (burst: two at once). The figures follow what recordings of such stacks
 * show, DISB's REAL workload among them: medians near 100 ms, most gaps within 15 ms of it, single gaps of about 200.
 */
import { Prng } from "../core/prng.ts";
import { OFFSETS_PERIOD_MS } from "./trace-offsets.ts";

interface Sensor {
  readonly id: string;
  /** Between frames. Below 100 ms and above, no two alike: equal periods would freeze the phases. */
  readonly periodMs: number;
  /** Of the first frame: sensors are triggered one after another. */
  readonly phaseMs: number;
  /** Jitter is at most 1.5 times this either way, with a standard deviation of half of it. */
  readonly jitterMs: number;
  /** Probabilities of each frame to be lost, or to come with the next one. */
  readonly dropout: number;
  readonly burst: number;
}

const SENSORS: readonly Sensor[] = [
  { id: "camera-front", periodMs: 95.3, phaseMs: 4, jitterMs: 8, dropout: 0.005, burst: 0.02 },
  { id: "camera-left", periodMs: 100.4, phaseMs: 29, jitterMs: 8, dropout: 0.01, burst: 0.02 },
  { id: "camera-right", periodMs: 99.7, phaseMs: 54, jitterMs: 8, dropout: 0.01, burst: 0.02 },
  { id: "lidar", periodMs: 100, phaseMs: 79, jitterMs: 4, dropout: 0.002, burst: 0.005 },
  { id: "traffic-light", periodMs: 118.6, phaseMs: 61, jitterMs: 12, dropout: 0.02, burst: 0.03 },
];

/** A frame caught in a burst arrives this share of a period late, just ahead of the next one. */
const BURST_DELAY = 0.95;

const SEED = 60;
const LINE_WIDTH = 110;

/** One sensor's arrivals: whole ms in [0, 60 s), rising. */
function arrivalsMs(sensor: Sensor): number[] {
  const random = new Prng(SEED, sensor.id);
  const offsets: number[] = [];
  for (let frameMs = sensor.phaseMs; frameMs < OFFSETS_PERIOD_MS; frameMs += sensor.periodMs) {
    // Three uniforms add up to a bell with bounded tails, in arithmetic that is the same everywhere.
    const bell = random.nextUnit() + random.nextUnit() + random.nextUnit() - 1.5;
    const dropped = random.nextUnit() < sensor.dropout;
    const delayMs = random.nextUnit() < sensor.burst ? BURST_DELAY * sensor.periodMs : 0;
    const arrivalMs = Math.round(frameMs + bell * sensor.jitterMs + delayMs);
    if (!dropped && arrivalMs >= 0 && arrivalMs < OFFSETS_PERIOD_MS) offsets.push(arrivalMs);
  }
  return offsets.sort((first, second) => first - second);
}

/** Words one after another, each line as long as fits. */
function fill(words: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    const longer = line === indent ? line + word : `${line} ${word}`;
    if (longer.length <= LINE_WIDTH) line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}

/** apollo-like.txt: all sensors' arrivals merged, in Missile's form. */
export function apolloOffsets(): string {
  const merged = SENSORS.flatMap(arrivalsMs).sort((first, second) => first - second);
  return `${fill(merged.map(String), "")}\n`;
}

/** apollo-like.json: a stream a sensor, in DISB's form, laid out as the formatter would. */
export function apolloStreams(): string {
  const tasks = SENSORS.map((sensor) => {
    const words = arrivalsMs(sensor).map(
      (offset, index, all) => `${offset}${index + 1 < all.length ? "," : ""}`,
    );
    return [
      "    {",
      `      "id": "${sensor.id}",`,
      '      "load": {',
      '        "type": "trace",',
      '        "trace": [',
      fill(words, "          "),
      "        ]",
      "      }",
      "    }",
    ].join("\n");
  });
  return `{\n  "time": ${OFFSETS_PERIOD_MS / 1000},\n  "tasks": [\n${tasks.join(",\n")}\n  ]\n}\n`;
}
