/** Keeps the developer server's certificate in a directory and reuses it until it expires. */
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { CertificatePair } from "@grep11/certificates";
import { type Authority, issueFiles, loadPair, openAuthority } from "./authority.ts";

/** The certificate and its key in PEM, with the CA's certificate (`ca`) and its path, for clients to trust. */
export interface ServerCertificate extends CertificatePair {
  readonly ca: string;
  readonly caFile: string;
}

const LOCAL_NAMES = ["localhost", "127.0.0.1"];
const LOCAL_ADDRESSES = ["127.0.0.1", "::1"];

/** The names in the certificate in addition to localhost, 127.0.0.1 and ::1. */
interface ServerNames {
  /** Names are also entered with these ports, except port 0. Some of IBM's clients look for "host:port" in subjectAltName. */
  readonly ports: readonly number[];
  /** Further names of this machine. */
  readonly hosts?: readonly string[];
}

/** Returns the certificate in `directory`. If it is absent, about to expire or lacks a name, the CA issues a new one. */
export async function serverCertificate(
  directory: string,
  { ports, hosts = [] }: ServerNames,
  now: Date,
): Promise<ServerCertificate> {
  const ca = await openAuthority(directory, now);
  const withPort = [...LOCAL_NAMES, ...hosts].flatMap((host) =>
    ports.filter((port) => port > 0).map((port) => `${host}:${port}`),
  );
  const dnsNames = ["localhost", ...hosts, ...withPort];
  const certFile = join(directory, "server.pem");
  const keyFile = join(directory, "server.key");
  const found = await loadPair(certFile, keyFile, now);
  const request = { subject: "localhost", use: "server", names: [...dnsNames, ...LOCAL_ADDRESSES], now } as const;
  const server =
    found !== undefined && isUsable(found, ca, dnsNames) ? found : await issueFiles(ca, request, certFile, keyFile);
  return { cert: server.cert + ca.cert, key: server.key, ca: ca.cert, caFile: ca.certFile };
}

function isUsable(server: CertificatePair, ca: Authority, dnsNames: readonly string[]): boolean {
  const certificate = new X509Certificate(server.cert);
  if (!certificate.verify(new X509Certificate(ca.cert).publicKey)) return false;
  const present = (certificate.subjectAltName ?? "").split(", ");
  return dnsNames.every((name) => present.includes(`DNS:${name}`));
}
