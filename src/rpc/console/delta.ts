/**
 * What has changed between two values of plain data. Views of a run come many times a second and are mostly as before: their unchanged
 * parts are not sent, and the receiver keeps the very objects that it has.
 *
 * A patch is a scalar, which replaces; an object of patches, for the keys that changed; or an array that begins with one of the codes below.
 */

type Scalar = string | number | boolean | null;
export type Patch = Scalar | readonly Patch[] | { readonly [key: string]: Patch };

/** The array's items follow, all scalars. */
const SCALARS = 0;
/** For each item follows [index in the array before], with a patch where it changed; index -1: it is new. */
const ITEMS = 1;
/** The key is gone. */
const GONE = 2;

/** Measured figures have no more digits than these that mean anything. */
const DIGITS = 7;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): value is Scalar => typeof value !== "object" || value === null;

const isGone = (patch: Patch | undefined): boolean => Array.isArray(patch) && patch[0] === GONE;

function rounded(value: Scalar): Scalar {
  if (typeof value !== "number" || Number.isInteger(value) || !Number.isFinite(value)) return value;
  return Number(value.toPrecision(DIGITS));
}

const isSameScalar = (before: unknown, after: Scalar): boolean =>
  isScalar(before) && Object.is(rounded(before), after);

/** What names an item of an array, so that it is found again at another place; undefined: its place does. */
const keyOf = (item: unknown): unknown =>
  isObject(item) ? (item.sequence ?? item.id ?? item.tenant) : undefined;

function diffArrays(before: unknown, after: readonly unknown[]): Patch | undefined {
  const old: readonly unknown[] = Array.isArray(before) ? before : [];
  const isSameLength = Array.isArray(before) && old.length === after.length;
  if (after.every(isScalar)) {
    const scalars = after.map(rounded);
    const isSame = isSameLength && scalars.every((scalar, at) => isSameScalar(old[at], scalar));
    return isSame ? undefined : [SCALARS, ...scalars];
  }
  const places = new Map(old.map((item, place) => [keyOf(item) ?? place, place]));
  let isSame = isSameLength;
  const items = after.map((item, at): Patch => {
    const place = places.get(keyOf(item) ?? at) ?? -1;
    const patch = diff(place === -1 ? undefined : old[place], item);
    if (place !== at || patch !== undefined) isSame = false;
    return patch === undefined ? [place] : [place, patch];
  });
  return isSame ? undefined : [ITEMS, ...items];
}

/** undefined: nothing has changed. Both are plain data; `before` is undefined where there was nothing. */
export function diff(before: unknown, after: unknown): Patch | undefined {
  if (isScalar(after)) {
    const scalar = rounded(after);
    return before !== undefined && isSameScalar(before, scalar) ? undefined : scalar;
  }
  if (Array.isArray(after)) return diffArrays(before, after);
  const old = isObject(before) ? before : {};
  const now = after as Record<string, unknown>;
  const patch: Record<string, Patch> = {};
  for (const [key, value] of Object.entries(now)) {
    const change = value === undefined ? undefined : diff(old[key], value);
    if (change !== undefined) patch[key] = change;
  }
  for (const key of Object.keys(old))
    if (old[key] !== undefined && now[key] === undefined) patch[key] = [GONE];
  return isObject(before) && Object.keys(patch).length === 0 ? undefined : patch;
}

/** `before` with what has changed; where nothing has, its own parts. Throws a TypeError for a patch that is none of `before`. */
export function applied(before: unknown, patch: Patch): unknown {
  if (isScalar(patch)) return patch;
  if (Array.isArray(patch)) return appliedToArray(before, patch);
  const patches = patch as Readonly<Record<string, Patch>>;
  const old = isObject(before) ? before : {};
  const isKept = ([key]: [string, unknown]): boolean => !isGone(patches[key]);
  const changed = Object.entries(patches)
    .filter(isKept)
    .map(([key, change]) => [key, applied(old[key], change)]);
  return Object.fromEntries([...Object.entries(old).filter(isKept), ...changed]);
}

function appliedToArray(before: unknown, [code, ...rest]: readonly Patch[]): unknown {
  if (code === SCALARS) return rest;
  if (code !== ITEMS) throw new TypeError("no patch begins like this");
  const old: readonly unknown[] = Array.isArray(before) ? before : [];
  return rest.map((item) => {
    if (!Array.isArray(item)) throw new TypeError("an item of a patch is an array");
    const [place, change] = item as [number, Patch?];
    if (place !== -1 && !(place in old)) throw new TypeError("the patch is of another value");
    return change === undefined ? old[place] : applied(place === -1 ? undefined : old[place], change);
  });
}
