/** The flags of a client: where the server is, and what shows each to the other. */
import { type Command, Option } from "commander";
import type { ConnectOptions } from "../rpc/connect.ts";

export const addConnectOptions = (command: Command): Command =>
  command
    .option("--token-file <file>", "show the token that this file holds")
    .option("--ca <file>", "speak TLS, with a server whose certificate this CA has signed")
    .option("--cert <file>", "show this certificate to the server")
    .addOption(new Option("--key <file>", "its private key"));

/** Of the flags only those that a connection takes. */
export const connectOptions = ({ tokenFile, ca, cert, key }: ConnectOptions): ConnectOptions => ({
  tokenFile,
  ca,
  cert,
  key,
});
