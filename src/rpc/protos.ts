/** The services of proto/, as servers and clients of this package speak them. */
import { join } from "node:path";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { packageRoot } from "../presets/paths.ts";
import type { ProtoGrpcType as ConsoleTypes } from "./generated/console.ts";
import type { ProtoGrpcType as MissileTypes } from "./generated/missile.ts";

/** All of proto/, for reflection. Loaded as `npm run proto` makes the types. */
export const definition = loadSync(
  ["missile.proto", "console.proto"].map((name) => join(packageRoot, "proto", name)),
  { longs: Number, defaults: true, oneofs: true },
);

// What loadPackageDefinition makes is what the generated types say of the same files and options.
const packages = loadPackageDefinition(definition) as unknown as MissileTypes & ConsoleTypes;

/** Missile's own service: `.service` for a server; to be constructed as a client. */
export const { MISSILEService } = packages.missile.rpc;
/** The control service, likewise. */
export const { Console } = packages.missile.console.v1;
