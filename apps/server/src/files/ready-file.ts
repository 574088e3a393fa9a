/** Writes the file that tells supervisors and tests that the server accepts calls, and at which addresses. */
import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { explainMissing } from "./missing-file.ts";

/** The addresses of a running server. A member is absent if the server does not offer it. */
export interface ReadyReport {
  readonly pid: number;
  /** The address (host:port) of gRPC without TLS. */
  readonly grpc?: string;
  /** The address (host:port) of gRPC over TLS. */
  readonly tls?: string;
  /** All addresses (host:port), if a listener has several. */
  readonly addresses?: readonly string[];
  /** The URL of the fake IAM. */
  readonly iam?: string;
  /** The path of the PEM file with the CA that signed the TLS certificate. */
  readonly ca?: string;
}

/** Writes the report as a JSON object, atomically. Errors: MissingFileError if the directory is missing. */
export async function writeReadyFile(path: string, report: ReadyReport): Promise<void> {
  const temporary = `${path}.${report.pid}.tmp`;
  await explainMissing(writeFile(temporary, `${JSON.stringify(report)}\n`), {
    what: "--ready-file",
    path: dirname(path),
    remedy: "make the directory, or name a file in another",
  });
  await rename(temporary, path);
}
