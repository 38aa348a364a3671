/** The board's colours. None says what nothing else says: without them letters, words and figures remain. */
import type { Verdict } from "./tenant-charts.ts";

/** Tenants by their seats, as far apart from their neighbours as 256 colours allow. */
const SEATS = [
  ...["#5fafff", "#ffaf00", "#5fd75f", "#ff5f87", "#af87ff", "#00d7d7"],
  ...["#d7af5f", "#87afaf", "#ff87ff", "#afd700", "#d75f00", "#8787ff"],
];

export const colourOfSeat = (seat: number): string => SEATS[seat % SEATS.length]!;

/** Where there are no colours: a letter for each. */
export const letterOfSeat = (seat: number): string => String.fromCharCode("a".charCodeAt(0) + (seat % 26));

/** Names that a canvas of blessed-contrib knows too. */
export const VERDICT_COLOURS: Readonly<Record<Verdict, string>> = {
  good: "green",
  strained: "yellow",
  bad: "red",
};
