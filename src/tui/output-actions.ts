/** Actions that leave something behind: pictures, recordings, reports. */
import type { PictureFormat } from "./outputs.ts";
import { type ScreenAction, screenAction } from "./screen-action.ts";

const NAMED_BY_TIME = "a name made of the date and the time";

export const outputActions: readonly ScreenAction[] = [
  screenAction({
    id: "screenshot",
    title: "write the screen to a file: SVG, ANSI or text",
    group: "console",
    keys: ["ctrl+g"],
    arguments: [
      {
        name: "format",
        title: "format",
        kind: "choice",
        options: [
          { value: "svg", detail: "a picture, for documents" },
          { value: "ansi", detail: "text with colours, for cat" },
          { value: "text", detail: "plain text" },
        ],
      },
      { name: "file", title: "file", kind: "file", blank: NAMED_BY_TIME },
    ],
    run: ({ outputs }, { format, file }) => outputs.screenshot(format as PictureFormat, file),
  }),
  screenAction({
    id: "record",
    title: "record the screen to a file, or end the recording",
    group: "console",
    keys: ["ctrl+v"],
    run: ({ outputs }) => outputs.toggleRecording(""),
  }),
  screenAction({
    id: "record-to",
    title: "record the screen to a file of one's own name",
    group: "console",
    keys: [],
    arguments: [{ name: "file", title: "file", kind: "file", blank: NAMED_BY_TIME }],
    run: ({ outputs }, { file }) => outputs.toggleRecording(file),
  }),
  screenAction({
    id: "report",
    title: "write a report of the run: Markdown with charts",
    group: "console",
    keys: ["ctrl+e"],
    arguments: [{ name: "file", title: "file", kind: "file", blank: NAMED_BY_TIME }],
    run: ({ outputs }, { file }) => outputs.report(file),
  }),
];
