/**
 * Plans the developer server: everything that an example program may need, reachable from this machine only. It has a port
 * that needs neither TLS nor credentials, a port with TLS and bearer tokens, a fake IAM that issues these tokens, and a keyring that
 * survives restarts.
 */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { isLoopback } from "@grep11/encoding";
import { HPCS_POLICY, Keyring } from "@grep11/engine";
import { type ServerCertificate, serverCertificate } from "../certificates/server-certificate.ts";
import type { KeyringSource } from "../keyring/keyring-source.ts";
import { ensureKey, isPresent, keyringInDataDir } from "../keyring/locate-keyring.ts";
import type { ServicePlan } from "../service.ts";
import { startFakeIam } from "./fake-iam.ts";
import { IAM_SECRET_BYTES, IamTokens } from "./iam-tokens.ts";

/** Where the developer server listens and keeps its files. Port 0 means any free port. */
interface DevOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly iamPort: number;
}

/** The address to listen on, which is reachable from this machine only. */
export const DEV_HOST = "127.0.0.1";

/** Origins of pages that this machine serves. Pages from the Internet must not be able to use the developer's keys. */
const LOCAL_PAGES = ["http", "https"].flatMap((scheme) =>
  ["localhost", "127.0.0.1", "[::1]"].map((host) => `${scheme}://${host}:*`),
);
const MAX_DATA_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5000;

/** The plan of the developer server, and the secret of the fake IAM, which the other processes of the server need. */
interface DevPlan extends ServicePlan {
  readonly iamSecret: Uint8Array;
}

/** What a worker receives from the first process. */
interface DevShared {
  readonly keyring: KeyringSource;
  readonly iamSecret: Uint8Array;
}

/** Creates missing files in the data directory, starts the fake IAM, and returns the plan of the server. */
export async function devPlan(options: DevOptions): Promise<DevPlan> {
  const { dataDir, host, iamPort } = options;
  const keyring = keyringInDataDir(dataDir);
  await ensureKey(keyring);
  if (!(await isPresent(keyring))) await keyring.store.create(Keyring.create(randomBytes));
  const { caFile } = await certificate(options);
  const iamSecret = randomBytes(IAM_SECRET_BYTES);
  const tokens = new IamTokens(iamSecret, Date.now);
  const iam = await startFakeIam({ host, port: iamPort, tokens, now: Date.now });
  return {
    ...devService(options, { keyring: keyring.store, iamSecret }),
    iamSecret,
    report: { iam: iam.url, ca: caFile },
    alsoClose: () => iam.close(),
  };
}

/** Returns the plan of what runs in every process of the developer server. The files in the data directory must exist. */
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

/**
 * Returns the certificate. If other machines can reach the server, it includes the host name, which in a container is that of the
 * service.
 */
function certificate({ dataDir, host, port, tlsPort }: DevOptions): Promise<ServerCertificate> {
  const hosts = isLoopback(host) ? [] : [hostname()];
  return serverCertificate(join(dataDir, "tls"), { ports: [tlsPort, port], hosts }, new Date());
}
