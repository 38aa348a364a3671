/** Contents of requests on a GPU that notes down what it is given: whose input is where when, and which outputs are read. */
import { expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { asRequestId, asTenantId } from "../../src/core/ids.ts";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { ProgramPort } from "../../src/core/program.ts";
import { type ContentsPort, RequestContents } from "../../src/engine/request-contents.ts";

const KIB = 1024;
const GIB = 2 ** 30;
const tenant = asTenantId(3);

const port = (name: string, elements: number, firstByte: number): ProgramPort => ({
  name,
  shape: [elements],
  type: "float32",
  firstByte,
});

/** Storages that hold their ports in whole KiB. */
function networkOf(inputs: readonly ProgramPort[], outputs: readonly ProgramPort[]): LoweredNetwork {
  const storage = (use: "input" | "output", ports: readonly ProgramPort[]) => {
    const last = ports.at(-1)!;
    return { use, sizeBytes: last.firstByte + Math.ceil((last.shape[0]! * 4) / KIB) * KIB };
  };
  const program = { inputs, outputs, storages: [storage("input", inputs), storage("output", outputs)] };
  return { name: "net", program } as unknown as LoweredNetwork;
}

const single = networkOf([port("x", KIB / 4, 0)], [port("y", KIB / 4, 0)]);
const filled = (value: number): Uint8Array => new Uint8Array(KIB).fill(value);

class NotedGpu implements ContentsPort {
  /** First bytes of the inputs, as they were set. */
  readonly inputs: number[] = [];
  readonly storages: Uint8Array[] = [];
  /** By slot. */
  readonly outputs = [filled(100), filled(101)];

  setInput(_: number, bytes: Uint8Array): void {
    this.inputs.push(bytes[0]!);
    this.storages.push(bytes);
  }

  output(_: number, slot: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.outputs[slot]!);
  }
}

function stage() {
  const gpu = new NotedGpu();
  return { gpu, contents: new RequestContents(gpu) };
}

const request = asRequestId;

it("are a request's own, and set when it is staged, once for those in a row that have the same", () => {
  const { gpu, contents } = stage();
  contents.expect(tenant, request(0));
  contents.setInput(tenant, single, filled(1));
  contents.expect(tenant, request(1));
  contents.expect(tenant, request(2));
  contents.setInput(tenant, single, filled(2));
  contents.expect(tenant, request(3));
  expect(gpu.inputs).toEqual([]);
  contents.staged(tenant, request(0));
  expect(gpu.inputs).toEqual([]);
  for (const id of [1, 2, 3]) contents.staged(tenant, request(id));
  expect(gpu.inputs).toEqual([1, 2]);
  // After a failure of the GPU.
  for (const id of [2, 3]) contents.staged(tenant, request(id));
  expect(gpu.inputs).toEqual([1, 2, 1, 2]);
});

it("are read from the request's slot where it has completed, is a client's, and somebody wants them", () => {
  const { contents } = stage();
  contents.setInput(tenant, single, filled(1));
  contents.expect(tenant, request(0));
  expect(contents.ended(tenant, request(0), 0, "completed")).toBeNull();
  contents.wantOutputs(tenant, single);
  for (const id of [1, 2, 3]) contents.expect(tenant, request(id));
  expect(contents.ended(tenant, request(1), 1, "late")?.[0]).toBe(101);
  expect(contents.ended(tenant, request(2), 0, "completed")?.[0]).toBe(100);
  expect(contents.ended(tenant, request(3), 0, "aborted")).toBeNull();
  expect(contents.ended(tenant, request(4), 0, "completed")).toBeNull();
});

it("of a tenant that has gone are not the next one's", () => {
  const { gpu, contents } = stage();
  contents.setInput(tenant, single, filled(1));
  contents.wantOutputs(tenant, single);
  contents.released(tenant);
  contents.expect(tenant, request(0));
  contents.staged(tenant, request(0));
  expect(gpu.inputs).toEqual([]);
  expect(contents.ended(tenant, request(0), 0, "completed")).toBeNull();
});

it("of several tensors lie one behind the other for clients, and each in its place on the GPU", () => {
  const { gpu, contents } = stage();
  const two = networkOf([port("a", 2, 0), port("b", 1, KIB)], [port("c", 1, 0), port("d", 2, KIB)]);
  contents.setInput(tenant, two, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  contents.wantOutputs(tenant, two);
  contents.expect(tenant, request(0));
  contents.staged(tenant, request(0));
  const [storage] = gpu.storages;
  expect(storage).toHaveLength(2 * KIB);
  expect([storage!.slice(0, 9), storage!.slice(KIB, KIB + 5)]).toEqual([
    new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 0]),
    new Uint8Array([9, 10, 11, 12, 0]),
  ]);
  const output = new Uint8Array(2 * KIB);
  output.set([1, 2, 3, 4], 0);
  output.set([5, 6, 7, 8, 9, 10, 11, 12], KIB);
  gpu.outputs[1] = output;
  expect(contents.ended(tenant, request(0), 1, "completed")).toEqual(
    new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  );
});

it("of another size, and more than there is room for, are refused in one line", () => {
  const { contents } = stage();
  expect(() => contents.setInput(tenant, single, new Uint8Array(5))).toThrow(
    new MissileError("an input of net has 1024 bytes, not 5", "badInput"),
  );
  const large = networkOf([port("x", GIB / 4, 0)], [port("y", 1, 0)]);
  const other = asTenantId(4);
  // Zeros that nobody touches take no memory.
  for (const id of [0, 1]) {
    contents.setInput(other, large, new Uint8Array(GIB));
    contents.expect(other, request(id));
  }
  expect(() => contents.setInput(tenant, single, filled(1))).toThrow(/2147483648 bytes at most; wait/);
  contents.ended(other, request(0), 0, "completed");
  contents.setInput(tenant, single, filled(1));
});

it("are nothing on a GPU that computes nothing, nor of a network without a plan", () => {
  const { gpu, contents } = stage();
  const { program: _, ...planless } = single;
  const simulated = new RequestContents(null);
  for (const [one, network] of [
    [contents, planless],
    [simulated, single],
  ] as const) {
    one.setInput(tenant, network, new Uint8Array(5));
    one.wantOutputs(tenant, network);
    one.expect(tenant, request(0));
    one.staged(tenant, request(0));
    expect(one.ended(tenant, request(0), 0, "completed")).toBeNull();
  }
  expect(gpu.inputs).toEqual([]);
});
