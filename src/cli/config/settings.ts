/** What the console's screen begins with: the command line's flags before the configuration, and that before the terminal. */
import { type Command, Option } from "commander";
import { LAYOUT_NAMES, type LayoutName } from "../../tui/layout-tree.ts";
import type { UiStart } from "../../tui/store.ts";
import { type ThemeName, themeOf } from "../../tui/theme.ts";
import type { Config } from "./schema.ts";

export interface ScreenFlags {
  readonly theme?: ThemeName;
  readonly ascii?: boolean;
  readonly mouse?: boolean;
  readonly layout?: LayoutName;
  readonly readOnly?: boolean;
  readonly screenReader?: boolean;
}

export const addScreenOptions = (command: Command): Command =>
  command
    .addOption(new Option("--theme <name>", "colours for a ground that is").choices(["dark", "light"]))
    .option("--ascii", "write nothing but ASCII")
    .option("--mouse", "take the mouse: click, scroll, drag (M in the console)")
    .option("--no-mouse", "leave the mouse to the terminal, which selects text with it")
    .addOption(new Option("--layout <name>", "the panes to begin with").choices(LAYOUT_NAMES))
    .option("--screen-reader", "say in plain lines what changes, and draw nothing")
    .option("--read-only", "look, and change nothing of the run");

export function screenStart(
  flags: ScreenFlags,
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): UiStart {
  return {
    theme: flags.theme ?? (config.theme === "auto" ? themeOf(env) : config.theme),
    ascii: flags.ascii ?? config.ascii,
    mouse: flags.mouse ?? config.mouse,
    layout: flags.layout ?? config.layout,
    ownLayout: config.ownLayout,
    readOnly: flags.readOnly ?? false,
  };
}
