/** Figures as the screen shows them: few digits, never wider than told, "–" for what is not known. */

const UNKNOWN = "–";

/** Three significant digits where that needs a point, whole numbers from 100 on: 1.23, 12.3, 123, 1234. */
export function digits3(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

function scaled(value: number, base: number, units: readonly string[]): readonly [string, string] {
  let size = value;
  let unit = 0;
  // 999.5 of a unit would show as 1000: it is 1.00 of the next.
  while (Math.abs(size) >= base - 0.5 && unit < units.length - 1) {
    size /= base;
    unit++;
  }
  return [unit === 0 && Number.isInteger(size) ? String(size) : digits3(size), units[unit]!];
}

/** Milliseconds without their unit, at most 5 columns up to a day: "1.23", "123", "9999", "12.3s". */
export function ms(value: number): string {
  return value >= 9999.5 ? `${digits3(value / 1000)}s` : digits3(value);
}

/** Bytes in binary units, at most 5 columns: "512", "1.18M", "1023K". */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  return scaled(value, 1024, ["", "K", "M", "G", "T"]).join("");
}

/** Bytes with their full unit: "1.18 MiB". */
export function bytesLong(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]).join(" ");
}

/** A count, at most 5 columns: "999", "12.3k", "1.23M". */
export function count(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  return scaled(value, 1000, ["", "k", "M", "G", "T"]).join("");
}

/** A share of 1 in percent without the sign, at most 4 columns below 1000 %: "7.3", "97.3", "100". */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return UNKNOWN;
  const value = share * 100;
  // Rounding up to 100 would hide the one request in a thousand that missed its SLO.
  if (share < 1 && value >= 99.95) return "99.9";
  return value.toFixed(Math.abs(value) < 99.95 ? 1 : 0);
}

/** Whole numbers up to 7 columns as they are ("100000"), beyond that short ("12.3M"). */
export function whole(value: number): string {
  const text = String(Math.round(value));
  return text.length <= 7 ? text : count(value);
}

/** Digits in groups of three: "1,048,576". */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Simulated time as a clock: "00:12.345", from an hour on "1:02:03.456". */
export function clock(atNs: number): string {
  const totalMs = Math.floor(atNs / 1e6);
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = `${two(Math.floor(totalMs / 1000) % 60)}.${String(totalMs % 1000).padStart(3, "0")}`;
  const minutes = two(Math.floor(totalMs / 60_000) % 60);
  const hours = Math.floor(totalMs / 3_600_000);
  return hours > 0 ? `${hours}:${minutes}:${seconds}` : `${minutes}:${seconds}`;
}

/** A speed factor: "×1", "×0.25", "×12.3". */
export function speed(factor: number): string {
  return `×${Number.isFinite(factor) ? Number(factor.toPrecision(3)) : UNKNOWN}`;
}
