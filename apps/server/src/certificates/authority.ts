/** A certificate authority kept in a directory: ECDSA P-256, created if absent, for development and closed networks. */
import { createPrivateKey, X509Certificate as NodeCertificate, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import type { X509Certificate } from "@peculiar/x509";
import { readPrivateFileIfAny, writePrivateFile } from "../files/private-file.ts";
import { readTrustedFile } from "../files/regular-file.ts";
import { replaceFile } from "../files/temporary-file.ts";

/** A certificate and its key, PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** A CA, and the file of its certificate for clients to trust. */
export interface Authority extends CertificatePair {
  readonly certFile: string;
}

/** What to issue. */
export interface CertificateRequest {
  /** Common name; the server also uses it as the name of the client. */
  readonly subject: string;
  readonly use: "server" | "client";
  /** Names for subjectAltName: IP addresses as IP, everything else as DNS, including "host:port". */
  readonly names: readonly string[];
  readonly now: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 397;
/** Certificates that expire sooner than this are replaced. */
const RENEW_DAYS = 14;

/** The authority in `directory` (ca.pem, ca.key), created if absent or about to expire. */
export async function openAuthority(directory: string, now: Date): Promise<Authority> {
  const certFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca.key");
  return { ...((await loadPair(certFile, keyFile, now)) ?? (await createAuthority(certFile, keyFile, now))), certFile };
}

/** Issues a certificate for a new key and writes both to files. */
export async function issueCertificate(
  ca: Authority,
  { subject, use, names, now }: CertificateRequest,
  certFile: string,
  keyFile: string,
): Promise<CertificatePair> {
  const x509 = await certificateLibrary();
  const issuer = new x509.X509Certificate(ca.cert);
  const caKey = x509.PemConverter.decodeFirst(ca.key);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", caKey, ALGORITHM, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const purpose = use === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [subject] }],
    issuer: issuer.subject,
    ...validity(now, CERTIFICATE_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return storePair(certFile, keyFile, certificate, keys.privateKey);
}

/** Reads a pair from files; undefined if one is absent, they do not match, or the certificate is about to expire. */
export async function loadPair(certFile: string, keyFile: string, now: Date): Promise<CertificatePair | undefined> {
  const key = await readPrivateFileIfAny(keyFile);
  if (key === undefined) return undefined;
  let cert: string;
  try {
    cert = new TextDecoder().decode((await readTrustedFile(certFile)).content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const certificate = new NodeCertificate(cert);
  if (certificate.validToDate.getTime() - now.getTime() < RENEW_DAYS * DAY_MS) return undefined;
  // A process killed between writing the two files leaves a new key beside the old certificate.
  if (!certificate.checkPrivateKey(createPrivateKey(Buffer.from(key)))) return undefined;
  return { cert, key: new TextDecoder().decode(key) };
}

async function createAuthority(certFile: string, keyFile: string, now: Date): Promise<CertificatePair> {
  const x509 = await certificateLibrary();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ["grep11 development CA"] }],
    ...validity(now, CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return storePair(certFile, keyFile, certificate, keys.privateKey);
}

/** The certificate library, imported on demand: importing it takes as long as the rest of the start. */
async function certificateLibrary() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

/** From yesterday, to allow for slow clocks, to `days` from now. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

async function storePair(
  certFile: string,
  keyFile: string,
  certificate: X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<CertificatePair> {
  const { PemConverter } = await certificateLibrary();
  const cert = `${certificate.toString("pem")}\n`;
  const key = `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`;
  await writePrivateFile(keyFile, key);
  await replaceFile(certFile, cert, 0o644);
  return { cert, key };
}

/** 16 random bytes in hex; positive as an ASN.1 INTEGER. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
