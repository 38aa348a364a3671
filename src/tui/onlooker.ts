/** What is seen of the run: its history, the moment on show, and whose detail is looked at. Whether it is drawn or spoken. */
import type { Session, TenantKernels, View } from "../engine/session.ts";
import { History, type Moment } from "./history.ts";
import { showsBlocks } from "./panes/channels.ts";
import { showsKernels } from "./panes/kernels.ts";
import type { Scene } from "./panes/pane.ts";
import type { UiStore } from "./store.ts";

export class Onlooker {
  readonly history: History;
  readonly #session: Session;
  readonly #store: UiStore;
  readonly #stops: (() => void)[];
  #asksForBlocks = false;
  /** Whose kernels are in the store, or on their way there. */
  #kernelsOf = "";

  /** `historyMinutes`: how far back it goes; undefined: ten minutes. */
  constructor(session: Session, store: UiStore, historyMinutes?: number) {
    this.history = new History(historyMinutes);
    this.#session = session;
    this.#store = store;
    let seen = session.view();
    const see = (): void => {
      const before = seen;
      seen = session.view();
      this.history.push(seen);
      // Time that goes back is another run.
      if (seen.snapshot.atNs < before.snapshot.atNs) this.#followNames(before, seen);
      this.#followRun();
      this.#watchChosen();
      this.#lookAtKernels();
    };
    see();
    this.#stops = [
      session.subscribe(see),
      store.subscribe((ui, before) => {
        if (ui.moment !== before.moment) this.#followRun();
        this.#lookAtKernels();
        if (ui.selected !== before.selected || showsBlocks(ui) !== showsBlocks(before)) this.#watchChosen();
      }),
    ];
  }

  /** What a frame is made of. */
  scene(): Scene {
    const { view, identities } = this.#moment();
    const ui = this.#store.getState();
    return { view, ui, identities, history: this.history, atNs: view.snapshot.atNs };
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /** The newest moment, or the one that the operator went back to. */
  #moment(): Moment {
    const { moment } = this.#store.getState();
    return moment === null ? this.history.latest() : this.history.momentAt(moment.atNs);
  }

  /** What the screen must know of the moment: how many tenants there are, and that the chosen one is among them. */
  #followRun(): void {
    const { snapshot, health } = this.#moment().view;
    const { tenants } = snapshot;
    const hasHealth = health !== null;
    const ui = this.#store.getState();
    const isHere = tenants.some((tenant) => tenant.id === ui.selected);
    const selected = isHere ? ui.selected : (tenants[0]?.id ?? null);
    if (selected !== ui.selected || tenants.length !== ui.tenantCount || hasHealth !== ui.hasHealth) {
      this.#store.setState({ selected, tenantCount: tenants.length, hasHealth });
    }
    // Who has left loses its tag, or the next one with its id would have it.
    const tagged = tenants.filter(({ id }) => ui.tagged.has(id)).map(({ id }) => id);
    if (ui.moment === null && tagged.length < ui.tagged.size) {
      this.#store.setState({ tagged: new Set(tagged) });
    }
  }

  /** In another run an id is somebody else's: who was chosen or tagged is whoever has that name now. */
  #followNames(before: View, now: View): void {
    const ui = this.#store.getState();
    const nameOf = new Map(before.snapshot.tenants.map(({ id, name }) => [id, name]));
    const idOf = new Map(now.snapshot.tenants.map(({ id, name }) => [name, id]));
    const follow = (id: number): number | undefined => idOf.get(nameOf.get(id) ?? "");
    const tagged = [...ui.tagged].map(follow).filter((id) => id !== undefined);
    const selected = ui.selected === null ? null : (follow(ui.selected) ?? null);
    this.#kernelsOf = "";
    this.#store.setState({ selected, tagged: new Set(tagged) });
  }

  /** Asks for the chosen tenant's kernels once they are to be seen: they stay as they are for as long as it is there. */
  #lookAtKernels(): void {
    const ui = this.#store.getState();
    const tenant = this.#session.view().snapshot.tenants.find(({ id }) => id === ui.selected);
    // Who has its name and its id next may run another network.
    if (tenant === undefined) this.#kernelsOf = "";
    const wanted = tenant !== undefined && showsKernels(ui) ? `${tenant.id} ${tenant.name}` : "";
    if (wanted === "" || wanted === this.#kernelsOf) return;
    this.#kernelsOf = wanted;
    this.#store.setState({ kernels: null });
    const keep = (kernels: TenantKernels): void => {
      if (this.#kernelsOf === wanted) this.#store.setState({ kernels });
    };
    // Refused: it has left in the meantime, or the connection is lost. The next view asks again, if there is anything to ask for.
    const askAgain = (): void => {
      if (this.#kernelsOf === wanted) this.#kernelsOf = "";
    };
    this.#session.kernels(tenant!.id).then(keep, askAgain);
  }

  /** Asks for the chosen tenant's detail until views carry it: also of a run that has taken the place of the one before. */
  #watchChosen(): void {
    const ui = this.#store.getState();
    const { detail, snapshot } = this.#session.view();
    // On a frozen screen one may be chosen who has left.
    const chosen = snapshot.tenants.some(({ id }) => id === ui.selected) ? ui.selected : null;
    const withBlocks = showsBlocks(ui);
    if ((detail?.tenant ?? null) === chosen && withBlocks === this.#asksForBlocks) return;
    this.#asksForBlocks = withBlocks;
    this.#session.watch(chosen, withBlocks);
  }
}
