/** Certificates for tests, made with @peculiar/x509. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 24 * 60 * 60 * 1000;
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** A certificate and its key in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says; valid from yesterday to tomorrow. */
export interface CertificateOptions {
  readonly name: string;
  /** Purposes of the extended key usage; absent: there is no such extension. */
  readonly usage?: string | readonly string[];
  /** Absent: there is no such extension. */
  readonly keyUsage?: keyof typeof x509.KeyUsageFlags;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** A certificate authority. */
export class Authority {
  readonly cert: string;
  readonly #name: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(name: string, cert: string, keys: webcrypto.CryptoKeyPair) {
    this.#name = name;
    this.cert = cert;
    this.#keys = keys;
  }

  static async create(name: string): Promise<Authority> {
    const keys = await newKeys();
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      keys,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(name, cert.toString("pem"), keys);
  }

  /** A certificate for `localhost` and 127.0.0.1, or for a client. */
  async issue({ name, usage, keyUsage, notBefore = -DAY, notAfter = DAY }: CertificateOptions): Promise<Identity> {
    const keys = await newKeys();
    const cert = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: `CN=${this.#name}`,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(Date.now() + notBefore),
      notAfter: new Date(Date.now() + notAfter),
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
        ]),
        ...(usage === undefined ? [] : [new x509.ExtendedKeyUsageExtension([usage].flat())]),
        ...(keyUsage === undefined ? [] : [new x509.KeyUsagesExtension(x509.KeyUsageFlags[keyUsage], true)]),
      ],
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    return { cert: cert.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}
