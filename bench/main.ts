/** `npm run bench -- NAME...`: the benches, by name; all of them where none is named. */
import { calibration } from "./calibration.ts";
import { coreStep } from "./core-step.ts";
import { modelled } from "./modelled.ts";
import { pcie } from "./pcie.ts";
import { rpc } from "./rpc.ts";
import { screen } from "./screen.ts";
import { simulated } from "./simulated.ts";
import { speed } from "./speed.ts";
import { view } from "./view.ts";

const benches: Readonly<Record<string, () => Promise<void>>> = {
  speed,
  "core-step": coreStep,
  calibration,
  modelled,
  simulated,
  pcie,
  view,
  screen,
  rpc,
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benches);
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`no bench "${name}"; there are ${Object.keys(benches).join(", ")}`);
    process.exit(2);
  }
  console.log(`== ${name}`);
  await bench();
}
