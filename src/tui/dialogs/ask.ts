/** The dialog that asks for what a request leaves out: a list, a prompt, or a form where it is more than one value. */
import { optionsOf, say, type Values } from "../../actions/argument.ts";
import type { Action } from "../action-table.ts";
import { withOutlook } from "./choice.ts";
import { type BoxDialog, type DialogContext, NO_OUTLOOK, type Request } from "./dialog.ts";
import { fieldOf } from "./field.ts";
import { makeForm } from "./form.ts";
import { makePrompt } from "./prompt.ts";

/** "remove camera", "set nice to a number: 3 tenants". */
export function titleOf({ title, scope }: Action, { tenants }: Request): string {
  if (scope !== "tenant" || tenants === null) return title;
  const whom = tenants.length === 1 ? tenants[0]! : `${tenants.length} tenants`;
  return title.includes("the tenant") ? title.replace("the tenant", whom) : `${title}: ${whom}`;
}

/** null: nothing is left to ask. `initial`: the values as they are now. */
export function ask(
  action: Action,
  request: Request,
  initial: Partial<Values>,
  context: DialogContext,
): BoxDialog | null {
  const missing = action.arguments.filter(({ name }) => request.values[name] === undefined);
  const [argument] = missing;
  if (argument === undefined) return null;
  const title = titleOf(action, request);
  if (missing.length > 1) return makeForm(title, missing, initial, request, context);
  const value = initial[argument.name];
  if (argument.kind !== "choice") {
    const text = value === undefined ? "" : say(argument, value);
    return makePrompt({ title, argument, text, request }, context);
  }
  const options = optionsOf(argument, context.offers);
  return withOutlook(
    {
      kind: "choice",
      title,
      options,
      others: argument.others === true,
      current: value === undefined ? null : String(value),
      index: Math.max(
        0,
        options.findIndex((option) => option.value === value),
      ),
      filter: fieldOf(""),
      typing: false,
      request,
      argument: argument.name,
      outlook: NO_OUTLOOK,
    },
    context,
  );
}
