/** What opens over the panes: a list to choose from, and the help. */
import { Box, type DOMElement, Text } from "ink";
import type { ReactElement, Ref } from "react";
import { dialogRoom, helpLines } from "./help.ts";
import { scrollTo } from "./panes/table.ts";
import { styled } from "./screen/frame.ts";
import type { Size } from "./screen/screen.ts";
import type { Style } from "./screen/style.ts";
import { pad, textWidth, truncate } from "./screen/width.ts";
import type { Dialog } from "./store.ts";
import { theme } from "./theme.ts";

interface Line {
  readonly text: string;
  readonly style: Style;
}

interface Sheet {
  readonly title: string;
  /** The lines on show, all as wide as the widest of the whole sheet. */
  readonly lines: readonly Line[];
}

/** Columns that stay free around a dialog, its borders and the space inside them included. */
const AROUND_COLUMNS = 8;

function choiceSheet(dialog: Extract<Dialog, { kind: "choice" }>, size: Size): Sheet {
  const labelWidth = Math.max(...dialog.options.map((option) => textWidth(option.label)));
  const all = dialog.options.map((option, index): Line => {
    const chosen = index === dialog.index;
    const detail = option.detail === "" ? "" : `  ${option.detail}`;
    return {
      text: `${chosen ? "▸" : " "} ${pad(option.label, labelWidth)}${detail}`,
      style: chosen ? { ...theme.chosen, bold: true } : theme.plain,
    };
  });
  const first = scrollTo(dialog.index, all.length, dialogRoom(size));
  return sheet(dialog.title, all, first, size);
}

function helpSheet(scroll: number, size: Size): Sheet {
  const lines = helpLines();
  const keysWidth = Math.max(...lines.map((line) => textWidth(line.keys)));
  const all = lines.map(({ keys, does }): Line => {
    if (keys === "") return { text: does, style: theme.faint };
    return { text: `${pad(keys, keysWidth)}  ${does}`, style: theme.plain };
  });
  return sheet("keys", all, scroll, size);
}

function sheet(title: string, all: readonly Line[], first: number, size: Size): Sheet {
  const room = dialogRoom(size);
  const last = Math.min(all.length, first + room);
  const place = all.length > room ? ` ${first + 1}–${last} of ${all.length}` : "";
  const widest = Math.max(textWidth(title + place) + 2, ...all.map((line) => textWidth(line.text)));
  const columns = Math.min(widest, size.columns - AROUND_COLUMNS);
  const lines = all.slice(first, last).map(({ text, style }) => ({ text: pad(text, columns), style }));
  return { title: truncate(title + place, columns), lines };
}

/** The dialog in the middle of a screen of this size. `frame` gets the box whose rectangle lies over the panes. */
export function DialogBox(props: {
  readonly dialog: Dialog;
  readonly size: Size;
  readonly frame?: Ref<DOMElement>;
}): ReactElement {
  const { dialog, size } = props;
  const { title, lines } =
    dialog.kind === "help" ? helpSheet(dialog.scroll, size) : choiceSheet(dialog, size);
  const width = textWidth(lines[0]?.text ?? "") + 4;
  const height = lines.length + 2;
  return (
    <Box
      position="absolute"
      marginLeft={Math.max(0, Math.floor((size.columns - width) / 2))}
      marginTop={Math.max(0, Math.floor((size.rows - height) / 2))}
      width={width}
      height={height}
      borderStyle="round"
      flexDirection="column"
      ref={props.frame ?? null}
    >
      <Box position="absolute" marginTop={-1} marginLeft={1}>
        <Text>{styled(` ${title} `, theme.title)}</Text>
      </Box>
      {lines.map((line, index) => (
        <Text key={index}>{styled(` ${line.text} `, line.style)}</Text>
      ))}
    </Box>
  );
}
