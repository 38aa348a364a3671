/** What the scheduler's commands pass on their way to the device: the journal, and the book of who is present. */
import type { ChannelSet } from "../core/channel-set.ts";
import type { Commands, CopyOrder, LaunchOrder } from "../core/command.ts";
import type { LaunchId, TenantId } from "../core/ids.ts";
import type { TpcSet } from "../core/tpc-set.ts";

export class Outbox implements Commands {
  private readonly device: Commands;
  private readonly journal: Commands | undefined;
  private readonly released: (tenant: TenantId) => void;

  constructor(device: Commands, journal: Commands | undefined, released: (tenant: TenantId) => void) {
    this.device = device;
    this.journal = journal;
    this.released = released;
  }

  launch(launch: LaunchOrder, tpcs: TpcSet): void {
    this.journal?.launch(launch, tpcs);
    this.device.launch(launch, tpcs);
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    this.journal?.extend(launch, tpcs);
    this.device.extend(launch, tpcs);
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    this.journal?.evict(launch, tpcs);
    this.device.evict(launch, tpcs);
  }

  copy(copy: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    this.journal?.copy(copy, offsetBytes, sizeBytes);
    this.device.copy(copy, offsetBytes, sizeBytes);
  }

  place(tenant: TenantId, channels: ChannelSet): void {
    this.journal?.place(tenant, channels);
    this.device.place(tenant, channels);
  }

  release(tenant: TenantId): void {
    this.journal?.release(tenant);
    this.device.release(tenant);
    this.released(tenant);
  }
}
