/** A certificate authority in a directory: ECDSA P-256, made when absent, for development and closed networks. */
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

/** A CA that can sign, and where its certificate stands for clients to trust. */
export interface Authority extends CertificatePair {
  readonly certFile: string;
}

/** What to issue. */
export interface CertificateRequest {
  /** Common name; for a client certificate also how the server calls the client. */
  readonly subject: string;
  readonly use: "server" | "client";
  /** Names for subjectAltName: IP addresses as such, everything else as DNS, "host:port" too. */
  readonly names: readonly string[];
  readonly now: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 397;
/** A certificate with less left than this is made anew. */
const RENEW_DAYS = 14;

/** The authority in `directory` (ca.pem, ca.key), made when there is none or it is about to run out. */
export async function openAuthority(directory: string, now: Date): Promise<Authority> {
  const certFile = join(directory, "ca.pem");
  const keyFile = join(directory, "ca.key");
  return { ...((await loadPair(certFile, keyFile, now)) ?? (await makeAuthority(certFile, keyFile, now))), certFile };
}

/** Sign a new certificate with a new key, and keep both in files. */
export async function issueCertificate(
  ca: Authority,
  { subject, use, names, now }: CertificateRequest,
  certFile: string,
  keyFile: string,
): Promise<CertificatePair> {
  const x509 = await certificateMaker();
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

/** A pair from files; undefined when one is absent, they do not belong together or the certificate is about to run out. */
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
  // Who was killed between writing the two files left a new key beside the old certificate.
  if (!certificate.checkPrivateKey(createPrivateKey(Buffer.from(key)))) return undefined;
  return { cert, key: new TextDecoder().decode(key) };
}

async function makeAuthority(certFile: string, keyFile: string, now: Date): Promise<CertificatePair> {
  const x509 = await certificateMaker();
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

/** The library that makes certificates; loaded when one is made, because it takes as long as all else at a start. */
async function certificateMaker() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

/** From yesterday, for clocks that lag, to `days` from now. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - DAY_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

async function storePair(
  certFile: string,
  keyFile: string,
  certificate: X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<CertificatePair> {
  const { PemConverter } = await certificateMaker();
  const cert = `${certificate.toString("pem")}\n`;
  const key = `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`;
  await writePrivateFile(keyFile, key);
  await replaceFile(certFile, cert, 0o644);
  return { cert, key };
}

/** 16 random bytes as hex, positive. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
