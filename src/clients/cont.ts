#!/usr/bin/env node
/** The command `missile_client_cont`: a closed loop, the next request follows the answer to the one before. */
import { runClient } from "./client.ts";

await runClient({
  name: "missile_client_cont",
  summary:
    "Keeps one request in flight, or as many as --concurrency says: each answer is followed by the next request.",
  loadOf: (_, { concurrency = 1 }) => ({ kind: "closed", inFlight: concurrency, thinkNs: 0 }),
});
