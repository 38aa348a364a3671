/** The table of panes. A new one is its file and a row here: the layouts name it already. */
import { channels } from "./channels.ts";
import { compare } from "./compare.ts";
import { copies } from "./copies.ts";
import { decisions } from "./decisions.ts";
import { gpu } from "./gpu.ts";
import { header } from "./header.ts";
import { kernels } from "./kernels.ts";
import { latency } from "./latency.ts";
import type { PaneName } from "./names.ts";
import type { Pane } from "./pane.ts";
import { sms } from "./sms.ts";
import { tenants } from "./tenants.ts";

export const panes = {
  header,
  tenants,
  sms,
  channels,
  copies,
  latency,
  decisions,
  compare,
  gpu,
  kernels,
} as const satisfies Partial<Record<PaneName, Pane>>;

/** undefined: there is no such pane (yet): layouts leave it out. */
export const paneOf = (name: PaneName): Pane | undefined => (panes as Partial<Record<PaneName, Pane>>)[name];
