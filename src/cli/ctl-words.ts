/** What stands behind an action on the command line: tenants, and the action's own arguments, which the server knows. */
import { MissileError } from "../core/error.ts";

export interface Words {
  readonly tenants: string[];
  readonly arguments: Record<string, string>;
}

/** `camera --nice 5 lidar --how=drain`. Throws MissileError "badArgument". */
export function parseWords(words: readonly string[]): Words {
  const tenants: string[] = [];
  const said = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("-")) {
      tenants.push(word);
      continue;
    }
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const name = match?.[1];
    const value = match?.[2] ?? rest.shift();
    if (name === undefined || value === undefined)
      throw new MissileError(`"${word}" is not of the form --ARGUMENT VALUE`, "badArgument");
    if (said.has(name)) throw new MissileError(`--${name} is given twice`, "badArgument");
    said.set(name, value);
  }
  return { tenants, arguments: Object.fromEntries(said) };
}
