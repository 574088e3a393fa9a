/**
 * A certificate authority (ECDSA P-256) for development and closed networks. It is kept in a directory, and created if absent.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { join } from "node:path";
import * as certificates from "@grep11/certificates";
import { readPrivateFileIfAny, writePrivateFile } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { replaceFile } from "../files/temporary-file.ts";

/** A CA, with the path of its certificate for clients to trust. */
export interface Authority extends certificates.CertificatePair {
  readonly certFile: string;
}

/** The content of a certificate to issue. */
interface IssueOptions {
  /** The common name. The server uses that of a client certificate as the name of the client. */
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

/** Opens the authority in `directory` (ca.pem, ca.key). Creates it if it is absent or about to expire. */
export async function openAuthority(directory: string, now: Date): Promise<Authority> {
  const certFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca.key");
  const found = await loadPair(certFile, keyFile, now);
  if (found !== undefined) return { ...found, certFile };
  const made = await certificates.createAuthority("grep11 development CA", certificates.validFor(CA_DAYS, now));
  await writePair(certFile, keyFile, made);
  return { ...made, certFile };
}

/** Generates a key, issues a certificate for it, and writes both to files. */
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

/**
 * Reads a certificate and its key from files. Returns undefined if one is absent, they do not match, or the certificate is about
 * to expire.
 */
export async function loadPair(
  certFile: string,
  keyFile: string,
  now: Date,
): Promise<certificates.CertificatePair | undefined> {
  const key = await readPrivateFileIfAny(keyFile);
  if (key === undefined) return undefined;
  let cert: string;
  try {
    cert = new TextDecoder().decode((await readTrustedFile(certFile)).content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const certificate = new X509Certificate(cert);
  if (certificate.validToDate.getTime() - now.getTime() < RENEW_DAYS * DAY_MS) return undefined;
  // A process that was killed between writing the two files leaves a new key next to the old certificate.
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
