/** Tells the run's log what clients were refused, and no more of it than somebody can read. */
import type { ServingSession } from "../../engine/session.ts";

/** Lines in so many wall ms; what is beyond is counted. Too large: one broken client fills the log. */
const MOST_LINES = 20;
const SPAN_MS = 1_000;

export class Refusals {
  private readonly session: Pick<ServingSession, "noteRefused">;
  private lines = 0;
  private untold = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(session: Pick<ServingSession, "noteRefused">) {
    this.session = session;
  }

  tell(client: string, text: string): void {
    this.timer ??= setTimeout(() => this.begin(), SPAN_MS).unref();
    if (this.lines >= MOST_LINES) {
      this.untold++;
      return;
    }
    this.lines++;
    this.session.noteRefused(client, text);
  }

  private begin(): void {
    const { untold } = this;
    this.timer = null;
    this.lines = 0;
    this.untold = 0;
    if (untold > 0) this.session.noteRefused("clients", `${untold} more requests were refused in a second`);
  }
}
