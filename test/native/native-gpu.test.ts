import { describe, expect, it } from "vitest";
import { asTenantId } from "../../src/core/ids.ts";
import type { NativeDevice } from "../../src/native/addon.ts";
import { NativeGpu } from "../../src/native/native-gpu.ts";
import { EVENT, EVENT_STRIDE } from "../../src/native/protocol.ts";
import { loadGpu } from "../../src/presets/gpu.ts";

/** Its first poll brings two copies that have arrived; what it is asked for is written down. */
class ScriptedGpu extends NativeGpu<NativeDevice> {
  constructor(log: string[]) {
    super(loadGpu("h200"), (_ring, buffer) => ({
      load: () => new Float64Array(),
      curveOf: () => {},
      submit: (count) => log.push(`submit ${count}`),
      poll: (count) => {
        log.push(`poll ${count}`);
        for (const index of [1, 2]) buffer[index * EVENT_STRIDE] = EVENT.copyRetired;
        return log.length === 1 ? 2 : 0;
      },
      channelBytes: () => {},
      tpcNs: () => {},
    }));
  }

  presentNs(): number {
    return 0;
  }
  restore(): void {}
  close(): void {}
  protected takeFailure(): string {
    return "";
  }
}

describe("a GPU of the addon", () => {
  it("submits what answers an event before it delivers the next one, and the last ones with the next poll", () => {
    const log: string[] = [];
    const gpu = new ScriptedGpu(log);
    const answer = (): void => {
      log.push("event");
      gpu.commands.release(asTenantId(0));
    };
    gpu.poll(1, answer);
    gpu.poll(2, answer);
    expect(log).toEqual(["poll 0", "event", "submit 1", "event", "poll 1"]);
  });

  it("submits at once when it is asked to, and nothing where nothing was ordered", () => {
    const log: string[] = [];
    const gpu = new ScriptedGpu(log);
    gpu.submit();
    gpu.commands.release(asTenantId(0));
    gpu.submit();
    gpu.submit();
    expect(log).toEqual(["submit 1"]);
  });
});
