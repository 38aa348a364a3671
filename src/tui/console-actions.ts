/** The rows for the console itself. Keys are those that users of k9s, htop and lazygit try first. */
import { tagToggled, tenantMoved } from "./moves.ts";
import { type ScreenAction, screenAction } from "./screen-action.ts";

export const consoleActions: readonly ScreenAction[] = [
  screenAction({
    id: "help",
    title: "show this help",
    group: "console",
    keys: ["?", "f1"],
    hint: "help",
    run: (desk) => desk.openHelp(),
  }),
  screenAction({
    id: "palette",
    title: "any action by its name",
    group: "console",
    keys: [":", "ctrl+p"],
    hint: "palette",
    run: (desk) => desk.openPalette(),
  }),
  screenAction({
    id: "quit",
    title: "quit",
    group: "console",
    keys: ["q", "f10", "ctrl+c"],
    hint: "quit",
    run: (desk) => desk.quit(),
  }),
  screenAction({
    id: "redraw",
    title: "draw the screen anew",
    group: "console",
    keys: ["ctrl+l"],
    run: (desk) => desk.redraw(),
  }),
  screenAction({
    id: "undo",
    title: "undo the last act",
    group: "run",
    keys: ["z"],
    hint: "undo",
    acts: true,
    run: (desk) => desk.undo(),
  }),
  screenAction({
    id: "redo",
    title: "redo what was undone",
    group: "run",
    keys: ["Z"],
    acts: true,
    run: (desk) => desk.redo(),
  }),
  screenAction({
    id: "tag",
    title: "tag the tenant, for one act on many",
    group: "tenants",
    keys: ["space"],
    hint: "tag",
    run: (desk) => {
      const ui = desk.store.getState();
      if (ui.selected === null) return;
      const change = tagToggled(ui, ui.selected);
      // On to the next one, so that a held key tags a row of them.
      desk.store.setState({ ...change, ...tenantMoved({ ...ui, ...change }, desk.stage.scene(), 1) });
    },
  }),
  screenAction({
    id: "tag-all",
    title: "tag every tenant",
    group: "tenants",
    keys: ["ctrl+a"],
    run: (desk) => {
      const { tenants } = desk.view().snapshot;
      desk.store.setState({ tagged: new Set(tenants.map(({ id }) => id)) });
    },
  }),
  screenAction({
    id: "untag-all",
    title: "tag nobody",
    group: "tenants",
    keys: ["U"],
    run: (desk) => desk.store.setState({ tagged: new Set() }),
  }),
];
