/** What the keys do. Acts go to the session; what came of them, also a refusal, is one line in the footer. */
import type { Farewell } from "../core/event.ts";
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { TenantClass } from "../core/spec.ts";
import type { Act, Session } from "../engine/session.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { Asked } from "./asked.ts";
import { count, grouped, percent, speed } from "./format.ts";
import { mostHelpScroll } from "./help.ts";
import { stepNice } from "./nice.ts";
import type { Option, UiStore } from "./store.ts";

/** How long a notice stays: long enough to read a line, short enough not to hide the key hints for long. */
const NOTICE_MS = 5000;
/** cfsPeriod in packets of 1 KiB: below one there is no packet, above a GiB no fairness that anyone would see. */
const CFS_PERIOD = { least: 1, most: 1_048_576 };
/** Simulated seconds a wall second: beyond these the screen shows either nothing moving or nothing but a blur. */
const SPEED = { least: 1 / 1024, most: 1024 };

export interface OperatorOptions {
  readonly models: readonly string[];
  readonly policies: readonly string[];
  readonly makeTenant: (
    model: string,
    tenantClass: TenantClass,
    existingNames: readonly string[],
  ) => TenantConfig;
  readonly quit: () => void;
  readonly redraw: () => void;
}

const clamp = (value: number, bounds: { least: number; most: number }): number =>
  Math.max(bounds.least, Math.min(bounds.most, value));

export class Operator {
  readonly #session: Session;
  readonly #store: UiStore;
  readonly #options: OperatorOptions;
  readonly #asked: Asked;
  #noticeTimer: NodeJS.Timeout | undefined;
  /** Counts what was asked for, and remembers which of it the last notice was about. */
  #presses = 0;
  #noticed = 0;

  constructor(session: Session, store: UiStore, options: OperatorOptions) {
    this.#session = session;
    this.#store = store;
    this.#options = options;
    this.#asked = new Asked(session);
  }

  quit(): void {
    this.#options.quit();
  }

  redraw(): void {
    this.#options.redraw();
  }

  /** Chooses the tenant `by` rows further; stops at the ends. */
  select(by: number): void {
    const { tenants } = this.#session.view().snapshot;
    if (tenants.length === 0) return;
    const at = tenants.findIndex((tenant) => tenant.id === this.#store.getState().selected);
    const next = Math.max(0, Math.min(tenants.length - 1, at + by));
    this.#store.setState({ selected: tenants[next]!.id });
  }

  changeNice(direction: 1 | -1): void {
    const tenant = this.#selected();
    if (tenant === null) return;
    const key = `nice ${tenant.id}`;
    const before = this.#asked.latest(key, tenant.nice);
    const nice = stepNice(before, direction);
    if (nice === before) {
      this.#notice(`nice of ${tenant.name} is ${grouped(nice)}, the least there is`, "refused");
      return;
    }
    const share = (value: number): string => `${percent(this.#shareAt(tenant, value))} %`;
    const shares = `share of all nice ${share(before)} → ${share(nice)}`;
    this.#value(key, nice, {
      act: { kind: "changeTenant", tenant: tenant.id, change: { nice } },
      done: `nice of ${tenant.name}: ${grouped(before)} → ${grouped(nice)} (${shares})`,
    });
  }

  scaleCfsPeriod(factor: number): void {
    const before = this.#asked.latest("cfsPeriod", this.#session.view().snapshot.cfsPeriodPackets);
    const value = Math.round(clamp(before * factor, CFS_PERIOD));
    if (value === before) {
      this.#notice(`cfsPeriod is at ${grouped(value)}, as far as it goes`, "refused");
      return;
    }
    this.#value("cfsPeriod", value, {
      act: { kind: "setTunable", tunable: "cfsPeriodPackets", value },
      done: `cfsPeriod: ${grouped(before)} → ${grouped(value)} packets of 1 KiB`,
    });
  }

  scaleSpeed(factor: number): void {
    const before = this.#asked.latest("speed", this.#session.view().pace.speed);
    const value = clamp(before * factor, SPEED);
    if (value === before) {
      this.#notice(`speed is ${speed(value)}, as far as it goes`, "refused");
      return;
    }
    this.#value("speed", value, {
      act: { kind: "setSpeed", factor: value },
      done: `speed: ${speed(before)} → ${speed(value)}`,
    });
  }

  togglePause(): void {
    const paused = !this.#session.view().pace.paused;
    void this.#act({ kind: "setPaused", paused }, paused ? "paused: . steps, space goes on" : "running");
  }

  step(): void {
    const { pace, backend } = this.#session.view();
    if (pace.paused || backend !== "sim") void this.#act({ kind: "step" }, "stepped to the next event");
    else this.#notice("steps are for a paused run: press space first", "refused");
  }

  restoreDevice(): void {
    void this.#act({ kind: "restoreDevice" }, "the GPU is rebuilt: everything begins anew");
  }

  choosePolicy(): void {
    const current = this.#session.view().snapshot.policy;
    const options = this.#options.policies.map((policy) => ({
      label: policy,
      detail: policy === current ? "in force" : "",
      choose: () => void this.#act({ kind: "choosePolicy", policy }, `policy: ${current} → ${policy}`),
    }));
    this.#open("policy", options, this.#options.policies.indexOf(current));
  }

  addTenant(): void {
    const options = this.#options.models.map((model) => ({
      label: model,
      detail: "",
      choose: () => this.#chooseClass(model),
    }));
    this.#open("add a tenant: model", options, 0);
  }

  removeTenant(): void {
    const tenant = this.#selected();
    if (tenant === null) return;
    const { inFlight } = tenant.requests;
    const requests = inFlight === 1 ? "the request" : `the ${count(inFlight)} requests`;
    const detail = (verb: string, rest = ""): string =>
      inFlight === 0 ? "nothing is in flight" : `${verb} ${requests} in flight${rest}`;
    const leave = (how: Farewell, done: string) => (): void =>
      void this.#act({ kind: "removeTenant", tenant: tenant.id, how }, `${tenant.name} ${done}`);
    const leaves = "leaves once its requests are done";
    this.#open(`remove ${tenant.name}`, [
      {
        label: "drain",
        detail: detail("finish", " first"),
        choose: leave("drain", leaves),
      },
      {
        label: "abort",
        detail: detail("drop"),
        choose: leave("abort", "was removed"),
      },
      { label: "keep it", detail: "", choose: () => undefined },
    ]);
  }

  openHelp(): void {
    this.#store.setState({ dialog: { kind: "help", scroll: 0 } });
  }

  closeDialog(): void {
    this.#store.setState({ dialog: null });
  }

  /** Moves through the open dialog: to another option, or scrolling the help. */
  move(by: number): void {
    const { dialog, size } = this.#store.getState();
    if (dialog?.kind === "help") {
      const scroll = Math.max(0, Math.min(mostHelpScroll(size), dialog.scroll + by));
      this.#store.setState({ dialog: { ...dialog, scroll } });
    } else if (dialog?.kind === "choice") {
      const index = Math.max(0, Math.min(dialog.options.length - 1, dialog.index + by));
      this.#store.setState({ dialog: { ...dialog, index } });
    }
  }

  accept(): void {
    const { dialog } = this.#store.getState();
    this.closeDialog();
    // The option may open the next dialog, so it is taken once this one is closed.
    if (dialog?.kind === "choice") dialog.options[dialog.index]?.choose();
  }

  /** Ends the timers that are still running. */
  dispose(): void {
    clearTimeout(this.#noticeTimer);
  }

  #chooseClass(model: string): void {
    const names = this.#session.view().snapshot.tenants.map((tenant) => tenant.name);
    const add = (tenantClass: TenantClass) => (): void => {
      try {
        const config = this.#options.makeTenant(model, tenantClass, names);
        void this.#act({ kind: "addTenant", config }, `added ${config.name} (${tenantClass})`);
      } catch (error) {
        this.#refused(error);
      }
    };
    this.#open(`add ${model}: class`, [
      { label: "LS", detail: "latency sensitive: served first", choose: add("LS") },
      { label: "BE", detail: "best effort: takes what is left", choose: add("BE") },
    ]);
  }

  #open(title: string, options: readonly Option[], index = 0): void {
    this.#store.setState({ dialog: { kind: "choice", title, options, index: Math.max(0, index) } });
  }

  #selected(): TenantSnapshot | null {
    const { selected } = this.#store.getState();
    const tenant = this.#session.view().snapshot.tenants.find(({ id }) => id === selected);
    if (tenant === undefined) this.#notice("there is no tenant: press a to add one", "refused");
    return tenant ?? null;
  }

  /** What nice gives the tenant while everyone waits for the bus. */
  #shareAt(tenant: TenantSnapshot, nice: number): number {
    const others = this.#session.view().snapshot.tenants.filter(({ id }) => id !== tenant.id);
    return nice / others.reduce((sum, other) => sum + other.nice, nice);
  }

  #value(key: string, value: number, { act, done }: { readonly act: Act; readonly done: string }): void {
    this.#asked.remember(key, value, this.#act(act, done));
  }

  /** Whether the session accepted; either way the operator is told. Never rejects. */
  #act(act: Act, done: string): Promise<boolean> {
    const order = ++this.#presses;
    return this.#session.act(act).then(
      () => {
        // The answer to an earlier key must not hide what a later one has said.
        if (order >= this.#noticed) this.#notice(done, "done", order);
        return true;
      },
      (error: unknown) => {
        this.#refused(error, order);
        return false;
      },
    );
  }

  #refused(error: unknown, order?: number): void {
    this.#notice(error instanceof Error ? error.message : String(error), "refused", order);
  }

  #notice(text: string, tone: "done" | "refused", order = ++this.#presses): void {
    this.#noticed = order;
    clearTimeout(this.#noticeTimer);
    this.#store.setState({ notice: { text, tone } });
    this.#noticeTimer = setTimeout(() => this.#store.setState({ notice: null }), NOTICE_MS);
  }
}
