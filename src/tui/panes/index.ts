/** The table of panes. A new one is its file, a row here, and a place in layout.ts. */
import { channels } from "./channels.ts";
import { copies } from "./copies.ts";
import { decisions } from "./decisions.ts";
import { header } from "./header.ts";
import type { Pane } from "./pane.ts";
import { sms } from "./sms.ts";
import { tenants } from "./tenants.ts";

export const panes = { header, tenants, sms, channels, copies, decisions } as const satisfies Record<
  string,
  Pane
>;

export type PaneName = keyof typeof panes;
