/**
 * How a thread tells the engine of a real GPU that it has something for it, so that an operator's act enters where the device's
 * events do: a word in shared memory that the native poll looks at too, not 0 while there is something.
 */
const RUNG = 1;

export class Doorbell {
  /** Shared with the native poll, and across threads. */
  readonly word: Int32Array;

  constructor(word: Int32Array = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))) {
    this.word = word;
  }

  /** Called after what there is has been handed over. */
  ring(): void {
    Atomics.store(this.word, 0, RUNG);
  }

  get isRung(): boolean {
    return Atomics.load(this.word, 0) === RUNG;
  }

  /** Called before what there is is taken: what comes later rings again. */
  hush(): void {
    Atomics.store(this.word, 0, 0);
  }
}
