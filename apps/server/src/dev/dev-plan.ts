/**
 * The developer's service: everything an example program may ask for, at once, on this machine only. Plaintext without
 * credentials; TLS with bearer tokens; an IAM double that gives these tokens; a keyring that survives restarts.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { HPCS_POLICY, Keyring } from "@grep11/engine";
import { type ServerCertificate, serverCertificate } from "../certificates/server-certificate.ts";
import type { KeyringSource } from "../keyring/keyring-source.ts";
import { ensureKey, isPresent, keyringInDataDir } from "../keyring/locate-keyring.ts";
import type { ServicePlan } from "../service.ts";
import { startIamDouble } from "./iam-double.ts";
import { IAM_SECRET_BYTES, IamTokens } from "./iam-tokens.ts";

/** Where the developer's service listens and keeps its files. A port of 0 is any free one. */
export interface DevOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly iamPort: number;
}

/** Where a developer's service listens: here, and for nobody else. */
export const DEV_HOST = "127.0.0.1";
/** Whether only this machine can reach a server that listens on `host`. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Pages that this machine serves: no page of the Internet may use the developer's keys. */
const LOCAL_PAGES = ["http", "https"].flatMap((scheme) =>
  ["localhost", "127.0.0.1", "[::1]"].map((host) => `${scheme}://${host}:*`),
);
const MAX_DATA_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5000;

/** A developer's service, and the secret of its IAM double that other processes of it need. */
export interface DevPlan extends ServicePlan {
  readonly iamSecret: Uint8Array;
}

/** What a worker of several processes takes over from the first one. */
export interface DevShared {
  readonly keyring: KeyringSource;
  readonly iamSecret: Uint8Array;
}

/** Make what is missing in the data directory, start the IAM double, and plan the rest. */
export async function devPlan(options: DevOptions): Promise<DevPlan> {
  const { dataDir, host, iamPort } = options;
  const keyring = keyringInDataDir(dataDir);
  await ensureKey(keyring);
  if (!(await isPresent(keyring))) await keyring.store.create(Keyring.create(randomBytes));
  const { caFile } = await certificate(options);
  const iamSecret = randomBytes(IAM_SECRET_BYTES);
  const tokens = new IamTokens(iamSecret, Date.now);
  const iam = await startIamDouble({ host, port: iamPort, tokens, now: Date.now });
  return {
    ...devService(options, { keyring: keyring.store, iamSecret }),
    iamSecret,
    report: { iam: iam.url, ca: caFile },
    alsoClose: () => iam.close(),
  };
}

/** The part of the developer's service that every process of it runs; the files in the data directory exist. */
export function devService(options: DevOptions, { keyring, iamSecret }: DevShared): ServicePlan {
  const { host, port, tlsPort } = options;
  const tokens = new IamTokens(iamSecret, Date.now);
  const readTls = () => certificate(options);
  return {
    keyring,
    engine: { policy: HPCS_POLICY, mechanisms: "all" },
    listeners: [
      { host, port, allowedOrigins: LOCAL_PAGES },
      { host, port: tlsPort, allowedOrigins: LOCAL_PAGES, readTls, bearer: (token) => tokens.verify(token) },
    ],
    server: { maxDataBytes: MAX_DATA_BYTES },
    drainMs: DRAIN_MS,
  };
}

/** A server that others reach answers to the name of its machine too, which in a container is that of the service. */
function certificate({ dataDir, host, port, tlsPort }: DevOptions): Promise<ServerCertificate> {
  const hosts = isLocal(host) ? [] : [hostname()];
  return serverCertificate(join(dataDir, "tls"), { ports: [tlsPort, port], hosts }, new Date());
}
