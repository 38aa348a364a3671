/** The requests of a run: sent, logged and counted, until the duration is over, somebody stops it, or something breaks. */
import { arrivalSource } from "../core/arrival-source.ts";
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import type { ClientPlan } from "./arguments.ts";
import { wallClock } from "./clock.ts";
import type { RequestLog } from "./request-log.ts";
import { type Answer, Sender } from "./sender.ts";
import { stopBySignals } from "./stop.ts";
import { Tally } from "./tally.ts";
import type { Teller } from "./teller.ts";
import type { Tenancy } from "./tenancy.ts";

const NS_PER_S = 1e9;
const PROGRESS_MS = 1_000;
/** Once it sends no more, a client waits so long for answers. Unit: ns. */
const DRAIN_NS = 10e9;
/**
 * Most requests of an open loop in flight at once: somewhat fewer than what our servers take of one connection. Too small: it becomes
 * a closed loop. Too large: a server refuses what it would have done in time.
 */
const MOST_IN_FLIGHT = 4_000;

export class Run {
  private readonly tenancy: Tenancy;
  private readonly teller: Teller;
  private readonly sender: Sender;
  private readonly durationNs: number;
  private readonly tally = new Tally();
  private readonly limit: number;
  private broken: MissileError | undefined;
  private startNs = 0;

  constructor(plan: ClientPlan, tenancy: Tenancy, log: RequestLog, teller: Teller) {
    this.tenancy = tenancy;
    this.teller = teller;
    this.durationNs = (plan.duration ?? Number.POSITIVE_INFINITY) * NS_PER_S;
    this.limit = plan.concurrency ?? MOST_IN_FLIGHT;
    this.sender = new Sender({
      source: arrivalSource(plan.load, new Prng(plan.seed, plan.modelName)),
      clock: wallClock,
      mostInFlight: this.limit,
      durationNs: this.durationNs,
      infer: () => this.infer(),
      ended: (request) => {
        this.tally.count(request);
        log.write(request);
      },
    });
    log.broken.catch((cause) => this.cut(cause));
  }

  /** No request has failed. */
  get isFlawless(): boolean {
    return this.tally.failed === 0;
  }

  /** Resolves once it is over and has been summed up. Rejects with MissileError for what cut it short. */
  async send(): Promise<void> {
    const { sender, teller } = this;
    this.startNs = wallClock.nowNs();
    let sendingNs = this.durationNs;
    const giveUps = [this.giveUpAt(this.startNs + this.durationNs + DRAIN_NS)];
    const release = stopBySignals(
      () => {
        sendingNs = Math.min(sendingNs, wallClock.nowNs() - this.startNs);
        sender.stop();
        giveUps.push(this.giveUpAt(wallClock.nowNs() + DRAIN_NS));
      },
      () => sender.abandon(),
    );
    const ticker = setInterval(() => this.showProgress(), PROGRESS_MS);
    await sender.run();
    clearInterval(ticker);
    release();
    for (const forget of giveUps) forget();
    const elapsedNs = wallClock.nowNs() - this.startNs;
    teller.say(this.tally.summary(elapsedNs, Math.min(elapsedNs, sendingNs), sender.due));
    if (this.broken !== undefined) throw this.broken;
  }

  private giveUpAt(atNs: number): () => void {
    return atNs === Number.POSITIVE_INFINITY ? () => {} : wallClock.at(atNs, () => this.sender.abandon());
  }

  private async infer(): Promise<Answer> {
    try {
      return await this.tenancy.infer();
    } catch (cause) {
      if (!(cause instanceof MissileError)) throw cause;
      if (cause.code === "serverGone") this.cut(cause);
      else this.teller.sayOnce("failure", `a request failed: ${cause.message}`);
      return "failed";
    }
  }

  private cut(cause: MissileError): void {
    this.broken ??= cause;
    this.sender.abandon();
  }

  private showProgress(): void {
    const { sender, teller, limit } = this;
    if (sender.backlog > 0) {
      const says = `as many are in flight as may be (${limit}): what is due waits here, and total_ms counts that`;
      teller.sayOnce("limit", says);
    }
    teller.progress(this.tally.progress(wallClock.nowNs() - this.startNs, sender));
  }
}
