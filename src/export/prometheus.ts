/** A view as Prometheus metrics, in the text exposition format 0.0.4. */
import type { View } from "../engine/session.ts";
import { RUN_FIGURES } from "./run-figures.ts";
import { type Figure, type Metric, TENANT_FIGURES, tenantRows } from "./tenant-figures.ts";

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly type: Metric["type"];
  readonly help: string;
  readonly samples: string[];
}

const PREFIX = "missile_";

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Samples of one family stand together, as the format demands. */
class Exposition {
  readonly #families = new Map<string, Family>();

  add<Row>(prefix: string, { help, metric, of }: Figure<Row>, row: Row, labels: Labels): void {
    const value = of(row);
    if (Number.isNaN(value)) return;
    const name = `${PREFIX}${prefix}${metric.family}`;
    const family = this.#families.get(name) ?? { type: metric.type, help, samples: [] };
    this.#families.set(name, family);
    const all = labelled({ ...labels, ...metric.labels });
    family.samples.push(`${name}${all} ${value * (metric.scale ?? 1)}`);
  }

  info(name: string, help: string, labels: Labels): void {
    const sample = `${PREFIX}${name}${labelled(labels)} 1`;
    this.#families.set(`${PREFIX}${name}`, { type: "gauge", help, samples: [sample] });
  }

  toString(): string {
    const lines = [...this.#families].flatMap(([name, { type, help, samples }]) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples,
    ]);
    return lines.map((line) => `${line}\n`).join("");
  }
}

/** A metric whose value is not known is left out. */
export function prometheus(view: View): string {
  const { snapshot, backend } = view;
  const exposition = new Exposition();
  const { gpu, policy } = snapshot;
  exposition.info("run_info", "what runs on what, as labels", { gpu, backend, policy });
  for (const figure of RUN_FIGURES) exposition.add("", figure, view, {});
  for (const row of tenantRows(snapshot)) {
    const { name, class: tenantClass, model } = row.tenant;
    for (const figure of TENANT_FIGURES) {
      exposition.add("tenant_", figure, row, { tenant: name, class: tenantClass, model });
    }
  }
  return exposition.toString();
}
