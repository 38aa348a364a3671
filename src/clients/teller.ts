/** What a client says, all of it on stderr: lines that stay, and one that changes where stderr is a terminal. */

const TAKE_AWAY = "\r\u001b[K";

export class Teller {
  private readonly name: string;
  private readonly told = new Set<string>();
  private hasProgress = false;

  /** @param name the command's. */
  constructor(name: string) {
    this.name = name;
    // A terminal that was closed, a reader that has seen enough: requests and log go on.
    process.stderr.on("error", () => {});
  }

  say(text: string): void {
    this.endProgress();
    process.stderr.write(`${this.name}: ${text}\n`);
  }

  /** Only the first time about this topic. */
  sayOnce(topic: string, text: string): void {
    if (this.told.has(topic)) return;
    this.told.add(topic);
    this.say(text);
  }

  progress(text: string): void {
    if (!process.stderr.isTTY) return;
    // One that wraps could not be taken away.
    const width = Math.max(1, process.stderr.columns - 1);
    process.stderr.write(`${TAKE_AWAY}${text.slice(0, width)}`);
    this.hasProgress = true;
  }

  endProgress(): void {
    if (this.hasProgress) process.stderr.write(TAKE_AWAY);
    this.hasProgress = false;
  }
}
