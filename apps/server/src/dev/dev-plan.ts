/**
 * The developer's service: everything an example program may ask for, at once, on this machine only. Plaintext without
 * credentials; TLS with bearer tokens; an IAM double that gives these tokens; a keyring that survives restarts.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { HPCS_POLICY, Keyring } from "@grep11/engine";
import { serverCertificate } from "../certificates/server-certificate.ts";
import { ensureKey, isPresent, keyringInDataDir } from "../keyring/locate-keyring.ts";
import type { ServicePlan } from "../service.ts";
import { startIamDouble } from "./iam-double.ts";

/** Where the developer's service listens and keeps its files. A port of 0 is any free one. */
export interface DevOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly iamPort: number;
}

const HOST = "127.0.0.1";
const MAX_DATA_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5000;

/** Make what is missing in the data directory, start the IAM double, and plan the rest. */
export async function devPlan({ dataDir, port, tlsPort, iamPort }: DevOptions): Promise<ServicePlan> {
  const keyring = keyringInDataDir(dataDir);
  await ensureKey(keyring);
  if (!(await isPresent(keyring))) await keyring.store.create(Keyring.create(randomBytes));
  const certificate = () => serverCertificate(join(dataDir, "tls"), [tlsPort, port], new Date());
  const { caFile } = await certificate();
  const iam = await startIamDouble({ host: HOST, port: iamPort, now: Date.now });
  return {
    keyring: keyring.store,
    engine: { policy: HPCS_POLICY, mechanisms: "all" },
    listeners: [
      { host: HOST, port, allowedOrigins: ["*"] },
      { host: HOST, port: tlsPort, allowedOrigins: ["*"], readTls: certificate, bearer: (token) => iam.verify(token) },
    ],
    server: { maxDataBytes: MAX_DATA_BYTES },
    drainMs: DRAIN_MS,
    report: { iam: iam.url, ca: caFile },
    alsoClose: () => iam.close(),
  };
}
