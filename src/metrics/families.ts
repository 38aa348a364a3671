/** A view as families of metrics: the figures of src/export's tables, and latencies as histograms. */
import { LATENCY_EDGES_MS } from "../core/latency-buckets.ts";
import type { LatencyCounts } from "../core/snapshot.ts";
import type { View } from "../engine/session.ts";
import { RUN_FIGURES } from "../export/run-figures.ts";
import { type Figure, TENANT_FIGURES, tenantRows } from "../export/tenant-figures.ts";

const PREFIX = "missile_";
const S_PER_MS = 1e-3;

export type Labels = Readonly<Record<string, string>>;

interface Named {
  readonly name: string;
  readonly help: string;
}

export interface NumberFamily extends Named {
  readonly type: "gauge" | "counter";
  readonly samples: { readonly labels: Labels; readonly value: number }[];
}

/** Buckets as the core counts them: each without those below, zeros at the end left out. */
export interface HistogramFamily extends Named {
  readonly type: "histogram";
  readonly samples: { readonly labels: Labels; readonly counts: readonly number[]; readonly sum: number }[];
}

export type Family = NumberFamily | HistogramFamily;

/** Upper edges of the buckets of latency; the last bucket has none. */
export const EDGES_S: readonly number[] = LATENCY_EDGES_MS.map((ms) => ms / 1000);

/** Samples of one family stand together, in the order in which families first come. */
class NumberFamilies {
  readonly #byName = new Map<string, NumberFamily>();

  /** A figure that is not known has no sample. */
  add<Row>(prefix: string, { help, metric, of }: Figure<Row>, row: Row, labels: Labels): void {
    const value = of(row);
    if (Number.isNaN(value)) return;
    const name = `${PREFIX}${prefix}${metric.family}`;
    const family = this.#byName.get(name) ?? {
      name,
      type: metric.type,
      help: metric.help ?? help,
      samples: [],
    };
    this.#byName.set(name, family);
    family.samples.push({ labels: { ...labels, ...metric.labels }, value: value * (metric.scale ?? 1) });
  }

  all(): NumberFamily[] {
    return [...this.#byName.values()];
  }
}

function runInfo({ snapshot, backend, mix }: View): NumberFamily {
  const { gpu, policy } = snapshot;
  return {
    name: `${PREFIX}run_info`,
    type: "gauge",
    help: "what runs on what, as labels",
    samples: [{ labels: { gpu, backend, policy, mix }, value: 1 }],
  };
}

const sampleOf = (labels: Labels, { counts, sumMs }: LatencyCounts): HistogramFamily["samples"][number] => ({
  labels,
  counts,
  sum: sumMs * S_PER_MS,
});

/** Each has a sample at least. Those of a tenant are labelled with its name, class and model. */
export function familiesOf(view: View): Family[] {
  const numbers = new NumberFamilies();
  for (const figure of RUN_FIGURES) numbers.add("", figure, view, {});
  const durations: HistogramFamily = {
    name: `${PREFIX}tenant_request_duration_seconds`,
    type: "histogram",
    help: "completed requests by latency, from arrival to the last byte of the output",
    samples: [],
  };
  for (const row of tenantRows(view.snapshot)) {
    const { name, class: tenantClass, model, latencyBuckets } = row.tenant;
    const labels = { tenant: name, class: tenantClass, model };
    for (const figure of TENANT_FIGURES) numbers.add("tenant_", figure, row, labels);
    durations.samples.push(sampleOf(labels, latencyBuckets));
  }
  return [runInfo(view), ...numbers.all(), ...(durations.samples.length > 0 ? [durations] : [])];
}
