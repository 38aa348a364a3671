/** Numbers of 16 bits as those of 32. */

/** IEEE 754 binary16: 1 bit sign, 5 exponent, 10 fraction. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float. */
export function fromBrainFloat(bits: number): number {
  word.setUint32(0, (bits & 0xffff) << 16);
  return word.getFloat32(0);
}
