/** The copy queues, host to device and back: what waits, the share that nice asks for, and the share that was got. */
import type { CopyQueueSnapshot } from "../../core/snapshot.ts";
import { bytes, digits3, percent } from "../format.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { type Column, paintTable } from "./table.ts";

interface Row {
  readonly name: string;
  readonly identity: Identity;
  readonly h2d: CopyQueueSnapshot | undefined;
  readonly d2h: CopyQueueSnapshot | undefined;
}

type Pick = (row: Row) => CopyQueueSnapshot | undefined;

const figure =
  (pick: Pick, text: (queue: CopyQueueSnapshot) => string) =>
  (row: Row): string => {
    const queue = pick(row);
    return queue === undefined ? "–" : text(queue);
  };

const isIdle = (queue: CopyQueueSnapshot | undefined): boolean =>
  queue === undefined || (queue.backlogBytes === 0 && queue.gBs === 0);

/** What is idle stays in the background. */
const figureStyle =
  (pick: Pick, busy: Style) =>
  (row: Row): Style =>
    isIdle(pick(row)) ? theme.off : busy;

/** Got less than four fifths of what was asked while it waited for more: not what nice promised. */
const gotStyle =
  (pick: Pick) =>
  (row: Row): Style => {
    const queue = pick(row);
    if (queue === undefined || isIdle(queue)) return theme.off;
    return queue.shareGot < queue.shareAsked * 0.8 ? theme.warn : theme.plain;
  };

/** A bar for the share got, with a mark where the share asked for ends. */
const drawShare =
  (pick: Pick) =>
  (canvas: Canvas, x: number, y: number, width: number, row: Row): void => {
    const queue = pick(row);
    if (queue === undefined) return;
    canvas.bar(x, y, width, queue.shareGot, isIdle(queue) ? theme.off : { fg: row.identity.colour });
    if (!(queue.shareAsked > 0)) return;
    const mark = Math.min(width - 1, Math.round(queue.shareAsked * width));
    canvas.text(x + mark, y, "│", isIdle(queue) ? theme.off : theme.strong);
  };

/** Columns of one direction; those of D2H leave the screen before their H2D twins, which are where the load is. */
function directionColumns(title: string, pick: Pick, rank: number): Column<Row>[] {
  const right = { align: "right" as const };
  return [
    {
      ...right,
      title,
      width: 5,
      priority: rank,
      text: figure(pick, (q) => bytes(q.backlogBytes)),
      style: figureStyle(pick, theme.plain),
    },
    {
      ...right,
      title: "ask%",
      width: 4,
      priority: 2 + rank,
      text: figure(pick, (q) => percent(q.shareAsked)),
      style: figureStyle(pick, theme.faint),
    },
    {
      ...right,
      title: "got%",
      width: 4,
      priority: rank,
      text: figure(pick, (q) => percent(q.shareGot)),
      style: gotStyle(pick),
    },
    {
      align: "left",
      title: "asked at │",
      width: 10,
      widest: 24,
      priority: 12 + rank,
      text: () => "",
      draw: drawShare(pick),
    },
    {
      ...right,
      title: "GB/s",
      width: 4,
      priority: 4 + rank,
      text: figure(pick, (q) => digits3(q.gBs)),
      style: figureStyle(pick, theme.plain),
    },
    {
      ...right,
      title: "lead",
      width: 5,
      priority: 10 + rank,
      text: figure(pick, (q) => digits3(q.vruntimeLead)),
      style: figureStyle(pick, theme.faint),
    },
  ];
}

const COLUMNS: readonly Column<Row>[] = [
  {
    title: "",
    align: "left",
    width: 1,
    priority: 0,
    text: ({ identity }) => identity.letter,
    style: ({ identity }) => ({ fg: identity.colour }),
  },
  {
    title: "tenant",
    align: "left",
    width: 10,
    widest: 18,
    priority: 7,
    text: ({ name }) => name,
    style: ({ identity }) => ({ fg: identity.colour }),
  },
  ...directionColumns("H2D", (row) => row.h2d, 0),
  ...directionColumns("D2H", (row) => row.d2h, 1),
];

export const copies: Pane = {
  title: "copy queues",
  caption: ({ view }) => {
    const waiting = (queues: readonly CopyQueueSnapshot[]): string =>
      bytes(queues.reduce((sum, queue) => sum + queue.backlogBytes, 0)).padStart(5);
    const { h2d, d2h } = view.snapshot.copies;
    const sums = `H2D ${waiting(h2d)} D2H ${waiting(d2h)}`;
    return [`waiting: ${sums}`, sums];
  },
  paint(canvas, { view, ui, identities }: Scene) {
    const { tenants, copies: queues } = view.snapshot;
    const h2d = new Map(queues.h2d.map((queue) => [queue.tenant, queue]));
    const d2h = new Map(queues.d2h.map((queue) => [queue.tenant, queue]));
    // Every tenant has its row, also while it copies nothing: rows that come and go are hard to read.
    const rows = tenants.map((tenant) => {
      const identity = identities.of(tenant.id);
      const row = { name: tenant.name, identity, h2d: h2d.get(tenant.id), d2h: d2h.get(tenant.id) };
      return { row, chosen: tenant.id === ui.selected };
    });
    if (rows.length > 0) paintTable(canvas, COLUMNS, rows);
  },
};
