/** Whose memory lies in which VRAM channels, and how much of it. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Scene } from "./pane.ts";

const holds = ({ channels }: TenantSnapshot, index: number): boolean =>
  ((channels[index >> 5]! >>> (index & 31)) & 1) === 1;

export interface Resident {
  readonly tenant: TenantSnapshot;
  /** In each of its channels: memory is spread evenly over them. */
  readonly kiB: number;
}

/** Each tenant, and how much of it lies in a channel of its own. */
export function residentsOf(tenants: readonly TenantSnapshot[], channels: number): Resident[] {
  return tenants.map((tenant) => {
    let count = 0;
    for (let index = 0; index < channels; index++) if (holds(tenant, index)) count++;
    return { tenant, kiB: count > 0 ? tenant.vramUsedKiB / count : 0 };
  });
}

const kiBIn = (residents: readonly Resident[], index: number): number =>
  residents.reduce((sum, { tenant, kiB }) => sum + (holds(tenant, index) ? kiB : 0), 0);

/** What lies in the channel that holds most, in KiB. */
export function fullestOf(residents: readonly Resident[], channels: number): number {
  let fullestKiB = 0;
  for (let index = 0; index < channels; index++) fullestKiB = Math.max(fullestKiB, kiBIn(residents, index));
  return fullestKiB;
}

/** Column of letters downwards, as far as each tenant's part of the fullest channel reaches. */
export function paintMemory(
  canvas: Canvas,
  residents: readonly Resident[],
  index: number,
  fullestKiB: number,
  { identities }: Scene,
): void {
  let reachedKiB = 0;
  let row = 0;
  for (const { tenant, kiB } of residents) {
    if (!holds(tenant, index) || !(fullestKiB > 0)) continue;
    reachedKiB += kiB;
    const { letter, colour } = identities.of(tenant.id);
    const until = Math.round((reachedKiB / fullestKiB) * canvas.height);
    for (; row < until; row++) canvas.text(0, row, letter.repeat(canvas.width), { fg: colour, dim: true });
  }
}
