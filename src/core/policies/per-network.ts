import type { NetworkProfile } from "../kernel.ts";
import type { Tenant } from "../tenant.ts";

/** What a policy works out once for a tenant's network, at hand by the tenant's id. */
export class PerNetwork<Value> {
  private readonly derive: (network: NetworkProfile) => Value;
  private readonly known: { network: NetworkProfile; value: Value }[] = [];

  constructor(derive: (network: NetworkProfile) => Value) {
    this.derive = derive;
  }

  of({ id, spec: { network } }: Tenant): Value {
    const known = this.known[id];
    if (known?.network === network) return known.value;
    const value = this.derive(network);
    this.known[id] = { network, value };
    return value;
  }
}
