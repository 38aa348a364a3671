/** From keys to deeds: finds the action, asks for what it must be told and for a yes to what disturbs, and has it done. */
import type { ControlAction } from "../actions/action.ts";
import type { Values } from "../actions/argument.ts";
import type { MixShelf } from "../actions/performer.ts";
import { plansFor, together } from "../actions/plans.ts";
import type { Offers, World } from "../actions/world.ts";
import type { ReopenableSession, ShadowOptions, View } from "../engine/session.ts";
import { type Action, actions, actsOnRun, type Keymap, keyLabel, whereOf } from "./action-table.ts";
import { Comparer } from "./comparison.ts";
import type { TerminalEvent } from "./decoder.ts";
import { describeError } from "./describe-error.ts";
import { ask, titleOf } from "./dialogs/ask.ts";
import { type Dialog, type DialogContext, NO_OUTLOOK, type Outlook, type Request } from "./dialogs/dialog.ts";
import { makeFilter } from "./dialogs/filter.ts";
import { makeHelp } from "./dialogs/help-dialog.ts";
import { makePalette } from "./dialogs/palette.ts";
import { paste, press } from "./dialogs/press.ts";
import type { Hands } from "./hands.ts";
import type { PaletteLines } from "./palette-lines.ts";
import type { PaneName } from "./panes/names.ts";
import { type Desk, placesOf } from "./screen-action.ts";
import type { Stage } from "./stage.ts";
import type { Notice, UiStore } from "./store.ts";

export interface OperatorOptions extends Pick<Desk, "stage" | "outputs" | "keepLayout" | "redraw" | "quit"> {
  readonly offers: Offers;
  readonly networkOf: World["networkOf"];
  readonly mixes: Pick<MixShelf, "replaces">;
  readonly keymap: Keymap;
  readonly paletteLines: PaletteLines;
}

/** Keys and pastes: the mouse is not the operator's to read. */
export type Typed = Exclude<TerminalEvent, { kind: "mouse" }>;

export class Operator implements Desk {
  readonly store: UiStore;
  readonly stage: Stage;
  readonly outputs: Desk["outputs"];
  readonly #session: ReopenableSession;
  readonly #hands: Hands;
  readonly #comparer: Comparer;
  readonly #options: OperatorOptions;
  /** The run as a mix, when the last action was begun that needs it. */
  #mix: World["mix"] = null;
  /** Keys wait for one another: a dialog may have to be fetched before the next key is for it. */
  #turn: Promise<void> = Promise.resolve();

  constructor(session: ReopenableSession, store: UiStore, hands: Hands, options: OperatorOptions) {
    this.store = store;
    this.stage = options.stage;
    this.outputs = options.outputs;
    this.#session = session;
    this.#hands = hands;
    this.#comparer = new Comparer(session, store);
    this.#options = options;
  }

  /** The operator's keys and pastes, in their order. */
  take(event: Typed): void {
    const isOpen = this.store.getState().dialog !== null;
    const name = event.kind === "key" ? event.name : "";
    // The way out waits for nothing, and leads out of every dialog too.
    if (name === "ctrl+c" || (!isOpen && this.#options.keymap.actionFor(name, [])?.id === "quit")) {
      this.quit();
      return;
    }
    this.#inTurn(() => this.#handle(event));
  }

  /** Does an action as if it had been chosen with a key: asks for what is missing, and for a yes where it disturbs. */
  ask(request: Request): void {
    this.#inTurn(() => this.#start(request));
  }

  view(): View {
    return this.#hands.view();
  }

  notice(text: string, tone: Notice["tone"] = "done"): void {
    this.#hands.say(text, tone);
  }

  openHelp(): void {
    this.#open(makeHelp());
  }

  openPalette(): void {
    this.#open(makePalette(this.#options.paletteLines.all(), this.#context()));
  }

  openFilter(pane: PaneName): void {
    this.#open(makeFilter(pane, this.store.getState().filters[pane] ?? ""));
  }

  undo(): void {
    void this.#hands.undo();
  }

  redo(): void {
    void this.#hands.redo();
  }

  compare(options: ShadowOptions): void {
    void this.#comparer.start(options);
  }

  stopComparing(): boolean {
    return this.#comparer.stop();
  }

  keepLayout: Desk["keepLayout"] = (tree) => this.#options.keepLayout(tree);

  redraw(): void {
    this.#options.redraw();
  }

  quit(): void {
    this.#options.quit();
  }

  #inTurn(step: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(step)
      .catch((error: unknown) => this.notice(describeError(error), "refused"));
  }

  async #handle(event: Typed): Promise<void> {
    const ui = this.store.getState();
    if (ui.dialog !== null) await this.#inDialog(ui.dialog, event);
    else if (event.kind === "key") {
      const action = this.#options.keymap.actionFor(event.name, placesOf(ui.focus, ui.moment !== null));
      if (action !== undefined) await this.#start({ action: action.id, tenants: null, values: {} });
      else this.notice(this.#sayMeaningless(event.name), "refused");
    }
  }

  async #inDialog(dialog: Dialog, event: Typed): Promise<void> {
    const context = this.#context();
    if (event.kind === "paste") {
      this.#open(paste(dialog, event.text, context));
      return;
    }
    const outcome = press(dialog, event.name, context);
    this.#open(outcome.kind === "open" ? outcome.dialog : null);
    if (outcome.kind === "closed" && outcome.filter !== undefined) {
      this.#filter(outcome.filter.pane, outcome.filter.text);
    }
    if (outcome.kind !== "asked") return;
    const { line } = outcome;
    if (line !== undefined) this.#keepLine(line);
    await this.#start(outcome.request);
  }

  #keepLine(line: string): void {
    try {
      this.#options.paletteLines.add(line);
    } catch (error) {
      this.notice(describeError(error), "refused");
    }
  }

  async #start(request: Request): Promise<void> {
    const action = actions.find(({ id }) => id === request.action);
    if (action === undefined) throw new Error(`no action ${request.action}`);
    if (this.store.getState().readOnly && actsOnRun(action)) {
      this.notice(`read-only: ${action.id} would act on the run`, "refused");
    } else if (action.scope === "screen") this.#onScreen(action, request);
    else await this.#onRun(action, request);
  }

  #onScreen(action: Extract<Action, { scope: "screen" }>, request: Request): void {
    const dialog = ask(action, request, action.initial?.(this) ?? {}, this.#context());
    if (dialog !== null) this.#open(dialog);
    else action.run(this, request.values as Values);
  }

  async #onRun(action: ControlAction, request: Request): Promise<void> {
    const tenants = action.scope === "tenant" ? this.#tenantsFor(action, request) : [];
    if (tenants === null) return;
    this.#mix = action.needsMix === true ? await this.#session.mix() : null;
    const complete = { ...request, tenants };
    const dialog = this.#questionFor(action, complete);
    if (dialog !== null) this.#open(dialog);
    else void this.#hands.do(this.#plans(action, complete));
  }

  /** What must be asked before it is done: values that are missing, or a yes to what it does to others. */
  #questionFor(action: ControlAction, request: Request): Dialog | null {
    const context = this.#context();
    const world = this.#world();
    const tenant = world.view.snapshot.tenants.find(({ name }) => name === request.tenants?.[0]) ?? null;
    const question = ask(action, request, action.initial(world, tenant), context);
    if (question !== null || request.warned === true) return question;
    const { warnings } = together(this.#plans(action, request));
    if (warnings.length === 0) return null;
    return { kind: "confirm", title: titleOf(action, request), warnings, request };
  }

  #plans = (action: ControlAction, { tenants, values }: Request) =>
    plansFor(action, this.#world(), tenants ?? [], values as Values);

  /** Names of those whom a tenant's action is for; null: nobody, which the operator is told. */
  #tenantsFor(action: ControlAction, { tenants }: Request): readonly string[] | null {
    const { selected, tagged } = this.store.getState();
    // Of the moment on show: on a frozen screen an id may be another tenant's by now.
    const shown = this.stage.scene().view.snapshot.tenants;
    const tags = action.single === true ? [] : shown.filter(({ id }) => tagged.has(id));
    const chosen = tags.length > 0 ? tags : shown.filter(({ id }) => id === selected);
    const wanted = tenants ?? chosen.map(({ name }) => name);
    const here = new Set(this.view().snapshot.tenants.map(({ name }) => name));
    const found = wanted.filter((name) => here.has(name));
    if (found.length > 0) return found;
    this.notice(wanted.length > 0 ? `${wanted.join(", ")} has left` : this.#sayEmpty(), "refused");
    return null;
  }

  #sayEmpty(): string {
    const key = this.#keyOf("add");
    return `there is no tenant${key === undefined ? "" : `: press ${key} to add one`}`;
  }

  #sayMeaningless(key: string): string {
    const { keymap } = this.#options;
    const elsewhere = actions.find((action) => keymap.keysOf(action).includes(key));
    const place = elsewhere === undefined ? undefined : whereOf(elsewhere);
    if (place === "frozen") return `${keyLabel(key)} goes through a frozen screen: freeze it first`;
    return `${keyLabel(key)} means nothing here: ${this.#keyOf("help") ?? ":help"} lists the keys`;
  }

  #keyOf(id: string): string | undefined {
    const key = actions.filter((action) => action.id === id).flatMap(this.#options.keymap.keysOf)[0];
    return key === undefined ? undefined : keyLabel(key);
  }

  #world(): World {
    const { offers, networkOf, mixes } = this.#options;
    const mix = this.#mix;
    const replaces = (file: string): boolean => mix !== null && mixes.replaces(mix.name, file);
    return { view: this.view(), offers, networkOf, replaces, mix };
  }

  #context(): DialogContext {
    const { readOnly, size } = this.store.getState();
    const { keymap, offers } = this.#options;
    const { tenants } = this.view().snapshot;
    const outlook = (request: Request): Outlook => this.#outlook(request);
    return { table: actions, keymap, readOnly, offers, tenants, size, outlook };
  }

  #outlook(request: Request): Outlook {
    const action = actions.find(({ id }) => id === request.action);
    if (action === undefined || action.scope === "screen") return NO_OUTLOOK;
    try {
      const { effects, warnings } = together(this.#plans(action, request));
      return { complaint: null, effects, warnings };
    } catch (error) {
      return { ...NO_OUTLOOK, complaint: describeError(error) };
    }
  }

  #open(dialog: Dialog | null): void {
    // What came of the last act gives way to the keys of what opens.
    this.store.setState((ui) =>
      ui.dialog === null && dialog !== null ? { dialog, notice: null } : { dialog },
    );
    if (dialog?.kind === "filter") this.#filter(dialog.pane, dialog.field.text);
  }

  #filter(pane: PaneName, text: string): void {
    this.store.setState(({ filters, scroll }) => ({
      filters: { ...filters, [pane]: text },
      scroll: { ...scroll, [pane]: 0 },
    }));
  }
}
