/** `missile-console demo [SCENE]`: guided scenes in the live console. */
import { Argument, type Command } from "commander";
import { SCENE_NAMES, SCENES, type SceneName } from "../../tui/demo/scenes.ts";
import { addBackendOptions } from "../backend-options.ts";
import { addScreenOptions } from "../config/settings.ts";
import type { InteractiveFlags } from "../interactive.ts";
import { addRecordOption } from "../mix-options.ts";

const scenes = SCENE_NAMES.map((name) => `  ${name.padEnd(10)} ${SCENES[name].title}`).join("\n");

export function defineDemo(command: Command): void {
  command.addArgument(
    new Argument("[scene]", "which one").choices(SCENE_NAMES).default("policies" satisfies SceneName),
  );
  addRecordOption(addScreenOptions(addBackendOptions(command)))
    .addHelpText("after", `\nScenes:\n${scenes}`)
    .action(async (scene: SceneName) => {
      const { openInteractive } = await import("../interactive.ts");
      await openInteractive(command.optsWithGlobals<InteractiveFlags>(), scene);
    });
}
