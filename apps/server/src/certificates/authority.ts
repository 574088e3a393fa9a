/** Keeps a certificate authority (ECDSA P-256) in a directory, for development and closed networks. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import * as certificates from "@grep11/certificates";
import { ifPresent } from "../files/missing-file.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { replaceFile } from "../files/temporary-file.ts";

/** A CA, and the path of the certificate that clients must trust. */
export interface Authority extends certificates.CertificatePair {
  readonly certFile: string;
}

interface IssueOptions {
  /** The common name. The server takes a client's name from the common name of its certificate. */
  readonly subject: string;
  readonly use: "server" | "client";
  /** The names for subjectAltName. IP addresses are entered as IP, everything else as DNS, including "host:port". */
  readonly names: readonly string[];
  readonly now: Date;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 397;
/** Certificates that expire within this many days are replaced. */
const RENEW_DAYS = 14;

/** Opens the authority in `directory` (ca.pem, ca.key). Creates one if it is absent or about to expire. */
export async function openAuthority(directory: string, now: Date): Promise<Authority> {
  const certFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca.key");
  const found = await loadPair(certFile, keyFile, now);
  if (found !== undefined) return { ...found, certFile };
  const made = await certificates.createAuthority("grep11 development CA", certificates.validFor(CA_DAYS, now));
  await writePair(certFile, keyFile, made);
  return { ...made, certFile };
}

/** Generates a key, issues a certificate for it, and writes both files. */
export async function issueFiles(
  ca: certificates.CertificatePair,
  { subject, use, names, now }: IssueOptions,
  certFile: string,
  keyFile: string,
): Promise<certificates.CertificatePair> {
  const pair = await certificates.issueCertificate(ca, {
    subject,
    names,
    usage: use === "server" ? certificates.SERVER_AUTH : certificates.CLIENT_AUTH,
    keyUsage: "digitalSignature",
    ...certificates.validFor(CERTIFICATE_DAYS, now),
  });
  await writePair(certFile, keyFile, pair);
  return pair;
}

/** Reads a certificate and its key. Returns undefined if one is absent, they do not match, or it is about to expire. */
export async function loadPair(
  certFile: string,
  keyFile: string,
  now: Date,
): Promise<certificates.CertificatePair | undefined> {
  const key = await ifPresent(readPrivateFile(keyFile));
  if (key === undefined) return undefined;
  const file = await ifPresent(readTrustedFile(certFile));
  if (file === undefined) return undefined;
  const cert = new TextDecoder().decode(file.content);
  const certificate = new X509Certificate(cert);
  if (certificate.validToDate.getTime() - now.getTime() < RENEW_DAYS * DAY_MS) return undefined;
  // If a process is killed after it has written only one of the two files, a new key is next to the old certificate.
  if (!certificate.checkPrivateKey(createPrivateKey(Buffer.from(key)))) return undefined;
  return { cert, key: new TextDecoder().decode(key) };
}

async function writePair(
  certFile: string,
  keyFile: string,
  { cert, key }: certificates.CertificatePair,
): Promise<void> {
  await writePrivateFile(keyFile, key);
  await replaceFile(certFile, cert, 0o644);
}
