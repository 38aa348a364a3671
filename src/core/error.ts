/** An operating error: something the operator or a file got wrong. The message says what, where and what to do. */
export class MissileError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = "MissileError";
    this.code = code;
  }
}
