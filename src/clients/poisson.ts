#!/usr/bin/env node
/** The command `missile_client_poisson`: requests of many who do not know of each other. */
import { MissileError } from "../core/error.ts";
import { runClient } from "./client.ts";

const MS_PER_S = 1000;
/** A shorter gap is a slip of the unit: no server answers a million requests a second. */
const LEAST_MS = 1e-3;

await runClient({
  name: "missile_client_poisson",
  summary: "Sends requests with exponentially distributed gaps, whether or not the server keeps up.",
  argument: { name: "AVG_INTERVAL_MS", says: "mean gap between requests" },
  loadOf: (text) => {
    const intervalMs = Number(text);
    if (text.trim() !== "" && Number.isFinite(intervalMs) && intervalMs >= LEAST_MS) {
      return { kind: "poisson", ratePerS: MS_PER_S / intervalMs };
    }
    throw new MissileError(
      `AVG_INTERVAL_MS "${text}" is no number of at least ${LEAST_MS}; give milliseconds`,
      "badInterval",
    );
  },
});
