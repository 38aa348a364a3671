/** An operating error: something the operator or a file got wrong. The message says what, where and what to do. */
export class MissileError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = "MissileError";
    this.code = code;
  }
}

/** What the parser of a command line says, as all of the package's programs say what is wrong: in one line, with the program's name. */
export function commandLineError(program: string, text: string): string {
  return `${text
    .replace(/^error: /, `${program}: `)
    .trimEnd()
    .replaceAll("\n", " ")}\n`;
}
