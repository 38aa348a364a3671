/** Lines that were made elsewhere, in a frame. */
import blessed from "blessed";
import { type Box, framed, type Parent, retitle } from "./frame.ts";
import type { Rect } from "./layout.ts";

export class LinesPanel {
  readonly width: number;
  readonly height: number;
  private readonly box: Box;

  constructor(parent: Parent, rect: Rect, title: string) {
    this.width = rect.width - 2;
    this.height = rect.height - 2;
    this.box = blessed.box({ ...rect, ...framed(title), tags: true, wrap: false });
    parent.append(this.box);
  }

  show(lines: readonly string[], title: string): void {
    retitle(this.box, title, this.width + 2);
    this.box.setContent(lines.join("\n"));
  }
}
