/** Issues X.509 certificates (RFC 5280) of a local authority. Keys are ECDSA P-256, and all inputs and outputs are PEM. */
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { KeyUsageFlags, X509Certificate } from "@peculiar/x509";

/** A certificate and its private key, both PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** The period in which a certificate is valid. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The OBJECT IDENTIFIERs of two purposes for the extended key usage of a certificate (RFC 5280, 4.2.1.12). */
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** The content of a certificate. It is valid for a year by default. An extension is left out if it has no value here. */
export interface CertificateRequest extends Partial<Validity> {
  /** The common name. */
  readonly subject: string;
  /** Names for subjectAltName. An IP address is entered as such, and anything else as a DNS name, even "host:port". */
  readonly names?: readonly string[];
  /** The OBJECT IDENTIFIERs of the purposes, for the extended key usage. */
  readonly usage?: string | readonly string[];
  readonly keyUsage?: keyof typeof KeyUsageFlags;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** Returns the period from a day before `now`, to allow for slow clocks, to `days` days after it. */
export function validFor(days: number, now: Date = new Date()): Validity {
  return { notBefore: new Date(now.getTime() - DAY_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

/** Creates an authority, which issues certificates only for end entities. */
export async function createAuthority(subject: string, validity: Validity = validFor(365)): Promise<CertificatePair> {
  const x509 = await certificateLibrary();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [subject] }],
    ...validity,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys.privateKey);
}

/** Issues a certificate of the authority `ca` for a new key. */
export async function issueCertificate(
  ca: CertificatePair,
  { subject, names = [], usage = [], keyUsage, ...validity }: CertificateRequest,
): Promise<CertificatePair> {
  const x509 = await certificateLibrary();
  const issuer = new x509.X509Certificate(ca.cert);
  const caKey = x509.PemConverter.decodeFirst(ca.key);
  const keys = await newKeys();
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [subject] }],
    issuer: issuer.subject,
    ...validFor(365),
    ...validity,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey("pkcs8", caKey, ALGORITHM, false, ["sign"]),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(keyUsage === undefined ? [] : [new x509.KeyUsagesExtension(x509.KeyUsageFlags[keyUsage], true)]),
      ...(usage.length > 0 ? [new x509.ExtendedKeyUsageExtension([usage].flat())] : []),
      ...(alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pairOf(certificate, keys.privateKey);
}

/** Imports the certificate library on demand, because importing it takes as long as the rest of a program's start. */
async function certificateLibrary() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function pairOf(certificate: X509Certificate, privateKey: webcrypto.CryptoKey): Promise<CertificatePair> {
  const { PemConverter } = await certificateLibrary();
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return { cert: `${certificate.toString("pem")}\n`, key: `${PemConverter.encode(pkcs8, "PRIVATE KEY")}\n` };
}

/** Returns 16 random bytes in hexadecimal. The first bit is 0, so they are a positive INTEGER. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
