/** What the console's screen begins with: the command line's flags before the configuration, and that before the terminal. */
import { type Command, Option } from "commander";
import { MissileError } from "../../core/error.ts";
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
    .option("--ascii", "write nothing but ASCII (the default where the locale is not UTF-8)")
    .option("--no-ascii", "draw with lines and blocks, whatever the locale says")
    .option("--mouse", "take the mouse: click, scroll, drag (M in the console)")
    .option("--no-mouse", "leave the mouse to the terminal, which selects text with it")
    .addOption(new Option("--layout <name>", "the panes to begin with").choices(LAYOUT_NAMES))
    .option("--screen-reader", "say in plain lines what changes, and draw nothing")
    .option("--read-only", "look, and change nothing of the run");

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the locale names another encoding than UTF-8 (POSIX, "Environment Variables": the first of the three that is set counts). */
function isOtherThanUtf8({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return locale !== "" && !/utf-?8/i.test(locale);
}

/** Throws MissileError "noTerminal" where the terminal cannot be drawn on. */
export function checkTerminal({ screenReader }: ScreenFlags, { TERM }: Environment): void {
  if (TERM !== "dumb" || screenReader === true) return;
  throw new MissileError(
    "TERM=dumb: this terminal cannot be drawn on; --screen-reader says in lines what changes, `run` prints figures",
    "noTerminal",
  );
}

export function screenStart(flags: ScreenFlags, config: Config, env: Environment): UiStart {
  return {
    theme: flags.theme ?? (config.theme === "auto" ? themeOf(env) : config.theme),
    ascii: flags.ascii ?? (config.ascii || isOtherThanUtf8(env)),
    mouse: flags.mouse ?? config.mouse,
    layout: flags.layout ?? config.layout,
    ownLayout: config.ownLayout,
    readOnly: flags.readOnly ?? false,
  };
}
