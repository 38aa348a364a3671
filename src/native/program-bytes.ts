/** A program as bytes, which cpp/dnn/program.cc reads: numbers are doubles, texts and lists begin with their length. */
import type { Program, ProgramKernel } from "../core/program.ts";

const STORAGE_USE = { parameters: 0, activations: 1, input: 2, output: 3, counters: 4 } as const;
const VIEW_ACCESS = { read: 0, write: 1, update: 2 } as const;

const NUMBER_BYTES = 8;

class ByteWriter {
  private bytes = new Uint8Array(1 << 16);
  private at = 0;

  numbers(...values: readonly number[]): void {
    this.reserve(values.length * NUMBER_BYTES);
    const view = new DataView(this.bytes.buffer);
    for (const value of values) {
      view.setFloat64(this.at, value, true);
      this.at += NUMBER_BYTES;
    }
  }

  text(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.numbers(encoded.length);
    this.reserve(encoded.length);
    this.bytes.set(encoded, this.at);
    this.at += encoded.length;
  }

  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.numbers(items.length);
    for (const item of items) write(item);
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.at + bytes));
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

function writeKernel(out: ByteWriter, kernel: ProgramKernel): void {
  out.text(kernel.name);
  out.list(Object.entries(kernel.args), ([name, value]) => {
    out.text(name);
    const values = typeof value === "number" ? [value] : value;
    out.numbers(values.length, ...values);
  });
  out.list(Object.entries(kernel.views), ([name, view]) => {
    out.text(name);
    out.numbers(view.storage, view.firstByte, view.sizeBytes, VIEW_ACCESS[view.access]);
  });
  out.numbers(kernel.grid, kernel.block, kernel.sharedBytes);
}

export function programBytes(program: Program): Uint8Array {
  const out = new ByteWriter();
  out.list(program.storages, ({ use, sizeBytes, coloured }) =>
    out.numbers(STORAGE_USE[use], sizeBytes, coloured ? 1 : 0),
  );
  out.list(program.kernels, (kernel) => writeKernel(out, kernel));
  out.text(program.weightsFile);
  out.list(program.pieces, ({ fileOffset, firstByte, sizeBytes, isTf32 }) =>
    out.numbers(fileOffset, firstByte, sizeBytes, isTf32 ? 1 : 0),
  );
  return out.written();
}
