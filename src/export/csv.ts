/** A view's tenants as comma-separated values (RFC 4180): a line of column names, then one line a tenant. */
import type { Snapshot } from "../core/snapshot.ts";
import { TENANT_FIGURES, type TenantRow, tenantRows } from "./tenant-figures.ts";

type Cell = string | number;

/** A spreadsheet would take a text that begins like a formula for one: it gets an apostrophe in front. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const written = (cell: Cell): string =>
  typeof cell === "string" ? quoted(cell) : Number.isFinite(cell) ? String(cell) : "";

const COLUMNS: readonly { readonly title: string; readonly of: (row: TenantRow) => Cell }[] = [
  { title: "tenant", of: ({ tenant }) => tenant.name },
  { title: "class", of: ({ tenant }) => tenant.class },
  { title: "model", of: ({ tenant }) => tenant.model },
  { title: "batch", of: ({ tenant }) => tenant.batch },
  { title: "load", of: ({ tenant }) => tenant.load },
  ...TENANT_FIGURES.map(({ id, of }) => ({ title: id, of })),
];

/** What is not known is empty. Lines end in CR LF, the last one too. */
export function csv(snapshot: Snapshot): string {
  const lines = [
    COLUMNS.map(({ title }) => title),
    ...tenantRows(snapshot).map((row) => COLUMNS.map(({ of }) => written(of(row)))),
  ];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}
