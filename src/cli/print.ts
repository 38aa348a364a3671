/** Results go to stdout: as JSON for programs, as text for people. */
export const printText = (text: string): boolean => process.stdout.write(`${text}\n`);

export const printJson = (value: unknown): boolean => printText(JSON.stringify(value, null, 2));
