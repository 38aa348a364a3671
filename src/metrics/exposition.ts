/** Families of metrics as text, in the format that a scraper asks for. */
import {
  Counter,
  Gauge,
  Histogram,
  type MetricValueWithName,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from "prom-client";
import type { View } from "../engine/session.ts";
import { EDGES_S, type Family, familiesOf, type HistogramFamily, type NumberFamily } from "./families.ts";

export type ContentType = PrometheusContentType | OpenMetricsContentType;

/** The text exposition format 0.0.4. */
export const PROMETHEUS: ContentType = "text/plain; version=0.0.4; charset=utf-8";
export const OPEN_METRICS: ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A family as the registry takes it. */
interface Written extends Pick<Family, "name" | "help" | "type"> {
  readonly values: readonly MetricValueWithName<string>[];
}

/** A histogram that was counted elsewhere: prom-client's own can only observe value by value. */
class CountedHistogram extends Histogram {
  private readonly family: HistogramFamily;

  constructor(family: HistogramFamily, registry: Registry<ContentType>) {
    const { name, help } = family;
    super({ name, help, buckets: [...EDGES_S], registers: [registry] });
    this.family = family;
  }

  /** What the registry writes, in place of what its own counts would give. */
  async getForPromString(): Promise<Written> {
    const { name, help, type, samples } = this.family;
    return { name, help, type, values: samples.flatMap((sample) => this.told(sample)) };
  }

  private told({ labels, counts, sum }: HistogramFamily["samples"][number]): MetricValueWithName<string>[] {
    const { name } = this.family;
    let count = 0;
    const buckets = [...EDGES_S, "+Inf"].map((le, at) => {
      count += counts[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

function register(family: NumberFamily, registry: Registry<ContentType>): void {
  const { name, help, type, samples } = family;
  const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
  const options = { name, help, labelNames, registers: [registry] };
  if (type === "gauge") {
    const gauge = new Gauge(options);
    for (const { labels, value } of samples) gauge.set(labels, value);
  } else {
    const counter = new Counter(options);
    for (const { labels, value } of samples) counter.inc(labels, value);
  }
}

function registryOf(families: readonly Family[], contentType: ContentType): Registry<ContentType> {
  const registry = new Registry<ContentType>();
  registry.setContentType(contentType);
  for (const family of families) {
    if (family.type === "histogram") new CountedHistogram(family, registry);
    else register(family, registry);
  }
  return registry;
}

/** The view's metrics. Nothing is kept from one text to the next, so a tenant that has left is not in it. */
export const exposition = (view: View, contentType: ContentType): Promise<string> =>
  registryOf(familiesOf(view), contentType).metrics();
