/** Donuts of SLO attainment side by side, each with its tenant and exact figure below. */
import blessed from "blessed";
import contrib from "blessed-contrib";
import { VERDICT_COLOURS } from "./colours.ts";
import { type Box, framed, type Parent, retitle } from "./frame.ts";
import type { Rect } from "./layout.ts";
import type { Attainment } from "./tenant-charts.ts";
import { clip, pad, plain, widthOf } from "./text.ts";
import { sayAttainment } from "./words.ts";

/** Columns that a donut needs with its figures, and dots of a cell across and down. */
const DONUT_COLUMNS = 8;
const DOTS = { across: 2, down: 4 };

export class AttainmentPanel {
  private readonly frame: Box;
  private readonly rect: Rect;
  private shown: readonly { readonly donut: contrib.Widgets.DonutElement; readonly name: Box }[] = [];

  constructor(parent: Parent, rect: Rect) {
    this.rect = rect;
    this.frame = blessed.box({ ...rect, ...framed("SLO met") });
    parent.append(this.frame);
  }

  /** As many as there is room for. */
  get most(): number {
    return Math.max(1, Math.floor((this.rect.width - 2) / DONUT_COLUMNS));
  }

  show(all: readonly Attainment[], others: number): void {
    const title = all.length === 0 ? "no SLO yet" : `SLO met${others > 0 ? ` +${others}` : ""}`;
    retitle(this.frame, title, this.rect.width);
    if (this.shown.length !== all.length) this.arrange(all.length);
    all.forEach(({ name, share, verdict }, index) => {
      const widgets = this.shown[index]!;
      const columns = Number(widgets.name.width);
      // The widget rounds to whole percents: 99.6 % is not all of them.
      const percent = Math.floor(share * 100 + 1e-9) / 100;
      widgets.donut.setData([{ percent: String(percent), label: " ", color: VERDICT_COLOURS[verdict] }]);
      widgets.name.setContent(`${plain(centred(name, columns))}\n${centred(sayAttainment(share), columns)}`);
    });
  }

  private arrange(count: number): void {
    for (const { donut, name } of this.shown) {
      donut.destroy();
      name.destroy();
    }
    const inner = { width: this.rect.width - 2, height: this.rect.height - 2 };
    const each = count === 0 ? 0 : Math.floor(inner.width / count);
    const rows = inner.height - 2;
    const radius = Math.floor(Math.min((each * DOTS.across - 4) / 2, (rows * DOTS.down - 5) / 2));
    this.shown = Array.from({ length: count }, (_, index) => {
      const left = index * each;
      const donut = contrib.donut({
        left,
        top: 0,
        // It measures its canvas when it is appended, and leaves this much free for a frame.
        width: each + 2,
        height: rows + 3,
        radius: Math.max(3, radius),
        arcWidth: Math.max(1, Math.round(radius / 4)),
        remainColor: "black",
        wrap: false,
        data: [],
      });
      this.frame.append(donut);
      donut.width = each;
      donut.height = rows;
      const name = blessed.box({ parent: this.frame, left, top: rows, width: each, height: 2, tags: true });
      return { donut, name };
    });
  }
}

function centred(text: string, columns: number): string {
  const clipped = clip(text, columns - 1);
  const before = Math.max(0, Math.floor((columns - widthOf(clipped)) / 2));
  return pad(" ".repeat(before) + clipped, columns);
}
