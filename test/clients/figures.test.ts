/** What a client writes and says of its requests. */
import { describe, expect, it } from "vitest";
import { logLine } from "../../src/clients/request-log.ts";
import type { Answer, Answered } from "../../src/clients/sender.ts";
import { Tally } from "../../src/clients/tally.ts";

const NS_PER_MS = 1e6;

/** Times in ms. */
const request = (enqueued: number, submitted: number, finished: number, answer: Answer): Answered => ({
  enqueuedNs: enqueued * NS_PER_MS,
  submittedNs: submitted * NS_PER_MS,
  finishedNs: finished * NS_PER_MS,
  answer,
});

describe("a line of the log", () => {
  it("has epochs in whole ms, and latencies to the us", () => {
    const originMs = performance.timeOrigin;
    const [enqueued, submitted, finished] = [1000.25, 1000.5, 1012.7504].map((ms) =>
      Math.floor(originMs + ms),
    );
    expect(logLine(request(1000.25, 1000.5, 1012.7504, "accepted"))).toBe(
      `${enqueued},${submitted},${finished},12.25,12.5,Accept`,
    );
  });

  it("says Reject where the server rejected", () => {
    expect(logLine(request(1, 1, 2, "rejected"))).toMatch(/,1,1,Reject$/);
  });
});

describe("the summary", () => {
  it("counts all that was due, and has the latencies of accepted requests alone", () => {
    const tally = new Tally();
    for (let ms = 1; ms <= 100; ms++) tally.count(request(0, 10, 10 + ms, "accepted"));
    tally.count(request(0, 0, 5000, "rejected"));
    tally.count(request(0, 0, 9000, "failed"));
    expect(tally.summary(4e9, 3e9, 105)).toBe(
      [
        "105 requests in 4.0 s: 100 accepted, 1 rejected, 1 failed, 3 not answered",
        "  rate      35.0/s due, 25.0/s accepted",
        "  ms               p50       p90       p99       max",
        "  inference      50.02     90.05     99.01    100.00",
        "  total          60.03    100.03    109.06    110.00",
      ].join("\n"),
    );
    expect(tally.failed).toBe(1);
  });

  it("has no latencies where nothing was accepted", () => {
    expect(new Tally().summary(1e9, 1e9, 0)).toContain(
      "  inference          -         -         -         -",
    );
  });
});

describe("the progress line", () => {
  it("says what waits here only where something does", () => {
    const tally = new Tally();
    tally.count(request(0, 0, 8, "accepted"));
    expect(tally.progress(2e9, { inFlight: 3, backlog: 0 })).toBe(
      "2 s | 1 accepted, 0 rejected, 0 failed | 3 in flight | 0.5/s | p99 8.00 ms",
    );
    expect(tally.progress(2e9, { inFlight: 3, backlog: 2 })).toContain("| 3 in flight, 2 wait here |");
  });
});
