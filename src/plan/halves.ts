/** FP32 rounded to 16 bits: to nearest, halves to even. */

/** IEEE 754 binary16. What is beyond its range becomes infinite. */
export function toF16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let at = 0; at < result.length; at++) result[at] = f16Of(bits[at] as number, values[at] as number);
  return result;
}

/** Ten bits are left of 23, and exponents of 5 bits biased by 15 of 8 biased by 127. */
function f16Of(bits: number, value: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and more rounds to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
    return sign | (rounded >>> 13);
  }
  return sign | roundToEven(Math.abs(value) * 2 ** 24);
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/** The upper half of FP32. */
export function toBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let at = 0; at < result.length; at++) {
    const x = bits[at] as number;
    const isNumber = (x & 0x7fffffff) <= 0x7f800000;
    result[at] = isNumber ? (x + 0x7fff + ((x >>> 16) & 1)) >>> 16 : (x >>> 16) | 0x40;
  }
  return result;
}
