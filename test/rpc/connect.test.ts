/** What people are told of a server that cannot be reached. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { expect, it } from "vitest";
import { sayCallFailure } from "../../src/rpc/connect.ts";

const failure = (code: status, details: string): ServiceError =>
  Object.assign(new Error(details), { code, details, metadata: new Metadata() });

it.each([
  [
    "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: none",
    "gpu7:1: no server answers there (connect ECONNREFUSED 127.0.0.1:1)",
  ],
  [
    "No connection established. Last error: Error: self-signed certificate. Resolution note: none",
    "gpu7:1: no trust in the server (self-signed certificate); is --ca the CA that signed its certificate?",
  ],
  [
    "No connection established. Last error: 80:error:0A00045C:SSL routines:tlsv13 alert certificate required:rec_layer_s3.c:1601:SSL alert number 116\n (now). Resolution note: none",
    "gpu7:1: the server asks for a certificate of yours: give --cert and --key",
  ],
  ["closed\nin\n two lines", "gpu7:1: no server answers there (closed in two lines)"],
])("a connection that fails is one line: %j", (details, line) => {
  expect(sayCallFailure(failure(status.UNAVAILABLE, details), "gpu7:1")).toBe(line);
});
