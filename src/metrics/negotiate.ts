/** Which format a scraper wants, by its Accept header (RFC 9110, section 12.5.1). */
import { type ContentType, OPEN_METRICS, PROMETHEUS } from "./exposition.ts";

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** 0..1; 0: not wanted. */
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at), part.slice(at + 1)] as const;
    }),
  );
  const quality = Number(parameters.get("q") ?? 1);
  return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

const isOpenMetrics = ({ type, parameters }: Range): boolean =>
  type === "application/openmetrics-text" && ["1.0.0", undefined].includes(parameters.get("version"));

const isText = ({ type, parameters }: Range): boolean =>
  ["*/*", "text/*"].includes(type) ||
  (type === "text/plain" && ["0.0.4", undefined].includes(parameters.get("version")));

/** OpenMetrics 1.0 where it is wanted no less than the older text, which anybody can read and who says nothing gets. */
export function formatFor(accept: string | undefined): ContentType {
  const ranges = (accept ?? "").split(",").map(rangeOf);
  const wanted = (is: (range: Range) => boolean): number =>
    Math.max(0, ...ranges.filter(is).map(({ quality }) => quality));
  const openMetrics = wanted(isOpenMetrics);
  return openMetrics > 0 && openMetrics >= wanted(isText) ? OPEN_METRICS : PROMETHEUS;
}
