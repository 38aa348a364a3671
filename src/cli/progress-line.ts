/** One line on stderr that says how far something is, where stderr is a terminal; nothing where it is kept. */

export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** Takes the line away, before anything else is said. */
export const endProgress = (): void => showProgress("");
