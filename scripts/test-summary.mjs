// Prints the last line of a test run, "N passed, N failed", from vitest's JSON report. Exits with 1 if there is none.
import { readFileSync } from "node:fs";

try {
  const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed`);
} catch {
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
