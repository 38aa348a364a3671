/**
 * Seeded randomness with independent named streams: the same seed and name give the same numbers on any machine.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand: "small fast chaotic", 96 bits of chaotic state and a 32-bit
 * counter, so no stream repeats within 2^32 draws). It needs only 32-bit additions, shifts and exclusive-ors, which
 * every JavaScript engine computes alike; logarithms may differ in the last bit and are never used.
 */

/** Draws thrown away after seeding, so that neighbouring seeds part (PractRand's count for three seed words). */
const WARM_UP_DRAWS = 15;

const TWO_POW_32 = 2 ** 32;

/** FNV-1a (offset basis 0x811c9dc5, prime 0x01000193) over the UTF-16 code units of `text`, low byte first. */
function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x0100_0193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x0100_0193);
  }
  return hash;
}

export class Prng {
  /** sfc32's a, b, c and counter; a typed array, so that a draw allocates nothing. */
  private readonly state = new Int32Array(4);

  /** @param seed an integer from 0 to 2^53 - 1. @param name of the stream: each name has a stream of its own. */
  constructor(seed: number, name: string) {
    this.state[0] = seed | 0;
    this.state[1] = Math.floor(seed / TWO_POW_32) | 0;
    this.state[2] = fnv1a(name);
    this.state[3] = 1;
    for (let draw = 0; draw < WARM_UP_DRAWS; draw++) this.nextUint32();
  }

  /** Uniform over 0 ... 2^32 - 1. */
  nextUint32(): number {
    const state = this.state;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const sum = ((state[0] as number) + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[3] = (counter + 1) | 0;
    return sum >>> 0;
  }

  /** Uniform over [0, 1), a multiple of 2^-32. */
  nextUnit(): number {
    return this.nextUint32() / TWO_POW_32;
  }

  /**
   * Exponentially distributed with mean 1, a multiple of 2^-32, by von Neumann's comparisons ("Various techniques used
   * in connection with random digits", 1951): draw u1, then go on while the draws fall, u1 >= u2 >= ...; the run's
   * first rise comes at an even place with probability exp(-u1), so u1 is then the fractional part. Each refusal
   * (probability 1/e, whatever came before) adds one to the whole part. Takes 4.3 draws on average and no logarithm.
   */
  nextExponential(): number {
    for (let whole = 0; ; whole++) {
      const first = this.nextUint32();
      let last = first;
      let place = 2;
      for (let draw = this.nextUint32(); draw <= last; draw = this.nextUint32()) {
        last = draw;
        place++;
      }
      if (place % 2 === 0) return whole + first / TWO_POW_32;
    }
  }
}
