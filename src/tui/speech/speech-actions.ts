/** Figures in a sentence: for whom the table is too much, or out of sight. */
import { type ScreenAction, screenAction } from "../screen-action.ts";
import { figuresOf } from "./statements.ts";

export const speechActions: readonly ScreenAction[] = [
  screenAction({
    id: "say",
    title: "say in a sentence how the chosen tenant fares",
    group: "console",
    keys: ["i"],
    run: (desk) => {
      const { selected } = desk.store.getState();
      const tenant = desk.stage.scene().view.snapshot.tenants.find(({ id }) => id === selected);
      if (tenant === undefined) desk.notice("there is no tenant", "refused");
      else desk.notice(figuresOf(tenant));
    },
  }),
];
