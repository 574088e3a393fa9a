/** Checks the certificates and keys for the connection before connecting, so that errors can name the file. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { UsageError } from "@grep11/command-line";

/** Parses one kind of PEM, which error messages call `what`. `read` throws the errors of node:crypto. */
export interface PemCheck {
  readonly what: string;
  read(pem: Buffer): unknown;
}

export const isCertificate: PemCheck = { what: "certificate", read: (pem) => new X509Certificate(pem) };
export const isPrivateKey: PemCheck = {
  what: "private key without a passphrase",
  read: (pem) => createPrivateKey(pem),
};

/** Returns `pem`, which is the content of the file `path`. Errors: UsageError if it cannot be parsed. */
export function requirePem(pem: Uint8Array, path: string, { what, read }: PemCheck): Uint8Array {
  try {
    read(Buffer.from(pem));
    return pem;
  } catch (error) {
    throw new UsageError(`${path} is not a ${what} in PEM`, { cause: error });
  }
}

/** Throws a UsageError unless the client's key belongs to the first of its certificates, or both are absent. */
export function requirePair({ cert, key }: { readonly cert?: Uint8Array; readonly key?: Uint8Array }): void {
  if (cert === undefined && key === undefined) return;
  if (cert === undefined || key === undefined)
    throw new UsageError("a client certificate and its key belong together: give both");
  if (!new X509Certificate(Buffer.from(cert)).checkPrivateKey(createPrivateKey(Buffer.from(key)))) {
    throw new UsageError("the client key does not belong to the client certificate");
  }
}
