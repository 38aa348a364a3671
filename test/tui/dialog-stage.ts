/** Dialogs without a console around them: a context over the fake session, keys in, and the sheet as text. */
import type { Values } from "../../src/actions/argument.ts";
import { controlActions } from "../../src/actions/index.ts";
import { plansFor, together } from "../../src/actions/plans.ts";
import type { World } from "../../src/actions/world.ts";
import { actions, makeKeymap } from "../../src/tui/action-table.ts";
import { ask } from "../../src/tui/dialogs/ask.ts";
import {
  type BoxDialog,
  type Dialog,
  type DialogContext,
  NO_OUTLOOK,
  type Outcome,
  type Request,
} from "../../src/tui/dialogs/dialog.ts";
import { press } from "../../src/tui/dialogs/press.ts";
import { lineWidth } from "../../src/tui/dialogs/sheet.ts";
import { sheetOf } from "../../src/tui/dialogs/sheets.ts";
import type { Size } from "../../src/tui/screen/screen.ts";
import { networkOf, OFFERS } from "./fake-mix.ts";
import { FakeSession } from "./fake-session.ts";

const session = new FakeSession();
const mix = await session.mix();
const view = session.view();
const world: World = { view, offers: OFFERS, networkOf, replaces: () => false, mix };

export function contextFor(size: Size = { columns: 80, rows: 24 }): DialogContext {
  const outlook: DialogContext["outlook"] = ({ action: id, tenants, values }) => {
    const action = controlActions.find((one) => one.id === id);
    if (action === undefined) return NO_OUTLOOK;
    try {
      const { effects, warnings } = together(plansFor(action, world, tenants ?? [], values as Values));
      return { complaint: null, effects, warnings };
    } catch (error) {
      return { ...NO_OUTLOOK, complaint: (error as Error).message };
    }
  };
  const { tenants } = view.snapshot;
  return { table: actions, keymap: makeKeymap(), readOnly: false, offers: OFFERS, tenants, size, outlook };
}

/** The dialog that asks for what the action needs, for the first tenant where it is a tenant's. */
export function dialogFor(id: string, context: DialogContext): BoxDialog | null {
  const action = controlActions.find((one) => one.id === id)!;
  const tenant = action.scope === "tenant" ? view.snapshot.tenants[0]! : null;
  const request: Request = { action: id, tenants: tenant === null ? [] : [tenant.name], values: {} };
  return ask(action, request, action.initial(world, tenant), context);
}

/** Presses keys until the dialog closes, or they are used up. */
export function type(dialog: Dialog, keys: readonly string[], context: DialogContext): Outcome {
  let outcome: Outcome = { kind: "open", dialog };
  for (const key of keys) {
    if (outcome.kind !== "open") break;
    outcome = press(outcome.dialog, key, context);
  }
  return outcome;
}

export const opened = (outcome: Outcome): BoxDialog => {
  if (outcome.kind === "open" && outcome.dialog.kind !== "filter") return outcome.dialog;
  throw new Error("the dialog has closed");
};

export const requested = (outcome: Outcome): Request => {
  if (outcome.kind === "asked") return outcome.request;
  throw new Error("nothing was asked for");
};

export const textOf = (dialog: Dialog, context: DialogContext): string[] =>
  dialog.kind === "filter"
    ? [dialog.field.text]
    : sheetOf(dialog, context).lines.map((line) => line.map(({ text }) => text).join(""));

export const widest = (dialog: BoxDialog, context: DialogContext): number =>
  Math.max(...sheetOf(dialog, context).lines.map(lineWidth));
