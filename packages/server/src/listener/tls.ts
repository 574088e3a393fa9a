/** Creates the TLS options of a listener, and checks the certificates of its clients. */
import { constants } from "node:crypto";
import { type TlsOptions as NodeTlsOptions, type SecureContextOptions, TLSSocket } from "node:tls";
import type { PeerCertificate, TlsOptions } from "../options.ts";

const HANDSHAKE_TIMEOUT_MS = 10_000;
/**
 * The accepted cipher suites of TLS 1.2, which have AEAD and forward secrecy. The suites of TLS 1.3 are always enabled.
 */
const TLS12_SUITES = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];
/** The OID of clientAuth in the extended key usage of a certificate (RFC 5280 section 4.2.1.12). */
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const TLS13_SUITES = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];

type Pem = string | Buffer | readonly (string | Buffer)[];
const pemList = (pem: Pem): (string | Buffer)[] => (typeof pem === "string" || Buffer.isBuffer(pem) ? [pem] : [...pem]);

/**
 * Returns the options for the certificate, the key and the client CAs. If client certificates are required, sessions
 * are not resumed, so that the client must prove on every connection that it has the private key.
 */
export function secureContextOptions({ cert, key, clientCa, crl }: TlsOptions): SecureContextOptions {
  return {
    cert,
    key,
    minVersion: "TLSv1.2",
    ciphers: [...TLS13_SUITES, ...TLS12_SUITES].join(":"),
    ...(clientCa === undefined ? {} : { ca: pemList(clientCa), secureOptions: constants.SSL_OP_NO_TICKET }),
    ...(crl === undefined ? {} : { crl: pemList(crl) }),
  };
}

/**
 * Returns the options of tls.createServer. With a client CA, OpenSSL checks the chain, the dates and the usages of
 * client certificates. It refuses a certificate, also of an intermediate CA, whose extended key usage does not name
 * clientAuth. `requireClientUsage` decides whether a certificate without that extension is accepted.
 */
export function tlsServerOptions(tls: TlsOptions): NodeTlsOptions {
  const required = tls.clientCa !== undefined;
  return {
    ...secureContextOptions(tls),
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    requestCert: required,
    rejectUnauthorized: required,
  };
}

/** Returns whether the client certificate of `socket` has an extended key usage that names clientAuth. */
export function namesClientAuth(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate()?.keyUsage?.includes(CLIENT_AUTH) ?? false;
}

/** Returns the verified client certificate of `socket`. Returns undefined if the client has no certificate. */
export function certificateOf(socket: object): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const sha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  const name = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return { name: name ?? sha256, sha256 };
}
