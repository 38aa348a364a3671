/** What a row of the tenants' table is made of, and which rows there are. */
import type { CopyQueueSnapshot, TenantSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";

/** A tenant and what is known of it besides its own snapshot. */
export interface TenantFacts {
  readonly tenant: TenantSnapshot;
  readonly inGBs: number;
  readonly outGBs: number;
  /** What its nice buys: its share of PCIe while every tenant has copies waiting. */
  readonly niceShare: number;
  /** "0-31" where its memory lies in neighbouring channels, else how many they are. */
  readonly channels: string;
  readonly channelCount: number;
}

/**
 * The share of requests within their SLO that counts as kept. The rest is the error budget: at 0.99, one request in a
 * hundred may miss.
 */
export const SLO_GOAL = 0.99;

/** What is left of the error budget: 1 untouched, 0 spent, below that overspent; NaN without an SLO. */
export const budgetLeft = ({ sloAttainment }: TenantSnapshot): number =>
  sloAttainment === null ? Number.NaN : 1 - (1 - sloAttainment) / (1 - SLO_GOAL);

/** How many times as long as a request alone on the GPU the slowest hundredth took lately; NaN where nothing ended. */
export const timesAlone = (tenant: TenantSnapshot): number => tenant.recentLatencyMs.p99 / tenant.aloneMs;

const rates = (queues: readonly CopyQueueSnapshot[]): Map<number, number> =>
  new Map(queues.map((queue) => [queue.tenant, queue.gBs]));

/** The members of a bit set that came as words. */
export function indicesIn(words: readonly number[]): number[] {
  return words.flatMap((word, at) =>
    Array.from({ length: 32 }, (_, bit) => at * 32 + bit).filter(
      (index) => ((word >>> (index & 31)) & 1) === 1,
    ),
  );
}

function rangeOf(indices: readonly number[]): string {
  const [first] = indices;
  const last = indices.at(-1);
  if (first === undefined || last === undefined) return "–";
  return last - first === indices.length - 1 ? `${first}-${last}` : String(indices.length);
}

export function tenantFacts({ snapshot }: View): readonly TenantFacts[] {
  const inGBs = rates(snapshot.copies.h2d);
  const outGBs = rates(snapshot.copies.d2h);
  const niceSum = snapshot.tenants.reduce((sum, { nice }) => sum + nice, 0);
  return snapshot.tenants.map((tenant) => {
    const channels = indicesIn(tenant.channels);
    return {
      tenant,
      inGBs: inGBs.get(tenant.id) ?? 0,
      outGBs: outGBs.get(tenant.id) ?? 0,
      niceShare: tenant.nice / niceSum,
      channels: rangeOf(channels),
      channelCount: channels.length,
    };
  });
}

/** Whether a text has every word of the filter, whatever their case; one that starts with "-" it must not have. */
export function passes(filter: string, text: string): boolean {
  const within = text.toLowerCase();
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) =>
    word.length > 1 && word.startsWith("-") ? !within.includes(word.slice(1)) : within.includes(word),
  );
}

/** What the filter of the tenants looks at. */
export const filterText = ({ name, class: tenantClass, model, load }: TenantSnapshot): string =>
  `${name} ${tenantClass} ${model} ${load}`;
