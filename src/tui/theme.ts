/** What colours mean. Nothing is said by colour alone: letters, marks and words carry the same, for one-colour terminals. */
import type { TenantClass } from "../core/spec.ts";
import type { Style } from "./screen/style.ts";

export type ThemeName = "dark" | "light";

/** The ground that the terminal says it has (COLORFGBG, as rxvt, konsole and others set it); dark where it says nothing. */
export function themeOf(env: Readonly<Record<string, string | undefined>>): ThemeName {
  const ground = /;(\d+)$/.exec(env.COLORFGBG ?? "")?.[1];
  return ground === "7" || ground === "15" ? "light" : "dark";
}

const INK = 0x121212;

export const theme = {
  border: 0x585858,
  dialogBorder: 0x87afd7,
  /** The border of the pane that has the arrow keys, and its title. */
  focusBorder: 0xd7d7af,
  focusTitle: { fg: 0xd7d7af, bold: true },
  title: { bold: true },
  brand: { fg: 0x87afd7, bold: true },
  strong: { bold: true },
  plain: {},
  /** Labels, units, column heads: there, but behind the figures. */
  faint: { fg: 0x808080 },
  /** What is switched off, free or empty. */
  off: { fg: 0x585858 },
  good: { fg: 0x87af87 },
  warn: { fg: 0xd7af5f },
  bad: { fg: 0xd75f5f, bold: true },
  accent: { fg: 0x87afd7 },
  key: { fg: 0xafaf5f, bold: true },
  badge: { fg: INK, bg: 0xd7af5f, bold: true },
  /** The chosen row of a table or list. Text without a colour of its own takes this one. */
  /** Said under the panes: black on light, so that nobody takes it for a part of them. */
  caption: { fg: INK, bg: 0xafafaf },
  chosen: { fg: 0xeeeeee, bg: 0x303a46 },
} as const satisfies Record<string, Style | number>;

/** One hue a tenant, all readable under dark letters and over a dark or light ground: cool for LS, warm for BE. */
const HUES: Readonly<Record<TenantClass, readonly number[]>> = {
  LS: [0x5fafd7, 0x5faf87, 0x8787d7, 0x5fafaf, 0x87af5f, 0x87afff],
  BE: [0xd7875f, 0xd7af5f, 0xd787af, 0xaf8787, 0xafaf5f, 0xd7af87],
};

export const CLASS_STYLE: Readonly<Record<TenantClass | "shared" | "free", Style>> = {
  LS: { fg: HUES.LS[0]! },
  BE: { fg: HUES.BE[0]! },
  shared: { fg: 0xafafaf },
  free: theme.off,
};

/** The hue of the nth tenant of its class; they repeat once they are used up, letters then tell tenants apart. */
export function hue(tenantClass: TenantClass, nth: number): number {
  const hues = HUES[tenantClass];
  return hues[nth % hues.length]!;
}

/** A filled tile: dark letter on the tenant's hue. */
export const tile = (colour: number): Style => ({ fg: INK, bg: colour, bold: true });

/** A tile on which nothing runs: the hue alone, and dim. */
export const idleTile = (colour: number): Style => ({ fg: colour, dim: true });
