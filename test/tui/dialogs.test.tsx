import { Box } from "ink";
import { render } from "ink-testing-library";
import { describe, expect, it } from "vitest";
import { DialogBox } from "../../src/tui/dialogs.tsx";
import { textWidth } from "../../src/tui/screen/width.ts";
import type { Dialog } from "../../src/tui/store.ts";

const choice = (labels: readonly string[], index: number): Dialog => ({
  kind: "choice",
  title: "policy",
  options: labels.map((label) => ({
    label,
    detail: label === "orion" ? "in force" : "",
    choose: () => undefined,
  })),
  index,
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const STYLES = /\x1b\[[0-9;]*m/g;

function linesOf(dialog: Dialog, columns: number, rows: number): string[] {
  const { lastFrame, unmount } = render(
    <Box width={columns} height={rows}>
      <DialogBox dialog={dialog} size={{ columns, rows }} />
    </Box>,
  );
  const frame = (lastFrame() ?? "").replace(STYLES, "");
  unmount();
  return frame.split("\n").filter((line) => line.trim() !== "");
}

describe("dialog", () => {
  it("marks the chosen option and says what is in force", () => {
    expect(linesOf(choice(["missiletemporal", "orion"], 1), 80, 24).map((line) => line.trim())).toEqual([
      "╭─ policy ────────────────────╮",
      "│   missiletemporal           │",
      "│ ▸ orion            in force │",
      "╰─────────────────────────────╯",
    ]);
  });

  it("scrolls a list that is longer than the screen, and says where it is", () => {
    const labels = Array.from({ length: 40 }, (_, index) => `model-${index}`);
    const lines = linesOf(choice(labels, 20), 80, 24);
    expect(lines).toHaveLength(20);
    expect(lines.some((line) => line.includes("▸ model-20"))).toBe(true);
    expect(lines[0]).toContain("of 40");
  });

  it("stays inside a narrow screen, whatever the names are", () => {
    const lines = linesOf(choice(["画像認識".repeat(12), "x".repeat(120)], 0), 60, 16);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(60);
    expect(new Set(lines.map((line) => textWidth(line.trim()))).size).toBe(1);
  });

  it("shows the help from the keymap, from the line scrolled to", () => {
    const top = linesOf({ kind: "help", scroll: 0 }, 80, 24);
    expect(top.join("\n")).toMatch(/\[ F7 +less nice for the chosen tenant/);
    expect(linesOf({ kind: "help", scroll: 2 }, 80, 24)[1]).toContain("choose the policy");
  });
});
