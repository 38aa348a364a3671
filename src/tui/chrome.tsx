/**
 * All that moves slowly: boxes, titles, dialogs, key hints. Ink lays it out into a stream that is no terminal, and tells
 * where the panes' rectangles came to lie; the presenter puts frame and panes together. It renders when the store
 * changes, not when the run does.
 */
import { EventEmitter } from "node:events";
import { Box, type DOMElement, measureElement, render, Text } from "ink";
import { createContext, type ReactElement, useCallback, useContext } from "react";
import { useStore } from "zustand";
import { DialogBox } from "./dialogs.tsx";
import { hints, modeOf } from "./keymap.ts";
import { layOut, type Region, SMALLEST } from "./layout.ts";
import { type PaneName, panes } from "./panes/index.ts";
import { styled } from "./screen/frame.ts";
import type { Rect, Size } from "./screen/screen.ts";
import { textWidth, truncate } from "./screen/width.ts";
import type { UiState, UiStore } from "./store.ts";
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
const AIRY_COLUMNS = 110;

function PaneBox({ pane, airy }: { readonly pane: PaneName; readonly airy: boolean }): ReactElement {
  return (
    <Box borderStyle="round" flexGrow={1} paddingX={airy ? 1 : 0}>
      <Box position="absolute" marginTop={-1} marginLeft={airy ? 0 : 1}>
        <Text>{styled(` ${panes[pane].title} `, theme.title)}</Text>
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
  readonly airy: boolean;
}

/** A region and its parts. Every part but the first moves one cell back, onto the border of the one before it. */
function RegionBox({ region, along, first, airy }: RegionProps): ReactElement {
  const overlap = first ? {} : along === "down" ? { marginTop: -1 } : { marginLeft: -1 };
  const fixed = along === "down" && region.rows !== undefined;
  const extent = fixed
    ? { height: region.rows, flexShrink: 0 }
    : { flexGrow: region.grow ?? 1, flexBasis: 0 };
  const inside = "pane" in region ? "across" : region.split;
  return (
    <Box {...overlap} {...extent} flexDirection={inside === "down" ? "column" : "row"}>
      {"pane" in region ? (
        <PaneBox pane={region.pane} airy={airy} />
      ) : (
        region.parts.map((part, index) => (
          <RegionBox key={keyOf(part)} region={part} along={region.split} first={index === 0} airy={airy} />
        ))
      )}
    </Box>
  );
}

/** A region's panes: no pane is on the screen twice. */
const keyOf = (region: Region): string =>
  "pane" in region ? region.pane : region.parts.map(keyOf).join(" ");

function Footer({ ui }: { readonly ui: UiState }): ReactElement {
  const columns = ui.size.columns - 2;
  if (ui.notice !== null) {
    const mark = ui.notice.tone === "refused" ? "✗" : "✓";
    const style = ui.notice.tone === "refused" ? theme.bad : theme.good;
    return <Text>{` ${styled(truncate(`${mark} ${ui.notice.text}`, columns), style)}`}</Text>;
  }
  let used = 0;
  const shown = hints(modeOf(ui)).filter(({ keys, hint }) => {
    used += textWidth(keys) + 1 + textWidth(hint) + 2;
    return used - 2 <= columns;
  });
  const text = shown
    .map(({ keys, hint }) => `${styled(keys, theme.key)} ${styled(hint, theme.faint)}`)
    .join("  ");
  return <Text>{` ${text}`}</Text>;
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

function Screenful({ store }: { readonly store: UiStore }): ReactElement {
  const ui = useStore(store);
  const headerSlot = useSlot("header");
  const dialogSlot = useSlot("dialog");
  const { size } = ui;
  const layout = layOut(size, ui.tenantCount, ui.hasHealth);
  if (layout === null) return <TooSmall size={size} />;
  return (
    <Box width={size.columns} height={size.rows} flexDirection="column">
      <Box height={layout.headerRows} flexShrink={0} ref={headerSlot} />
      <RegionBox region={layout.body} along="down" first airy={size.columns >= AIRY_COLUMNS} />
      <Box height={1} flexShrink={0}>
        <Footer ui={ui} />
      </Box>
      {ui.dialog === null ? null : <DialogBox dialog={ui.dialog} size={size} frame={dialogSlot} />}
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

/** Starts Ink. `onFrame` is called at every new frame, `onError` when a component has thrown. */
export function mountChrome(store: UiStore, onFrame: () => void, onError: (error: unknown) => void): Chrome {
  const slots: Slots = new Map();
  const stream = new FrameStream(onFrame);
  const resize = ({ size }: UiState): void => {
    stream.columns = size.columns;
    stream.rows = size.rows;
  };
  resize(store.getState());
  // Subscribed before the components are, so that Ink lays out to the new width.
  const stop = store.subscribe(resize);
  const output = stream as unknown as NodeJS.WriteStream;
  const instance = render(
    <SlotsContext.Provider value={slots}>
      <Screenful store={store} />
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
      stop();
      instance.unmount();
    },
  };
}
