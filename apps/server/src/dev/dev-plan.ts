/**
 * Plans the developer server, which is reachable only from this machine. It has a port without TLS or credentials, a port with
 * TLS and bearer tokens, a fake IAM that issues these tokens, and a keyring that survives restarts.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { isLoopback } from "@grep11/encoding";
import { HPCS_POLICY, Keyring } from "@grep11/engine";
import { type ServerCertificate, serverCertificate } from "../certificates/server-certificate.ts";
import type { KeyringSource } from "../keyring/keyring-store.ts";
import { ensureKey, isPresent, keyringInDataDir } from "../keyring/locate-keyring.ts";
import type { ServicePlan } from "../service.ts";
import { startFakeIam } from "./fake-iam.ts";
import { IAM_SECRET_BYTES, IamTokens } from "./iam-tokens.ts";

/** Addresses and directory of the developer server. Port 0 means any free port. */
interface DevOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly iamPort: number;
}

/** The default address to listen on, which is reachable only from this machine. */
export const DEV_HOST = "127.0.0.1";

/** Web origins on this machine. Pages from the Internet must not be able to use the developer's keys. */
const LOCAL_PAGES = ["http", "https"].flatMap((scheme) =>
  ["localhost", "127.0.0.1", "[::1]"].map((host) => `${scheme}://${host}:*`),
);
const MAX_DATA_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 5000;

/** The keyring, and the secret of the fake IAM, which all processes of the server need. */
interface DevShared {
  readonly keyring: KeyringSource;
  readonly iamSecret: Uint8Array;
}

/** Creates missing files in the data directory, starts the fake IAM, and returns the plan of the first process. */
export async function devPlan(options: DevOptions): Promise<ServicePlan & Pick<DevShared, "iamSecret">> {
  const { dataDir, host, iamPort } = options;
  const keyring = keyringInDataDir(dataDir);
  await ensureKey(keyring);
  if (!isPresent(keyring)) await keyring.store.create(Keyring.create(randomBytes));
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

/** Returns the plan of a process, which needs the files in the data directory but does not create them. */
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

/** Returns the certificate. It includes the host name if other machines can reach the server. */
function certificate({ dataDir, host, port, tlsPort }: DevOptions): Promise<ServerCertificate> {
  const hosts = isLoopback(host) ? [] : [hostname()];
  return serverCertificate(join(dataDir, "tls"), { ports: [tlsPort, port], hosts }, new Date());
}
