/** The flags of a server: who gets in, and as what. */
import type { Command } from "commander";
import type { AccessOptions } from "../rpc/access.ts";

export interface AccessFlags extends AccessOptions {
  /** Where to listen: false: nowhere; true or absent: where servers do by default. */
  readonly listen?: string | boolean;
}

export const addAccessOptions = (command: Command): Command =>
  command
    .option("--tls-cert <file>", "speak TLS, with this certificate")
    .option("--tls-key <file>", "its private key")
    .option(
      "--client-ca <file>",
      "let in who shows a certificate of this CA: OU=operator acts, others look on",
    )
    .option("--token-file <file>", "let in who shows this file's token, as an operator")
    .option("--viewer-token-file <file>", "let in who shows this file's token, to look on");
