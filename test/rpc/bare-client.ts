/**
 * A client of gRPC on nothing but HTTP/2 and bytes: no generated code, no library of gRPC, none of this package. What it and a server
 * agree upon is what the two specifications say (protobuf.dev/programming-guides/encoding; gRPC over HTTP/2, PROTOCOL-HTTP2.md).
 */
import { type ClientHttp2Session, connect, constants } from "node:http2";

/** A field of a message: its number, and a number, truth or text. Zeros and empty texts are left out, as proto3 has it. */
export type Fields = readonly (readonly [field: number, value: number | bigint | boolean | string])[];

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FRAME_HEADER_BYTES = 5;

/** Negative ones take ten bytes, as 64 bits of two's complement. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return bytes;
}

export function encode(fields: Fields): Buffer {
  const bytes: number[] = [];
  for (const [field, value] of fields) {
    if (!value) continue;
    if (typeof value === "string") {
      const text = Buffer.from(value, "utf8");
      bytes.push(...varint(BigInt((field << 3) | LENGTH_DELIMITED)), ...varint(BigInt(text.length)), ...text);
    } else bytes.push(...varint(BigInt((field << 3) | VARINT)), ...varint(BigInt(value)));
  }
  return Buffer.from(bytes);
}

/** Numbers of fields and what they hold: text as such, all else as 64 bits without a sign. */
export function decode(bytes: Buffer): Map<number, bigint | string> {
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("the message ends within a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const fields = new Map<number, bigint | string>();
  while (at < bytes.length) {
    const key = Number(readVarint());
    if ((key & 7) === VARINT) fields.set(key >> 3, readVarint());
    else if ((key & 7) === LENGTH_DELIMITED) {
      const end = Number(readVarint()) + at;
      fields.set(key >> 3, bytes.toString("utf8", at, end));
      at = end;
    } else throw new Error(`field ${key >> 3} has wire type ${key & 7}, which no message here has`);
  }
  return fields;
}

/** A message as it stands in the stream: not compressed, its length, itself. */
export function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

export interface Reply {
  /** gRPC's: 0 is good. */
  readonly status: number;
  readonly details: string;
  /** undefined: none came. */
  readonly message: Buffer | undefined;
}

export class BareClient {
  private readonly session: ClientHttp2Session;

  /** @param origin such as "http://127.0.0.1:34543". */
  constructor(origin: string) {
    this.session = connect(origin);
  }

  /** Rejects where the stream breaks. */
  call(path: string, body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_TE]: "trailers",
        [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
      });
      const chunks: Buffer[] = [];
      // An answer that is a status alone comes with the headers.
      let trailers: Record<string, unknown> = {};
      stream.on("response", (headers) => {
        trailers = headers;
      });
      stream.on("trailers", (headers) => {
        trailers = headers;
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      stream.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const message = bytes.length < FRAME_HEADER_BYTES ? undefined : bytes.subarray(FRAME_HEADER_BYTES);
        if (message !== undefined && message.length !== bytes.readUInt32BE(1)) {
          reject(new Error("the answer is not one message"));
        }
        const details = decodeURIComponent(String(trailers["grpc-message"] ?? ""));
        resolve({ status: Number(trailers["grpc-status"] ?? -1), details, message });
      });
      stream.end(body);
    });
  }

  /** A call of Missile's service that must be answered. */
  async ask(method: string, fields: Fields): Promise<Map<number, bigint | string>> {
    const reply = await this.call(`/missile.rpc.MISSILEService/${method}`, frame(encode(fields)));
    if (reply.message === undefined) throw new Error(`${method}: status ${reply.status} ${reply.details}`);
    return decode(reply.message);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.session.close(resolve));
  }

  /** The connection breaks. */
  destroy(): void {
    this.session.destroy();
  }
}
