/** Every pane there is, in the order of the numbers in their titles; the header has none. */
export const PANE_NAMES = [
  "tenants",
  "sms",
  "channels",
  "copies",
  "latency",
  "decisions",
  "compare",
  "gpu",
  "kernels",
] as const;

export type PaneName = "header" | (typeof PANE_NAMES)[number];

/** The number in a pane's title, which is also the key that focuses it; 0: the header, which has none. */
export const numberOf = (name: PaneName): number => (name === "header" ? 0 : PANE_NAMES.indexOf(name) + 1);
