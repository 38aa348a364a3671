// npm's install script: builds build/Release/missile.node with node-gyp. Quiet unless it fails.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const packageRoot = dirname(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname));

function fail(message) {
  console.error(`missile-console: ${message}`);
  process.exit(1);
}

const runs = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

function compilesCxx20(compiler) {
  const directory = mkdtempSync(join(tmpdir(), "missile-"));
  const source = join(directory, "probe.cc");
  writeFileSync(source, "#include <bit>\nint main() { return std::popcount(0u); }\n");
  const ok = runs(compiler, ["-std=c++20", "-fsyntax-only", source]);
  rmSync(directory, { recursive: true });
  return ok;
}

const compiler = process.env.CXX ?? "g++";
const missing = [
  [compilesCxx20(compiler), `a C++20 compiler (${compiler})`],
  [runs("make", ["--version"]), "make"],
  [runs(process.env.PYTHON ?? "python3", ["--version"]), "python3"],
].flatMap(([found, name]) => (found ? [] : [name]));
if (missing.length > 0) {
  fail(
    `cannot build the native addon without ${missing.join(", ")}; on Debian: apt-get install g++ make python3`,
  );
}

// Headers that came with this Node.js spare node-gyp the download.
const prefix = dirname(dirname(process.execPath));
const nodedir = existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
const gypArgs = ["rebuild", "--release", "--jobs=max", ...nodedir];
// npm names its own node-gyp to install scripts; outside of npm it is found where npm keeps it.
const bundled = join(prefix, "lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js");
const gyp = process.env.npm_config_node_gyp ?? (existsSync(bundled) ? bundled : undefined);
const [command, args] = gyp
  ? [process.execPath, [gyp, ...gypArgs]]
  : ["npm", ["exec", "--yes", "--", "node-gyp", ...gypArgs]];
const built = spawnSync(command, args, { cwd: packageRoot, encoding: "utf8", maxBuffer: 1 << 26 });
if (built.status !== 0) {
  console.error(built.stdout ?? "", built.stderr ?? "");
  fail(`node-gyp failed (${built.error?.message ?? `exit ${built.status}`}); its output is above`);
}
