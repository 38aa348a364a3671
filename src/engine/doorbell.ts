/**
 * How a thread tells the engine that it has something for it: a word in shared memory, not 0 while there is something. The native poll of
 * a real GPU looks at it too, so that an operator's act enters where the device's events do.
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
    Atomics.notify(this.word, 0);
  }

  /** Blocks the thread until it is rung, for `ms` at most: fractions of them, which timers do not know. */
  wait(ms: number): void {
    Atomics.wait(this.word, 0, 0, ms);
  }

  get isRung(): boolean {
    return Atomics.load(this.word, 0) === RUNG;
  }

  /** Called before what there is is taken: what comes later rings again. */
  hush(): void {
    Atomics.store(this.word, 0, 0);
  }
}
