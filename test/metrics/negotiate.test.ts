import { expect, it } from "vitest";
import { OPEN_METRICS, PROMETHEUS } from "../../src/metrics/exposition.ts";
import { formatFor } from "../../src/metrics/negotiate.ts";

/** As Prometheus 2.4x and 3.x send it. */
const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

it.each([
  [undefined, PROMETHEUS],
  ["", PROMETHEUS],
  ["*/*", PROMETHEUS],
  ["text/html,application/xhtml+xml,*/*;q=0.8", PROMETHEUS],
  [PROMETHEUS_2, OPEN_METRICS],
  [PROMETHEUS_3, OPEN_METRICS],
  ["application/openmetrics-text", OPEN_METRICS],
  ["Application/OpenMetrics-Text; Version=1.0.0", OPEN_METRICS],
  ["application/openmetrics-text;version=0.0.1", PROMETHEUS],
  ["application/openmetrics-text;version=1.0.0;q=0.2, text/plain;version=0.0.4;q=0.9", PROMETHEUS],
  ["application/openmetrics-text;q=0", PROMETHEUS],
  ["application/openmetrics-text;q=much", PROMETHEUS],
])("gives who accepts %j %s", (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
