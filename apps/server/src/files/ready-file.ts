/** The file that tells a supervisor or a test that calls are accepted, and where. */
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { explainMissing } from "./missing-file.ts";

/** Addresses of a running server; members for what is not served are absent. */
export interface ReadyReport {
  readonly pid: number;
  /** host:port of gRPC without TLS. */
  readonly grpc?: string;
  /** host:port of gRPC over TLS. */
  readonly tls?: string;
  /** Every host:port, if one of these has several addresses. */
  readonly addresses?: readonly string[];
  /** URL of the fake IAM. */
  readonly iam?: string;
  /** Path of the PEM file with the CA that signed the TLS certificate. */
  readonly ca?: string;
}

/** Writes the report as one JSON object, atomically. Errors: MissingFileError if the directory is missing. */
export async function writeReadyFile(path: string, report: ReadyReport): Promise<void> {
  const temporary = `${path}.${report.pid}.tmp`;
  await explainMissing(writeFile(temporary, `${JSON.stringify(report)}\n`), {
    what: "--ready-file",
    path: dirname(path),
    remedy: "make the directory, or name a file in another",
  });
  await rename(temporary, path);
}
