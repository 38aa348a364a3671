/** The rows for what lists show and in which order. */

import { sortedBy } from "./moves.ts";
import type { PaneName } from "./panes/names.ts";
import { nameOf } from "./panes/table.ts";
import { TENANT_COLUMNS } from "./panes/tenant-columns.ts";
import { type ScreenAction, screenAction } from "./screen-action.ts";

/** Panes whose lines can be filtered. */
const FILTERED: readonly PaneName[] = ["tenants", "decisions"];

const COLUMNS = TENANT_COLUMNS.filter(({ rank }) => rank !== undefined).map((column) => ({
  value: nameOf(column),
  detail: "",
}));

export const listActions: readonly ScreenAction[] = [
  screenAction({
    id: "filter",
    title: "filter the tenants, or the decisions where they have the focus",
    group: "lists",
    keys: ["/"],
    hint: "filter",
    run: (desk) => {
      const { focus } = desk.store.getState();
      desk.openFilter(FILTERED.includes(focus) ? focus : "tenants");
    },
  }),
  screenAction({
    id: "sort",
    title: "sort the tenants by a column; by the same again, the other way round",
    group: "lists",
    keys: ["s"],
    hint: "sort",
    arguments: [{ name: "column", title: "column", kind: "choice", options: COLUMNS }],
    initial: (desk) => {
      const { sort } = desk.store.getState();
      return sort === null ? {} : { column: sort.column };
    },
    run: ({ store }, { column }) => store.setState(sortedBy(store.getState(), column)),
  }),
  screenAction({
    id: "sort-reverse",
    title: "sort the other way round",
    group: "lists",
    keys: ["S"],
    run: ({ store }) =>
      store.setState(({ sort }) => ({
        sort: sort === null ? null : { ...sort, descending: !sort.descending },
      })),
  }),
  screenAction({
    id: "sort-none",
    title: "tenants as they stand in the run",
    group: "lists",
    keys: [],
    run: ({ store }) => store.setState({ sort: null }),
  }),
];
