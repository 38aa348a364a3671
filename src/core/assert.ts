/** A condition that only a bug can break. Bad input and failing devices are not bugs: see MissileError and deviceFailed. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}
