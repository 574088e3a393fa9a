/** Checks the certificates and keys of the connection before anything is sent, so that errors name the file. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { UsageError } from "@grep11/command-line";

/** How to parse one kind of PEM, named by `what`. `read` throws the errors of node:crypto. */
export interface PemCheck {
  readonly what: string;
  read(pem: Buffer): unknown;
}

/** The check for one or several certificates. */
export const isCertificate: PemCheck = { what: "certificate", read: (pem) => new X509Certificate(pem) };

/** The check for a private key without a passphrase. */
export const isPrivateKey: PemCheck = {
  what: "private key without a passphrase",
  read: (pem) => createPrivateKey(pem),
};

/** Returns `pem`, which is the content of the file `path`. Errors: UsageError if `check` fails. */
export function requirePem(pem: Uint8Array, path: string, { what, read }: PemCheck): Uint8Array {
  try {
    read(Buffer.from(pem));
    return pem;
  } catch (error) {
    throw new UsageError(`${path} is not a ${what} in PEM`, { cause: error });
  }
}

/** Throws a UsageError unless `key` belongs to the first certificate in `cert`. */
export function requirePair(cert: Uint8Array, key: Uint8Array): void {
  if (!new X509Certificate(Buffer.from(cert)).checkPrivateKey(createPrivateKey(Buffer.from(key)))) {
    throw new UsageError("the client key does not belong to the client certificate");
  }
}
