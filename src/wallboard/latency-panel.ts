/** p99 of a tenant over time, and its SLO as a level line. */
import contrib from "blessed-contrib";
import { VERDICT_COLOURS } from "./colours.ts";
import { AROUND_TITLE, CALM, framed, type Parent, retitle } from "./frame.ts";
import type { Rect } from "./layout.ts";
import type { LatencyChart } from "./tenant-charts.ts";
import { chartTitle } from "./words.ts";

export class LatencyPanel {
  private readonly line: contrib.Widgets.LineElement;
  private readonly rect: Rect;

  constructor(parent: Parent, rect: Rect) {
    this.rect = rect;
    this.line = contrib.line({
      ...rect,
      // It measures its canvas when it is appended, and leaves this much of its inside free.
      width: rect.width + 4,
      height: rect.height + 1,
      ...framed("p99"),
      numYLabels: Math.max(2, Math.floor((rect.height - 4) / 2)),
      xLabelPadding: 3,
      xPadding: 5,
      style: { text: "white", baseline: CALM },
      wrap: false,
    });
    parent.append(this.line);
    this.line.width = rect.width;
    this.line.height = rect.height;
  }

  show(chart: LatencyChart | undefined, timesS: readonly number[]): void {
    if (chart === undefined) {
      retitle(this.line, "no LS tenants", this.rect.width);
      return;
    }
    const { width } = this.rect;
    const colour = VERDICT_COLOURS[chart.verdict];
    retitle(this.line, chartTitle(chart, width - AROUND_TITLE), width, colour);
    if (timesS.length === 0) return;
    const nowS = timesS.at(-1)!;
    const x = timesS.map((atS) => `${Math.round(atS - nowS)}s`);
    const slo = chart.sloMs;
    const levels = slo === null ? [] : [{ title: "SLO", x, y: x.map(() => slo), style: { line: "white" } }];
    this.line.setData([...levels, { title: "p99", x, y: [...chart.p99Ms], style: { line: colour } }]);
  }
}
