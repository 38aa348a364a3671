/** Missile's service at a server, any that speaks the proto, as promises. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ClientUnaryCall,
  connectivityState,
  type requestCallback,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { MissileError } from "../core/error.ts";
import { type ConnectOptions, channelTo, sayCallFailure } from "../rpc/connect.ts";
import type { ConsoleClient } from "../rpc/generated/missile/console/v1/Console.ts";
import type { GetBlobReply__Output } from "../rpc/generated/missile/rpc/GetBlobReply.ts";
import type { InferReply__Output } from "../rpc/generated/missile/rpc/InferReply.ts";
import type { LoadModelReply__Output } from "../rpc/generated/missile/rpc/LoadModelReply.ts";
import type { LoadModelRequest } from "../rpc/generated/missile/rpc/LoadModelRequest.ts";
import type { LogoutReply__Output } from "../rpc/generated/missile/rpc/LogoutReply.ts";
import type { MISSILEServiceClient } from "../rpc/generated/missile/rpc/MISSILEService.ts";
import type { RegisterBlobReply__Output } from "../rpc/generated/missile/rpc/RegisterBlobReply.ts";
import type { SetBlobReply__Output } from "../rpc/generated/missile/rpc/SetBlobReply.ts";
import type { SetPriorityReply__Output } from "../rpc/generated/missile/rpc/SetPriorityReply.ts";
import type { SetPriorityRequest } from "../rpc/generated/missile/rpc/SetPriorityRequest.ts";
import { Console, MISSILEService } from "../rpc/protos.ts";

/** Wall ms for a server to be there: one that was started in the same breath needs a second or two. */
const PATIENCE_MS = 10_000;
/** Wall ms for an answer that needs no inference. Loading a model profiles it, which on a real GPU takes seconds. */
const ANSWER_MS = 60_000;
/** Wall ms for the answer to a goodbye: the server releases everything when the connection ends anyway. */
const GOODBYE_MS = 2_000;

/** Wall ms between attempts. */
const RETRY_MS = 200;
/**
 * Wall ms without a byte after which a server is asked whether it is there. Servers of another make take it for an attack where it comes
 * oftener than every five minutes (gRPC's core: GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS).
 */
const KEEPALIVE_MS = 300_000;

type Start<Reply> = (callback: requestCallback<Reply>) => ClientUnaryCall;

const within = (ms: number): { deadline: number } => ({ deadline: Date.now() + ms });

export class Service {
  /** For messages. */
  readonly server: string;
  private readonly client: MISSILEServiceClient;
  private readonly console: ConsoleClient;
  private readonly inferences = new Set<ClientUnaryCall>();

  /** Connects with the first call. Throws MissileError for files that will not do. */
  constructor(address: string, options: ConnectOptions) {
    const { target, credentials, options: channel } = channelTo(address, options);
    this.server = target;
    const patient = { ...channel, "grpc.keepalive_time_ms": KEEPALIVE_MS };
    this.client = new MISSILEService(target, credentials, patient);
    const channelOverride = this.client.getChannel();
    this.console = new Console(target, credentials, { ...channel, channelOverride });
  }

  /**
   * The policy that the server says it schedules by; undefined: it does not say such things. Waits for one that is about to start.
   * Rejects with MissileError "noServer" or "serverRefused".
   */
  async policy(): Promise<string | undefined> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const { error, policy } = await new Promise<{ error: ServiceError | null; policy: string }>(
        (resolve) => {
          this.console.GetVersion({}, within(ANSWER_MS), (error, version) =>
            resolve({ error, policy: version?.policy ?? "" }),
          );
        },
      );
      if (error === null || error.code === status.UNIMPLEMENTED) return policy === "" ? undefined : policy;
      const says = sayCallFailure(error, this.server);
      if (error.code !== status.UNAVAILABLE) throw new MissileError(says, "serverRefused");
      if (Date.now() >= giveUpAt) {
        const isAbsent = /ECONNREFUSED|ENOENT/.test(error.details);
        throw new MissileError(
          isAbsent ? `${says}; start missile_server, or correct PORT` : says,
          "noServer",
        );
      }
      await sleep(RETRY_MS);
    }
  }

  /** Makes the tenant. Returns its qid. */
  async setPriority(request: SetPriorityRequest): Promise<number> {
    const reply = await this.ask<SetPriorityReply__Output>("a tenant with these settings", (done) =>
      this.client.SetPriority(request, within(ANSWER_MS), done),
    );
    return reply.qid;
  }

  /** Returns the model's mid. */
  async loadModel(request: LoadModelRequest): Promise<number> {
    const what = `the model "${request.name}" in "${request.dir}"`;
    const reply = await this.ask<LoadModelReply__Output>(what, (done) =>
      this.client.LoadModel(request, within(ANSWER_MS), done),
    );
    return reply.mid;
  }

  registerBlob(mid: number, name: string): Promise<RegisterBlobReply__Output> {
    return this.ask<RegisterBlobReply__Output>(`the blob "${name}"`, (done) =>
      this.client.RegisterBlob({ mid, name }, within(ANSWER_MS), done),
    );
  }

  /** From shared memory to the device. */
  async setBlob(key: string): Promise<void> {
    await this.ask<SetBlobReply__Output>(`to take the blob "${key}"`, (done) =>
      this.client.SetBlob({ key }, within(ANSWER_MS), done),
    );
  }

  /** From the device to shared memory. */
  async getBlob(key: string): Promise<void> {
    await this.ask<GetBlobReply__Output>(`to give the blob "${key}"`, (done) =>
      this.client.GetBlob({ key }, within(ANSWER_MS), done),
    );
  }

  /** One inference, however long it takes. */
  async infer(mid: number): Promise<InferReply__Output> {
    let inference: ClientUnaryCall | undefined;
    try {
      return await this.ask<InferReply__Output>("an inference", (done) => {
        inference = this.client.Infer({ mid, async: false }, done);
        this.inferences.add(inference);
        return inference;
      });
    } finally {
      if (inference !== undefined) this.inferences.delete(inference);
    }
  }

  async logout(mid: number): Promise<void> {
    await this.ask<LogoutReply__Output>("to let the model go", (done) =>
      this.client.Logout({ mid }, within(GOODBYE_MS), done),
    );
  }

  /** What is in flight is not waited for. */
  close(): void {
    for (const inference of this.inferences) inference.cancel();
    this.client.close();
  }

  /** Rejects with MissileError "serverRefused" where the answer is no. @param what the server is asked for, in words. */
  private async ask<Reply extends { succ: boolean }>(what: string, start: Start<Reply>): Promise<Reply> {
    const reply = await this.call<Reply>(what, start);
    if (reply.succ) return reply;
    throw new MissileError(`the server at ${this.server} refuses ${what}; its log says why`, "serverRefused");
  }

  /** Rejects with MissileError "serverGone" or "serverRefused". */
  private call<Reply>(what: string, start: Start<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      start((error, reply) => {
        if (error === null) resolve(reply as Reply);
        else reject(this.complaint(what, error));
      });
    });
  }

  private complaint(what: string, { code, details }: ServiceError): MissileError {
    const isConnected = this.client.getChannel().getConnectivityState(false) === connectivityState.READY;
    if (code === status.UNAVAILABLE || !isConnected) {
      return new MissileError(`the server at ${this.server} has gone (${details})`, "serverGone");
    }
    const why = `${status[code]}: ${details}`;
    return new MissileError(`the server at ${this.server} refuses ${what} (${why})`, "serverRefused");
  }
}
