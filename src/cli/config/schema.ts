/** The keys of config.yaml and what each may be. docs/config.schema.json is made from this, for editors. */
import { z } from "zod";
import { policyNames } from "../../core/policies/index.ts";
import { gpuNames } from "../../presets/gpu.ts";
import { nameOf, strictMap } from "../../presets/strict-map.ts";
import { actions } from "../../tui/action-table.ts";
import { LAYOUT_NAMES, type LayoutTree } from "../../tui/layout-tree.ts";
import { PANE_NAMES } from "../../tui/panes/names.ts";

/** Each is about 8 MB of the heaviest mix. */
const MOST_HISTORY_MINUTES = 30;

const NAMED_KEYS =
  "space|enter|tab|escape|backspace|up|down|left|right|home|end|pageup|pagedown|insert|delete|f([1-9]|1[0-2])";
const KEY = new RegExp(`^(ctrl\\+)?(alt\\+)?(shift\\+)?(\\S|${NAMED_KEYS})$`, "u");

const key = z
  .union([z.string(), z.number().int().min(0).max(9)], { error: "must be the name of a key" })
  .transform(String)
  .refine((name) => KEY.test(name), {
    error: ({ input }) =>
      `"${input}" is no key; keys are written x, ctrl+x, alt+x, shift+up, f5, space, pageup`,
  });

/** Several keys, one, or none. */
const keys = z
  .union([z.array(key), z.literal("none"), key], { error: "must be a key, a list of keys, or none" })
  .transform((given) => (given === "none" ? [] : typeof given === "string" ? [given] : given))
  .meta({ description: "a key, a list of keys, or none" });

const pane = z.enum(PANE_NAMES);
const grow = z.number().positive().max(100).optional();
const tree: z.ZodType<LayoutTree> = z.lazy(() => {
  const parts = z.array(tree).min(1).max(8);
  return z.union(
    [pane, strictMap({ pane, grow }), strictMap({ across: parts, grow }), strictMap({ down: parts, grow })],
    {
      error: `must be a pane (${PANE_NAMES.join(", ")}) or a map with "pane", "across" or "down", and "grow" if need be`,
    },
  );
});

const keysByAction = strictMap(Object.fromEntries(actions.map(({ id }) => [id, keys.optional()])));

export const configSchema = strictMap({
  theme: z
    .enum(["dark", "light", "auto"])
    .default("auto")
    .meta({ description: "what the terminal's ground is; auto: what COLORFGBG says, else dark" }),
  ascii: z.boolean().default(false).meta({ description: "write nothing but ASCII" }),
  mouse: z
    .boolean()
    .default(false)
    .meta({ description: "take mouse reports; the terminal selects no text with it then" }),
  layout: z.enum(LAYOUT_NAMES).default("overview").meta({ description: "the layout to begin with" }),
  ownLayout: tree
    .nullable()
    .default(null)
    .meta({ description: "what the layout own shows; the console writes it too" }),
  historyMinutes: z
    .number()
    .min(1)
    .max(MOST_HISTORY_MINUTES)
    .default(10)
    .meta({ description: "how far back the screen can go" }),
  keys: keysByAction.default({}).meta({ description: "keys by action; docs/actions.md has the actions" }),
  defaults: strictMap({
    mix: z.string().min(1).optional(),
    policy: nameOf("policy", policyNames).optional(),
    gpu: nameOf("GPU", gpuNames()).optional(),
    speed: z.number().positive().optional(),
  })
    .default({})
    .meta({ description: "what the console runs where its command line does not say" }),
});

export type Config = z.infer<typeof configSchema>;

/** JSON Schema of what may be written in the file. */
export const configJsonSchema = (): object => z.toJSONSchema(configSchema, { io: "input" });
