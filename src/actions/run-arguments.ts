/** What actions on the run must be told, where more than one action asks for it. */
import type { NumberArgument } from "./argument.ts";

/** Packets of 1 KiB: below one there is no packet, above a GiB no fairness that anyone would see. */
export const cfsPeriodArgument = {
  name: "packets",
  title: "cfsPeriod",
  kind: "number",
  least: 1,
  most: 1_048_576,
  isWhole: true,
  unit: "packets",
  factor: 2,
} as const satisfies NumberArgument;

/** Of all VRAM channels. */
export const beShareArgument = {
  name: "share",
  title: "BE's channels",
  kind: "number",
  least: 1,
  most: 99,
  isWhole: false,
  unit: "%",
  step: 1,
} as const satisfies NumberArgument;
