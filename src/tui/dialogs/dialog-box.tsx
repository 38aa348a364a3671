/** The box of a dialog, in the middle of the screen. */
import { Box, type DOMElement, Text } from "ink";
import type { ReactElement, Ref } from "react";
import { styled } from "../screen/frame.ts";
import { textWidth, truncate } from "../screen/width.ts";
import { theme } from "../theme.ts";
import type { BoxDialog } from "./dialog.ts";
import { dialogColumns } from "./room.ts";
import { fitted, type Line, lineWidth } from "./sheet.ts";
import { type SheetContext, sheetOf } from "./sheets.ts";

const BORDERS = 2;
/** A free column inside each border. */
const PADDING = 2;

/** As Ink takes it. */
export const drawn = (spans: Line): string => spans.map(({ text, style }) => styled(text, style)).join("");

/** `frame` gets the box whose rectangle lies over the panes. */
export function DialogBox(props: {
  readonly dialog: BoxDialog;
  readonly context: SheetContext;
  readonly frame?: Ref<DOMElement>;
}): ReactElement {
  const { dialog, context } = props;
  const { size } = context;
  const { title, columns, lines } = sheetOf(dialog, context);
  const widest = columns ?? Math.max(textWidth(title) + 2, ...lines.map(lineWidth));
  const inner = Math.min(
    dialogColumns(size),
    Math.max(widest, Math.min(textWidth(title) + 2, dialogColumns(size))),
  );
  const width = inner + BORDERS + PADDING;
  const height = lines.length + BORDERS;
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
        <Text>{styled(` ${truncate(title, inner)} `, theme.title)}</Text>
      </Box>
      {lines.map((spans, index) => (
        <Text key={index}>{` ${drawn(fitted(spans, inner))} `}</Text>
      ))}
    </Box>
  );
}
