/**
 * The copy queues, host to device and back: what waits, its slice of a period, the share that nice asks for, the share that was
 * got; and, as cfsPeriod is tuned, what each setting gave.
 */
import type { CopyQueueSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { bytes, digits3, percent } from "../format.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Rect } from "../screen/screen.ts";
import type { Style } from "../screen/style.ts";
import { theme } from "../theme.ts";
import { paintCfsCurve } from "./cfs-curve.ts";
import type { Pane, Scene } from "./pane.ts";
import { atCell, type Column, paintTable, type TableRow } from "./table.ts";

interface Row {
  readonly id: number;
  readonly name: string;
  readonly identity: Identity;
  readonly h2d: CopyQueueSnapshot | undefined;
  readonly d2h: CopyQueueSnapshot | undefined;
  /** The furthest that anybody's vruntime is ahead in either direction: full bars. */
  readonly mostLead: number;
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

/** Who has least goes next. */
const drawLead =
  (pick: Pick) =>
  (canvas: Canvas, x: number, y: number, width: number, row: Row): void => {
    const queue = pick(row);
    if (queue === undefined || !(row.mostLead > 0)) return;
    canvas.bar(x, y, width, queue.vruntimeLead / row.mostLead, isIdle(queue) ? theme.off : theme.faint);
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
      title: "got, asked │",
      width: 11,
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
      title: "slice",
      width: 5,
      priority: 8 + rank,
      text: figure(pick, (q) => (q.sliceBytes === 0 ? "–" : bytes(q.sliceBytes))),
      style: figureStyle(pick, theme.faint),
    },
    {
      ...right,
      title: "lead",
      width: 5,
      priority: 10 + rank,
      text: figure(pick, (q) => digits3(q.vruntimeLead)),
      style: figureStyle(pick, theme.faint),
    },
    {
      align: "left",
      title: "vruntime",
      width: 8,
      widest: 12,
      priority: 14 + rank,
      text: () => "",
      draw: drawLead(pick),
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

/** Every tenant has its row, also while it copies nothing: rows that come and go are hard to read. */
function rowsOf({ view, ui, identities }: Scene): TableRow<Row>[] {
  const { tenants, copies: queues } = view.snapshot;
  const h2d = new Map(queues.h2d.map((queue) => [queue.tenant, queue]));
  const d2h = new Map(queues.d2h.map((queue) => [queue.tenant, queue]));
  const leads = [...queues.h2d, ...queues.d2h].map(({ vruntimeLead }) => vruntimeLead);
  const mostLead = Math.max(0, ...leads);
  return tenants.map(({ id, name }) => ({
    row: { id, name, mostLead, identity: identities.of(id), h2d: h2d.get(id), d2h: d2h.get(id) },
    chosen: id === ui.selected,
  }));
}

/** Below this many rows or columns the curve says nothing. */
const CURVE_ROWS = 7;
const CURVE_COLUMNS = 34;
/** What the queues need beside it, with all of their columns but the bars. */
const QUEUE_COLUMNS = 84;

interface Parts {
  readonly table: Rect;
  /** null: there is no room for it. */
  readonly curve: Rect | null;
}

/** The curve below the queues where there are rows for it, else beside them, else nowhere. */
function partsOf(width: number, height: number, rowCount: number): Parts {
  const tableRows = rowCount + 1;
  const whole = { x: 0, y: 0, width, height };
  if (height >= tableRows + CURVE_ROWS && width >= CURVE_COLUMNS) {
    const curve = { ...whole, y: tableRows, height: height - tableRows };
    return { table: { ...whole, height: tableRows }, curve };
  }
  if (width < QUEUE_COLUMNS + CURVE_COLUMNS || height < CURVE_ROWS - 1) return { table: whole, curve: null };
  const curveWidth = Math.max(CURVE_COLUMNS, Math.floor(width * 0.38));
  const table = { ...whole, width: width - curveWidth - 2 };
  return { table, curve: { ...whole, x: table.width + 2, width: curveWidth } };
}

function captions({ snapshot: { copies: queues } }: View): string[] {
  const sum = (direction: readonly CopyQueueSnapshot[], of: (queue: CopyQueueSnapshot) => number): number =>
    direction.reduce((total, queue) => total + of(queue), 0);
  const waiting = (direction: readonly CopyQueueSnapshot[]): string =>
    bytes(sum(direction, (queue) => queue.backlogBytes)).padStart(5);
  const rate = (direction: readonly CopyQueueSnapshot[]): string =>
    digits3(sum(direction, (queue) => queue.gBs)).padStart(4);
  const { h2d, d2h } = queues;
  const waits = `H2D ${waiting(h2d)} D2H ${waiting(d2h)}`;
  return [`${rate(h2d)} + ${rate(d2h)} GB/s · waiting: ${waits}`, `waiting: ${waits}`, waits];
}

export const copies: Pane = {
  title: "copy queues",
  everyMs: 100,
  caption: ({ view }) => captions(view),
  paint(canvas, scene) {
    const rows = rowsOf(scene);
    if (rows.length === 0) return;
    const { table, curve } = partsOf(canvas.width, canvas.height, rows.length);
    paintTable(canvas.part(table), COLUMNS, rows);
    if (curve !== null) paintCfsCurve(canvas.part(curve), scene);
  },
  onClick(scene, spot) {
    const rows = rowsOf(scene);
    const { table } = partsOf(spot.width, spot.height, rows.length);
    if (spot.x >= table.width || spot.y >= table.height) return null;
    const { row } = atCell(COLUMNS, rows, { ...spot, ...table, x: spot.x, y: spot.y });
    return row === null ? null : { kind: "select", tenant: row.id };
  },
};
