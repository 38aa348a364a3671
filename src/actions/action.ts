/**
 * A row of the one table of actions, from which keys, help, palette, docs/actions.md, the command line's verbs and the
 * server's calls are made. Control actions act on the run: a plan is a pure function of what is seen and what was said.
 */
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { Argument, Values, ValuesOf } from "./argument.ts";
import type { Deed } from "./deed.ts";
import type { World } from "./world.ts";

/** What an action acts on: the run, the chosen or tagged tenants, or the screen alone. */
export type Scope = "run" | "tenant" | "screen";

/** What every action says of itself. */
export interface ActionRow {
  /** In kebab-case: its name in the palette, on the command line and in calls. */
  readonly id: string;
  /** In the help and the palette: "double cfsPeriod". */
  readonly title: string;
  /** Heading that it stands under in the help and the docs. */
  readonly group: string;
  readonly keys: readonly string[];
  /** In the footer; neighbours with the same hint share one. Absent: in the help only. */
  readonly hint?: string;
  readonly scope: Scope;
  readonly arguments: readonly Argument[];
}

/** A figure that an action changes, beside the one that it asks for: "share of lidar", 25 %, 20 %. */
export interface Effect {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface Effects {
  readonly title: string;
  readonly rows: readonly Effect[];
}

export const NO_EFFECTS: Effects = { title: "", rows: [] };

export interface Plan {
  readonly deeds: readonly Deed[];
  /** One line, with before and after: "nice of camera: 100,000 → 125,000". */
  readonly says: string;
  /** What it does to those who run, a line each; with none it is done without asking. */
  readonly warnings: readonly string[];
  /** What it is expected to change for everyone, under a heading. */
  readonly effects: Effects;
  /** What undoes it; null: nothing can, or nothing need. */
  readonly inverse: readonly Deed[] | null;
}

export interface ControlAction extends ActionRow {
  readonly scope: "run" | "tenant";
  /** Whether it can be undone: its plans have an inverse. */
  readonly undoable: boolean;
  /** What it may do to running tenants, for the docs; absent: nothing, it never asks. */
  readonly disturbs?: string;
  /** Whether it plans from the run as a mix, which must be fetched before. */
  readonly needsMix?: boolean;
  /** Whether it acts on one tenant at a time, whatever is tagged. */
  readonly single?: boolean;
  /** What a dialog begins with: the values as they are. `tenant` is null for scope "run". */
  readonly initial: (world: World, tenant: TenantSnapshot | null) => Partial<Values>;
  /** Throws MissileError where it cannot be done. */
  readonly plan: (world: World, tenant: TenantSnapshot | null, values: Values) => Plan;
}

type Described<As extends readonly Argument[]> = Omit<
  ControlAction,
  "arguments" | "plan" | "initial" | "scope" | "keys" | "undoable"
> & {
  readonly keys?: readonly string[];
  /** Absent: it can be undone. */
  readonly undoable?: false;
  readonly arguments: As;
};

/** A plan with what it leaves out filled in. */
type Sketch = Pick<Plan, "deeds" | "says"> & Partial<Plan>;

const filledIn = (sketch: Sketch): Plan => ({ warnings: [], effects: NO_EFFECTS, inverse: null, ...sketch });

/** A row that acts on the run as a whole. */
export function runAction<const As extends readonly Argument[]>(
  row: Described<As> & {
    readonly initial?: (world: World) => Partial<ValuesOf<As>>;
    readonly plan: (world: World, values: ValuesOf<As>) => Sketch;
  },
): ControlAction {
  return {
    ...row,
    scope: "run",
    keys: row.keys ?? [],
    undoable: row.undoable ?? true,
    initial: (world) => row.initial?.(world) ?? {},
    // Values were parsed by the row's own arguments.
    plan: (world, _, values) => filledIn(row.plan(world, values as ValuesOf<As>)),
  };
}

/** A row that acts on one tenant, or on each of those that are tagged. */
export function tenantAction<const As extends readonly Argument[]>(
  row: Described<As> & {
    readonly initial?: (world: World, tenant: TenantSnapshot) => Partial<ValuesOf<As>>;
    readonly plan: (world: World, tenant: TenantSnapshot, values: ValuesOf<As>) => Sketch;
  },
): ControlAction {
  return {
    ...row,
    scope: "tenant",
    keys: row.keys ?? [],
    undoable: row.undoable ?? true,
    initial: (world, tenant) => (tenant === null ? {} : (row.initial?.(world, tenant) ?? {})),
    plan: (world, tenant, values) => filledIn(row.plan(world, tenant!, values as ValuesOf<As>)),
  };
}
