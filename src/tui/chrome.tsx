/**
 * All that moves slowly: boxes, titles, dialogs, key hints. Ink lays it out into a stream that is no terminal, and tells
 * where the panes' rectangles came to lie; the presenter puts frame and panes together. It renders when the store
 * changes, not when the run does.
 */
import { EventEmitter } from "node:events";
import { Box, type DOMElement, measureElement, render, Text } from "ink";
import { createContext, type ReactElement, useCallback, useContext } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { actions, hints, type Keymap } from "./action-table.ts";
import { captionColumns, captionLines } from "./caption.ts";
import type { FilterDialog } from "./dialogs/dialog.ts";
import { DialogBox, drawn } from "./dialogs/dialog-box.tsx";
import { dialogHints } from "./dialogs/keys.ts";
import { fieldSpans } from "./dialogs/sheet.ts";
import { type LayoutWish, layOut, SMALLEST } from "./layout.ts";
import { paced } from "./paced.ts";
import { paneOf } from "./panes/index.ts";
import { numberOf, type PaneName } from "./panes/names.ts";
import { panesOf, type Region } from "./region.ts";
import { styled } from "./screen/frame.ts";
import type { Rect, Size } from "./screen/screen.ts";
import { pad, textWidth, truncate, wrap } from "./screen/width.ts";
import { placesOf } from "./screen-action.ts";
import type { Notice, UiState, UiStore } from "./store.ts";
import { theme } from "./theme.ts";

/** Boxes whose place on the screen is wanted, by pane; the open dialog's too. */
type SlotName = PaneName | "dialog";
type Slots = Map<SlotName, DOMElement>;

const SlotsContext = createContext<Slots>(new Map());

function useSlot(name: SlotName): (element: DOMElement | null) => void {
  const slots = useContext(SlotsContext);
  return useCallback(
    (element: DOMElement | null) => {
      if (element === null) slots.delete(name);
      else slots.set(name, element);
    },
    [slots, name],
  );
}

/** From this width on, panes keep a free column inside their borders. */
export const AIRY_COLUMNS = 110;

/** What all boxes of a screen have in common. */
interface Look {
  readonly airy: boolean;
  readonly focus: PaneName;
}

/** The title says the pane's number, and by a mark that it has the focus; its border says that too, by its colour. */
function titleOf(pane: PaneName, focus: PaneName): string {
  const mark = pane === focus ? styled("▸", theme.focusTitle) : " ";
  const number = styled(String(numberOf(pane)), theme.key);
  const title = styled(paneOf(pane)?.title ?? "", pane === focus ? theme.focusTitle : theme.title);
  return `${mark}${number} ${title} `;
}

function PaneBox({ pane, look }: { readonly pane: PaneName; readonly look: Look }): ReactElement {
  const { airy, focus } = look;
  return (
    <Box borderStyle="round" flexGrow={1} paddingX={airy ? 1 : 0}>
      <Box position="absolute" marginTop={-1} marginLeft={airy ? 0 : 1}>
        <Text>{titleOf(pane, focus)}</Text>
      </Box>
      <Box flexGrow={1} ref={useSlot(pane)} />
    </Box>
  );
}

interface RegionProps {
  readonly region: Region;
  /** How its parent lays it out, and whether it comes first there. */
  readonly along: "across" | "down";
  readonly first: boolean;
  readonly look: Look;
}

/** A region and its parts. Every part but the first moves one cell back, onto the border of the one before it. */
function RegionBox({ region, along, first, look }: RegionProps): ReactElement {
  const overlap = first ? {} : along === "down" ? { marginTop: -1 } : { marginLeft: -1 };
  const fixed = along === "down" && region.rows !== undefined;
  const extent = fixed ? { height: region.rows, flexShrink: 0 } : { flexGrow: region.grow, flexBasis: 0 };
  const inside = "pane" in region ? "across" : region.split;
  return (
    <Box {...overlap} {...extent} flexDirection={inside === "down" ? "column" : "row"}>
      {"pane" in region ? (
        <PaneBox pane={region.pane} look={look} />
      ) : (
        region.parts.map((part, index) => (
          <RegionBox key={keyOf(part)} region={part} along={region.split} first={index === 0} look={look} />
        ))
      )}
    </Box>
  );
}

/** A region's panes: no pane is on the screen twice. */
const keyOf = (region: Region): string => panesOf(region).join(" ");

/** What is typed, and the keys beside it. */
function FilterLine({
  dialog,
  columns,
}: {
  readonly dialog: FilterDialog;
  readonly columns: number;
}): ReactElement {
  const hints = dialogHints(dialog).map(({ keys, hint }) => `${keys} ${hint}`);
  const after = `  ${hints.join("  ")}`;
  const field = fieldSpans(dialog.field, Math.max(8, columns - textWidth(after) - 1), theme.strong);
  return <Text>{` ${styled("/", theme.key)}${drawn(field)}${styled(after, theme.faint)}`}</Text>;
}

/** What the chrome shows of the state. It renders when one of these changes: a chosen tenant or a scrolled pane is none of it. */
type ChromeState = LayoutWish &
  Pick<UiState, "dialog" | "notice" | "readOnly"> & { readonly isFrozen: boolean };

const chromeState = ({ moment, ...ui }: UiState): ChromeState => ({
  size: ui.size,
  tenantCount: ui.tenantCount,
  hasHealth: ui.hasHealth,
  layout: ui.layout,
  ownLayout: ui.ownLayout,
  focus: ui.focus,
  zoomed: ui.zoomed,
  caption: ui.caption,
  dialog: ui.dialog,
  notice: ui.notice,
  readOnly: ui.readOnly,
  isFrozen: moment !== null,
});

/** The footer and the border above it. */
const MOST_NOTICE_ROWS = 2;

interface NoticeProps {
  readonly notice: Notice;
  readonly rows: number;
  readonly columns: number;
}

interface FooterProps {
  readonly ui: ChromeState;
  readonly keymap: Keymap;
}

/** A long notice lies over the border above the footer too, for as long as it is shown; never over a caption. */
function NoticeLines({ notice, rows, columns }: NoticeProps): ReactElement {
  const [mark, style] = notice.tone === "refused" ? ["✗", theme.bad] : ["✓", theme.good];
  const lines = wrap(notice.text, columns - 2);
  const whole = [...lines.slice(0, rows - 1), lines.slice(rows - 1).join(" ")].filter((line) => line !== "");
  return (
    <Box position="absolute" marginTop={1 - whole.length} flexDirection="column">
      {whole.map((line, index) => (
        <Text key={index}>
          {styled(` ${index === 0 ? mark : " "} ${pad(truncate(line, columns - 2), columns - 1)}`, style)}
        </Text>
      ))}
    </Box>
  );
}

function Footer({ ui, keymap }: FooterProps): ReactElement {
  const columns = ui.size.columns - 2;
  if (ui.notice !== null) {
    const rows = ui.caption === null ? MOST_NOTICE_ROWS : 1;
    return <NoticeLines notice={ui.notice} rows={rows} columns={columns} />;
  }
  if (ui.dialog?.kind === "filter") return <FilterLine dialog={ui.dialog} columns={columns} />;
  let used = 0;
  const all =
    ui.dialog === null
      ? hints(keymap, { readOnly: ui.readOnly, places: placesOf(ui.focus, ui.isFrozen) })
      : dialogHints(ui.dialog);
  const shown = all.filter(({ keys, hint }) => {
    used += textWidth(keys) + 1 + textWidth(hint) + 2;
    return used - 2 <= columns;
  });
  const text = shown
    .map(({ keys, hint }) => `${styled(keys, theme.key)} ${styled(hint, theme.faint)}`)
    .join("  ");
  return <Text>{` ${text}`}</Text>;
}

function Caption({ ui }: { readonly ui: ChromeState }): ReactElement {
  const columns = captionColumns(ui.size);
  const lines = captionLines(ui.caption, columns);
  return (
    <Box height={lines.length} flexShrink={0} flexDirection="column">
      {lines.map((line, index) => (
        <Text key={index}>{styled(` ${pad(line, columns)} `, theme.caption)}</Text>
      ))}
    </Box>
  );
}

function TooSmall({ size }: { readonly size: Size }): ReactElement {
  return (
    <Box width={size.columns} height={size.rows} alignItems="center" justifyContent="center">
      <Text>
        {styled("terminal too small", theme.warn)}: needs {SMALLEST.columns}x{SMALLEST.rows}, has{" "}
        {size.columns}x{size.rows}
      </Text>
    </Box>
  );
}

function Screenful({ store, keymap }: { readonly store: UiStore; readonly keymap: Keymap }): ReactElement {
  const ui = useStore(store, useShallow(chromeState));
  const headerSlot = useSlot("header");
  const dialogSlot = useSlot("dialog");
  const { size } = ui;
  const layout = layOut(ui);
  if (layout === null) return <TooSmall size={size} />;
  return (
    <Box width={size.columns} height={size.rows} flexDirection="column">
      <Box height={layout.headerRows} flexShrink={0} ref={headerSlot} />
      <RegionBox
        region={layout.body}
        along="down"
        first
        look={{ airy: size.columns >= AIRY_COLUMNS, focus: ui.focus }}
      />
      <Caption ui={ui} />
      <Box height={1} flexShrink={0}>
        <Footer ui={ui} keymap={keymap} />
      </Box>
      {ui.dialog === null || ui.dialog.kind === "filter" ? null : (
        <DialogBox
          dialog={ui.dialog}
          context={{ table: actions, keymap, readOnly: ui.readOnly, size }}
          frame={dialogSlot}
        />
      )}
    </Box>
  );
}

/** Where Ink prints to. It asks for the width, and writes whole frames because of `debug`. */
class FrameStream extends EventEmitter {
  columns = 0;
  rows = 0;
  frame = "";
  readonly #onFrame: () => void;

  constructor(onFrame: () => void) {
    super();
    this.#onFrame = onFrame;
  }

  write(frame: string): boolean {
    this.frame = frame;
    this.#onFrame();
    return true;
  }
}

export interface Chrome {
  /** The last frame, as lines of styled text. */
  frame(): string;
  /** Where a pane's cells, or the dialog with its borders, lie; null: not on the screen. */
  rectOf(name: SlotName): Rect | null;
  unmount(): void;
}

function absoluteRect(element: DOMElement): Rect {
  let x = 0;
  let y = 0;
  for (let node: DOMElement | undefined = element; node !== undefined; node = node.parentNode) {
    x += node.yogaNode?.getComputedLeft() ?? 0;
    y += node.yogaNode?.getComputedTop() ?? 0;
  }
  return { x, y, ...measureElement(element) };
}

/** Whether there is more, or less, over the panes, or another room for all of it: what panes show already must not wait for that. */
const liesElsewhere = ({ size, dialog }: UiState, before: UiState): boolean =>
  size !== before.size || dialog?.kind !== before.dialog?.kind;

/** Starts Ink. `onFrame` is called at every new frame, `onError` when a component has thrown. */
export function mountChrome(
  store: UiStore,
  keymap: Keymap,
  onFrame: () => void,
  onError: (error: unknown) => void,
): Chrome {
  const slots: Slots = new Map();
  const stream = new FrameStream(onFrame);
  const resize = ({ size }: UiState): void => {
    stream.columns = size.columns;
    stream.rows = size.rows;
  };
  resize(store.getState());
  // A key costs Ink some 20 ms, so those of a burst are drawn together.
  const shown = paced(store, liesElsewhere);
  // Subscribed before the components are, so that Ink lays out to the new width.
  shown.store.subscribe(resize);
  const output = stream as unknown as NodeJS.WriteStream;
  const instance = render(
    <SlotsContext.Provider value={slots}>
      <Screenful store={shown.store} keymap={keymap} />
    </SlotsContext.Provider>,
    {
      stdout: output,
      stderr: output,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: false,
    },
  );
  instance.waitUntilExit().catch(onError);
  return {
    frame: () => stream.frame,
    rectOf: (name) => {
      const element = slots.get(name);
      return element === undefined ? null : absoluteRect(element);
    },
    unmount: () => {
      shown.stop();
      instance.unmount();
    },
  };
}
