/** The table of what acts on the run. A new action is a row in one of these files. */
import type { ControlAction } from "./action.ts";
import { runActions } from "./run-actions.ts";
import { tenantBounds } from "./tenant-bounds.ts";
import { tenantLife } from "./tenant-life.ts";
import { tenantSettings } from "./tenant-settings.ts";

export const controlActions: readonly ControlAction[] = [
  ...tenantLife,
  ...tenantSettings,
  ...tenantBounds,
  ...runActions,
];
