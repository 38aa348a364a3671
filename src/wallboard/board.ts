/** The board on its screen: panels laid out anew whenever the screen or the number of LS tenants changes, filled with each snapshot. */
import blessed from "blessed";
import contrib from "blessed-contrib";
import { AttainmentPanel } from "./attainment-panel.ts";
import type { FeedListener, Link } from "./feed.ts";
import { CALM, framed } from "./frame.ts";
import { History, type Point } from "./history.ts";
import { LatencyPanel } from "./latency-panel.ts";
import { type Layout, LEAST, layoutOf, type Rect } from "./layout.ts";
import { LinesPanel } from "./lines-panel.ts";
import type { BoardSnapshot } from "./snapshot.ts";
import { highest, type Layer, roundAbove } from "./stack.ts";
import { type StackOptions, stackLines } from "./stack-text.ts";
import { attainments, latencyCharts, lsTenants } from "./tenant-charts.ts";
import { pad, plain, widthOf } from "./text.ts";
import { logLine, sayGBs, sayLink, sayPercent, sayRun } from "./words.ts";

type Screen = blessed.Widgets.Screen;
type Box = blessed.Widgets.BoxElement;

/** What is there without a snapshot too. */
interface Edges {
  readonly header: Box;
  readonly footer: Box;
}

interface Panels {
  readonly charts: readonly LatencyPanel[];
  readonly sms: LinesPanel;
  readonly pcie: LinesPanel;
  readonly attainment: AttainmentPanel;
  readonly log: contrib.Widgets.LogElement | null;
}

const LINK_GROUNDS: Readonly<Record<Link["kind"], string>> = {
  connecting: "yellow",
  live: "green",
  lost: "red",
};

export interface BoardOptions {
  /** Of the server, for people. */
  readonly address: string;
  readonly isColourless: boolean;
}

export class Board implements FeedListener {
  private readonly screen: Screen;
  private readonly options: BoardOptions;
  private readonly history = new History();
  private latest: BoardSnapshot | null = null;
  private now: Link = { kind: "connecting", sinceMs: 0, why: "" };
  private laidOut = "";
  private isRequested = false;
  private isClosed = false;
  private edges: Edges | null = null;
  private panels: Panels | null = null;

  constructor(screen: Screen, options: BoardOptions) {
    this.screen = screen;
    this.options = options;
    screen.on("resize", () => this.request());
  }

  link(link: Link): void {
    this.now = link;
    this.request();
  }

  snapshot(snapshot: BoardSnapshot): void {
    this.latest = snapshot;
    this.history.push(snapshot);
    this.request();
  }

  /** Draws soon: once, however much has come meanwhile. */
  request(): void {
    if (this.isRequested) return;
    this.isRequested = true;
    setImmediate(() => {
      this.isRequested = false;
      if (!this.isClosed) this.draw();
    });
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.isClosed = true;
    this.screen.destroy();
  }

  private draw(): void {
    this.layOut();
    if (this.edges !== null) this.fillEdges(this.edges);
    if (this.panels !== null && this.latest !== null) this.fill(this.panels, this.latest);
    this.screen.render();
  }

  /** Widgets measure their canvas once, so another size means other widgets. */
  private layOut(): void {
    const columns = Number(this.screen.width);
    const rows = Number(this.screen.height);
    const charts = this.latest === null ? 0 : lsTenants(this.latest).length;
    const wanted = `${columns}x${rows} ${this.latest === null ? "" : charts}`;
    if (wanted === this.laidOut) return;
    this.laidOut = wanted;
    for (const child of [...this.screen.children]) child.destroy();
    const layout = layoutOf(columns, rows, charts);
    this.edges = layout === null ? null : this.buildEdges(layout);
    this.panels = layout === null || this.latest === null ? null : this.buildPanels(layout);
    if (layout === null)
      this.message(
        `The board needs ${LEAST.columns}x${LEAST.rows}; this terminal has ${columns}x${rows}. q quits.`,
      );
    else if (this.latest === null) this.message(`waiting for ${this.options.address}`);
    // What the last widgets left is no part of the next frame.
    this.screen.realloc();
  }

  private message(content: string): void {
    const { screen: parent } = this;
    blessed.box({
      parent,
      top: "center",
      left: "center",
      width: content.length,
      height: 1,
      wrap: false,
      content,
    });
  }

  private buildEdges({ header, footer }: Layout): Edges {
    const line = (rect: Rect): Box => blessed.box({ parent: this.screen, ...rect, tags: true, wrap: false });
    return { header: line(header), footer: line(footer) };
  }

  private buildPanels(layout: Layout): Panels {
    const { screen } = this;
    return {
      charts: layout.charts.map((rect) => new LatencyPanel(screen, rect)),
      sms: new LinesPanel(screen, layout.sms, "SMs"),
      pcie: new LinesPanel(screen, layout.pcie, "PCIe"),
      attainment: new AttainmentPanel(screen, layout.attainment),
      log: layout.log === null ? null : this.logPanel(layout.log),
    };
  }

  private logPanel(rect: Rect): contrib.Widgets.LogElement {
    const log = contrib.log({ ...rect, ...framed("decisions and acts"), interactive: false });
    log.style.border = { fg: CALM };
    this.screen.append(log);
    return log;
  }

  private fillEdges({ header, footer }: Edges): void {
    const columns = Number(this.screen.width);
    const link = ` ${sayLink(this.now, Date.now())} `;
    const run = this.latest === null ? "missile-wallboard" : sayRun(this.latest);
    const ground = LINK_GROUNDS[this.now.kind];
    const left = plain(pad(` ${run}`, columns - widthOf(link)));
    header.setContent(`{bold}${left}{/bold}{black-fg}{${ground}-bg}${link}{/}`);
    const hint = this.now.kind === "live" ? `  ${this.options.address}  q quits` : "  q quits";
    footer.setContent(plain(pad(` ${this.news()}`, columns - widthOf(hint)) + hint));
  }

  /** What the footer has to say: what is in the way, or the last decision where the log has no panel. */
  private news(): string {
    if (this.now.kind !== "live") return this.now.why === "" ? "" : `${this.now.why}; trying again`;
    const last = this.latest?.log.at(-1);
    return last === undefined || this.panels?.log !== null ? "" : logLine(last).trim();
  }

  private fill(panels: Panels, snapshot: BoardSnapshot): void {
    const timesS = this.history.moments.map(({ atS }) => atS);
    const charts = latencyCharts(snapshot, this.history, panels.charts.length);
    for (const [index, panel] of panels.charts.entries()) panel.show(charts[index], timesS);
    this.fillStack(panels.sms, "SMs, to", ({ smRan }) => smRan, sayPercent, 1);
    this.fillStack(panels.pcie, "PCIe, GB/s to", ({ pcieGBs }) => pcieGBs, sayGBs, null);
    const all = attainments(snapshot, Number.POSITIVE_INFINITY);
    const shown = attainments(snapshot, panels.attainment.most);
    panels.attainment.show(shown, all.length - shown.length);
    panels.log?.setItems(snapshot.log.slice(-Number(panels.log.height) + 2).map(logLine) as never);
  }

  /** @param whole how high the chart is; null: as the highest moment wants. */
  private fillStack(
    panel: LinesPanel,
    title: string,
    of: (point: Point) => number,
    say: (value: number) => string,
    whole: number | null,
  ): void {
    const layers = this.layersOf(of);
    const most = whole ?? roundAbove(highest(layers));
    const options: StackOptions = {
      width: panel.width,
      height: panel.height,
      most,
      say,
      isColourless: this.options.isColourless,
    };
    panel.show(stackLines(layers, options), `${title} ${say(most)}`);
  }

  /** Of those who are there now: who has left takes no room in the charts any more. */
  private layersOf(of: (point: Point) => number): Layer[] {
    const { moments } = this.history;
    const present = this.latest?.tenants ?? [];
    return present.map(({ name }) => ({
      name,
      seat: this.history.seatOf(name),
      values: moments.map(({ points }) => {
        const point = points.get(name);
        return point === undefined ? 0 : of(point);
      }),
    }));
  }
}
