/** What leaves the console as files: pictures of the screen, recordings, reports. Each says in the footer what came of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { MissileError } from "../core/error.ts";
import type { Session } from "../engine/session.ts";
import { runReport } from "../export/index.ts";
import { reasonOf } from "../presets/index.ts";
import { screenAnsi } from "./capture/ansi.ts";
import { asSeen } from "./capture/as-seen.ts";
import { DARK_GROUND, LIGHT_GROUND, screenSvg } from "./capture/svg.ts";
import { screenText } from "./capture/text.ts";
import { describeError } from "./describe-error.ts";
import type { Picture } from "./face.ts";
import type { HistoryReader } from "./history.ts";
import type { Notices } from "./notices.ts";
import { Recorder } from "./recording/recorder.ts";
import { reportOf } from "./run-report.ts";
import type { UiStore } from "./store.ts";

const PICTURE_FORMATS = ["svg", "ansi", "text"] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** Wall ms after which the dialog that asked for a picture has left the screen. */
const SETTLE_MS = 100;

const EXTENSIONS: Readonly<Record<PictureFormat, string>> = { svg: "svg", ansi: "ansi", text: "txt" };

export interface Outputs {
  /** `file` "": a name made of the date and the time. */
  screenshot(format: PictureFormat, file: string): void;
  /** Begins a recording, or ends the one that runs. */
  toggleRecording(file: string): void;
  /** Markdown and its charts, beside one another. */
  report(file: string): void;
}

export interface OutputsOptions {
  readonly session: Session;
  readonly store: UiStore;
  /** null: nothing is drawn. */
  readonly picture: Picture | null;
  readonly history: HistoryReader;
  readonly notices: Notices;
  /** Wall ms since 1970. */
  readonly nowMs: () => number;
}

function written(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    throw new MissileError(`${path}: cannot be written (${reasonOf(cause)})`, "fileNotWritable");
  }
}

const lastMarkNs = (session: Session): number =>
  session.view().snapshot.marks.at(-1)?.atNs ?? Number.NEGATIVE_INFINITY;

export class FileOutputs implements Outputs {
  readonly #options: OutputsOptions;
  readonly #stops: (() => void)[] = [];
  #recorder: Recorder | null = null;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: OutputsOptions) {
    this.#options = options;
    const { store, session } = options;
    let markedNs = lastMarkNs(session);
    this.#stops.push(
      store.subscribe(({ size }, before) => {
        if (size !== before.size) this.#recorder?.resize(size);
      }),
      session.subscribe(() => {
        // Time that goes back is another run.
        if (session.view().snapshot.atNs < markedNs) markedNs = Number.NEGATIVE_INFINITY;
        for (const { atNs, text } of session.view().snapshot.marks) {
          if (atNs > markedNs) this.#recorder?.mark(text);
        }
        markedNs = Math.max(markedNs, lastMarkNs(session));
      }),
    );
  }

  screenshot(format: PictureFormat, file: string): void {
    this.#settling = setTimeout(() => this.#picture(format, file), SETTLE_MS);
  }

  #picture(format: PictureFormat, file: string): void {
    this.#try(() => {
      const path = file === "" ? this.#named(EXTENSIONS[format]) : file;
      const { screen, look } = this.#drawn().shown();
      const seen = asSeen(screen, look);
      const { gpu, policy } = this.#options.session.view().snapshot;
      const pictures: Readonly<Record<PictureFormat, () => string>> = {
        svg: () =>
          screenSvg(
            seen,
            `missile-console, ${policy} on ${gpu}`,
            look.theme === "dark" ? DARK_GROUND : LIGHT_GROUND,
          ),
        ansi: () => screenAnsi(seen, look.depth),
        text: () => screenText(seen),
      };
      written(path, pictures[format]());
      return `the screen is in ${path}`;
    });
  }

  toggleRecording(file: string): void {
    if (this.#recorder === null) this.record(file === "" ? this.#named("cast") : file);
    else {
      const path = this.#options.store.getState().recordingTo;
      this.#end();
      this.#options.notices.say(`recorded to ${path}: missile-console play ${path}`, "done");
    }
  }

  /** Records from now on. */
  record(path: string): void {
    const { store, notices, nowMs } = this.#options;
    this.#try(() => {
      const picture = this.#drawn();
      const recorder = new Recorder({
        path,
        size: store.getState().size,
        title: "missile-console",
        wholeFrame: () => picture.wholeFrame(),
        nowMs,
        onFailure: (message) => {
          this.#end();
          notices.say(message, "refused");
        },
      });
      this.#recorder = recorder;
      picture.tap((bytes) => recorder.frame(bytes));
      store.setState({ recordingTo: path });
      return `recording to ${path}`;
    });
  }

  report(file: string): void {
    const { session, store, history, notices } = this.#options;
    const { comparison } = store.getState();
    const found = comparison?.kind === "done" ? comparison.found : null;
    const path = file === "" ? this.#named("md") : file;
    const name = path.replace(/\.md$/, "");
    const madeAt = new Date(this.#options.nowMs()).toISOString().slice(0, 16).replace("T", " ");
    void reportOf(session, history, found, `${madeAt} UTC`).then(
      (report) =>
        this.#try(() => {
          const base = name.replace(/^.*\//, "");
          const folder = name.slice(0, name.length - base.length);
          const files = runReport(report, base);
          for (const [each, text] of files) written(`${folder}${each}`, text);
          return `the report is in ${name}.md, with ${files.size - 1} charts`;
        }),
      (error: unknown) => notices.say(describeError(error), "refused"),
    );
  }

  dispose(): void {
    clearTimeout(this.#settling);
    if (this.#recorder !== null) this.#end();
    for (const stop of this.#stops) stop();
  }

  #end(): void {
    this.#options.picture?.tap(null);
    this.#recorder?.close();
    this.#recorder = null;
    this.#options.store.setState({ recordingTo: null });
  }

  #drawn(): Picture {
    const { picture } = this.#options;
    if (picture === null)
      throw new MissileError("there is no screen to keep: the console speaks", "noPicture");
    return picture;
  }

  /** Such as missile-console-20260131-120000.svg. */
  #named(extension: string): string {
    const [day, time] = new Date(this.#options.nowMs()).toISOString().replaceAll(/[-:]/g, "").split(/[T.]/);
    return `missile-console-${day}-${time}.${extension}`;
  }

  /** Says what `work` says, or why it could not be done. */
  #try(work: () => string): void {
    const { notices } = this.#options;
    try {
      notices.say(work(), "done");
    } catch (error) {
      notices.say(describeError(error), "refused");
    }
  }
}
