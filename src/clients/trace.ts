#!/usr/bin/env node
/** The command `missile_client_trace`: requests come as a recording says, again and again. */
import { Option } from "commander";
import { resolveLoad } from "../presets/index.ts";
import { runClient } from "./client.ts";

await runClient({
  name: "missile_client_trace",
  summary:
    "Sends requests as a trace says, whether or not the server keeps up. Missile's traces repeat every 60 s.",
  argument: {
    name: "TRACE_FILE",
    says: "offsets in ms, CSV or DISB's JSON; a file, or one of presets/traces",
  },
  options: [new Option("--stream <name>", "of a trace file with several")],
  loadOf: (file, { stream }) => resolveLoad({ kind: "trace", file, stream }),
});
