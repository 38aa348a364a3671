/** `missile-console certs DIR`: certificates for trials. */
import { hostname } from "node:os";
import type { Command } from "commander";
import { wholeNumber } from "../number-arguments.ts";
import { printText } from "../print.ts";

const DAYS = 365;

interface CertsFlags {
  readonly host: readonly string[];
  readonly days: number;
}

const collect = (host: string, hosts: readonly string[]): readonly string[] => [...hosts, host];

export function defineCerts(command: Command): void {
  command
    .argument("<directory>", "where to write them; it is made where it is not there")
    .option(
      "--host <name>",
      "a name or address of the server, beside this machine's; may be repeated",
      collect,
      [],
    )
    .option("--days <n>", "how long they are valid", wholeNumber(1), DAYS)
    .action(async (directory: string, { host, days }: CertsFlags) => {
      const { makeCertificates } = await import("../../rpc/certificates.ts");
      const hosts = ["localhost", "127.0.0.1", "::1", hostname(), ...host];
      const files = await makeCertificates(directory, { hosts, days });
      const at = (name: string): string => `${directory}/${name}`;
      printText(
        [
          `wrote ${files.length} files to ${directory}, valid for ${days} days, for ${hosts.join(", ")}`,
          `  missile-console serve --listen 0.0.0.0:34543 --tls-cert ${at("server.crt")} --tls-key ${at("server.key")} --client-ca ${at("ca.crt")}`,
          `  missile-console attach HOST:34543 --ca ${at("ca.crt")} --cert ${at("operator.crt")} --key ${at("operator.key")}`,
        ].join("\n"),
      );
    });
}
