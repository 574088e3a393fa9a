/**
 * A certificate authority and server certificates for development: ECDSA P-256, kept in a directory and reused until they
 * run out. Real clients check subjectAltName; some of IBM's use the whole "host:port" as the server name, so that form is
 * put beside the plain names.
 */
import "reflect-metadata";
import { X509Certificate as NodeCertificate, randomBytes, webcrypto } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { readPrivateFileIfAny, writePrivateFile } from "../files/private-file.ts";

/** PEM texts and where the CA stands, for clients to trust. */
export interface ServerCertificate {
  /** The server certificate, followed by the CA's. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly caFile: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const SERVER_DAYS = 397;
/** A certificate with less left than this is made anew. */
const RENEW_DAYS = 14;

/**
 * The server certificate in `directory` for localhost, 127.0.0.1 and ::1, with "localhost:<port>" and "127.0.0.1:<port>" for
 * every given port. Made when absent, expiring, or without one of the names; the CA outlives server certificates.
 */
export async function serverCertificate(
  directory: string,
  ports: readonly number[],
  now: Date,
): Promise<ServerCertificate> {
  const caFile = join(directory, "ca.pem");
  const ca = (await load(caFile, join(directory, "ca.key"), now)) ?? (await makeAuthority(directory, now));
  const names = [
    "localhost",
    ...ports.filter((port) => port > 0).flatMap((port) => [`localhost:${port}`, `127.0.0.1:${port}`]),
  ];
  const certFile = join(directory, "server.pem");
  const keyFile = join(directory, "server.key");
  const found = await load(certFile, keyFile, now);
  const server =
    found !== undefined && isUsable(found, ca, names) ? found : await makeServer(certFile, keyFile, ca, names, now);
  return { cert: server.cert + ca.cert, key: server.key, ca: ca.cert, caFile };
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A pair from files; undefined when one is absent or the certificate is about to run out. */
async function load(certFile: string, keyFile: string, now: Date): Promise<Pair | undefined> {
  const key = await readPrivateFileIfAny(keyFile);
  if (key === undefined) return undefined;
  let cert: string;
  try {
    cert = await readFile(certFile, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const expires = new NodeCertificate(cert).validToDate.getTime();
  if (expires - now.getTime() < RENEW_DAYS * DAY_MS) return undefined;
  return { cert, key: new TextDecoder().decode(key) };
}

function isUsable(server: Pair, ca: Pair, names: readonly string[]): boolean {
  const certificate = new NodeCertificate(server.cert);
  if (!certificate.verify(new NodeCertificate(ca.cert).publicKey)) return false;
  const present = certificate.subjectAltName ?? "";
  return names.every((name) => present.split(", ").includes(`DNS:${name}`));
}

async function makeAuthority(directory: string, now: Date): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=grep11 development CA",
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return store(join(directory, "ca.pem"), join(directory, "ca.key"), certificate, keys.privateKey);
}

async function makeServer(
  certFile: string,
  keyFile: string,
  ca: Pair,
  names: readonly string[],
  now: Date,
): Promise<Pair> {
  const issuer = new x509.X509Certificate(ca.cert);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(ca.key),
    ALGORITHM,
    false,
    ["sign"],
  );
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=localhost",
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + SERVER_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: "dns" as const, value })),
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "::1" },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return store(certFile, keyFile, certificate, keys.privateKey);
}

async function store(
  certFile: string,
  keyFile: string,
  certificate: x509.X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<Pair> {
  const cert = `${certificate.toString("pem")}\n`;
  const key = `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`;
  await writePrivateFile(keyFile, key);
  await writeFile(certFile, cert);
  return { cert, key };
}

/** 16 random bytes as hex, positive. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
