/** What a client has at a server: a tenant with one model. */
import type { ClientPlan } from "./arguments.ts";
import type { Service } from "./service.ts";

/** InferReply.response of a request that was not executed, since it could no longer meet its SLO. */
const REJECTED = 3;

export class Tenancy {
  readonly mid: number;
  private readonly service: Service;

  private constructor(service: Service, mid: number) {
    this.service = service;
    this.mid = mid;
  }

  /** Rejects with MissileError. */
  static async begin(service: Service, plan: ClientPlan): Promise<Tenancy> {
    const qid = await service.setPriority({
      rt: plan.isRealTime,
      // No SMs of its own, and no bound: these clients have no words for them.
      percSmRequest: 0,
      percSmLimit: 100,
      allocMemorySizeKib: plan.vramKiB,
      percPcieBandwidth: plan.nice,
    });
    const mid = await service.loadModel({
      dir: plan.modelDir,
      name: plan.modelName,
      qid,
      rt: plan.isRealTime,
      estimatedRuntimeMs: plan.estimatedMs,
      sloMs: plan.sloMs,
    });
    return new Tenancy(service, mid);
  }

  /** One request. Rejects with MissileError. */
  async infer(): Promise<"accepted" | "rejected"> {
    const { response } = await this.service.infer(this.mid);
    return response === REJECTED ? "rejected" : "accepted";
  }

  /** The server releases all of it. One that does not answer does so when the connection ends. */
  async end(): Promise<void> {
    await this.service.logout(this.mid).catch(() => {});
  }
}
