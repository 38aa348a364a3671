/** What a client has seen, in numbers and in the lines that it says. */
import type { LatencySummary } from "../core/snapshot.ts";
import { LatencyHistogram } from "../core/windowed.ts";
import type { Answer, Answered } from "./sender.ts";

/** Requests that were due and have no answer yet. */
export interface Outstanding {
  readonly inFlight: number;
  readonly backlog: number;
}

const NS_PER_S = 1e9;
/** So many significant digits that latencies are exact to 0.1 %. */
const DIGITS = 3;

const perSecond = (count: number, ns: number): string =>
  ns > 0 ? ((count * NS_PER_S) / ns).toFixed(1) : "0.0";
const ms = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(2)).padStart(10);

function row(title: string, { p50, p90, p99, max }: LatencySummary): string {
  return `  ${title.padEnd(10)}${[p50, p90, p99, max].map(ms).join("")}`;
}

export class Tally {
  private readonly counts: Record<Answer, number> = { accepted: 0, rejected: 0, failed: 0 };
  /** Of accepted requests alone: a rejection costs next to nothing, and would flatter. */
  private readonly inference = new LatencyHistogram(DIGITS);
  private readonly total = new LatencyHistogram(DIGITS);

  count({ enqueuedNs, submittedNs, finishedNs, answer }: Answered): void {
    this.counts[answer]++;
    if (answer !== "accepted") return;
    this.inference.record(finishedNs - submittedNs);
    this.total.record(finishedNs - enqueuedNs);
  }

  get failed(): number {
    return this.counts.failed;
  }

  /** One line while it runs. @param elapsedNs since the first request might have come. */
  progress(elapsedNs: number, { inFlight, backlog }: Outstanding): string {
    const { accepted, rejected, failed } = this.counts;
    const { p99 } = this.total.summary();
    return [
      `${(elapsedNs / NS_PER_S).toFixed(0)} s`,
      `${accepted} accepted, ${rejected} rejected, ${failed} failed`,
      `${inFlight} in flight${backlog > 0 ? `, ${backlog} wait here` : ""}`,
      `${perSecond(accepted, elapsedNs)}/s`,
      `p99 ${ms(p99).trim()} ms`,
    ].join(" | ");
  }

  /**
   * The lines after the last request.
   *
   * @param elapsedNs from the start to the last answer. @param sendingNs from the start until nothing was due any more.
   * @param due requests whose time had come.
   */
  summary(elapsedNs: number, sendingNs: number, due: number): string {
    const { accepted, rejected, failed } = this.counts;
    const unanswered = due - accepted - rejected - failed;
    return [
      `${due} requests in ${(elapsedNs / NS_PER_S).toFixed(1)} s: ${accepted} accepted, ${rejected} rejected, ${failed} failed${
        unanswered > 0 ? `, ${unanswered} not answered` : ""
      }`,
      `  rate      ${perSecond(due, sendingNs)}/s due, ${perSecond(accepted, elapsedNs)}/s accepted`,
      `  ms        ${["p50", "p90", "p99", "max"].map((title) => title.padStart(10)).join("")}`,
      row("inference", this.inference.summary()),
      row("total", this.total.summary()),
    ].join("\n");
  }
}
