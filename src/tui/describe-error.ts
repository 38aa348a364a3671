/** A bug's message and where it was thrown; of what was thrown for an operator, the message alone says all. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "MissileError") return error.message;
  const place = /\(?((?:file:\/\/)?\/[^\s()]+:\d+):\d+\)?/.exec(error.stack ?? "")?.[1];
  const where = place === undefined ? "" : ` (${place.replace(/^file:\/\//, "")})`;
  return `${error.message.split("\n")[0]}${where}`;
}
