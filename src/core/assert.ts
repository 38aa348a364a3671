/**
 * A condition that only a bug can break. The message is a constant: it would be built at every call.
 * Bad input and failing devices are not bugs: see MissileError and deviceFailed.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}
