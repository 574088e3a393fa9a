/** Certificates and keys of the connection, looked at before anything is sent, so that a mistake has a name. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { UsageError } from "@grep11/command-line";

/** Reads PEM of one kind; throws what node:crypto throws. `what` names the kind. */
export interface PemCheck {
  readonly what: string;
  read(pem: Buffer): unknown;
}

/** One certificate or several. */
export const isCertificate: PemCheck = { what: "certificate", read: (pem) => new X509Certificate(pem) };

/** A private key that no passphrase protects. */
export const isPrivateKey: PemCheck = {
  what: "private key without a passphrase",
  read: (pem) => createPrivateKey(pem),
};

/** `pem`, the content of the file `path`. Errors: UsageError when it is not what `check` wants. */
export function requirePem(pem: Uint8Array, path: string, { what, read }: PemCheck): Uint8Array {
  try {
    read(Buffer.from(pem));
    return pem;
  } catch (error) {
    throw new UsageError(`${path} holds no ${what} in PEM`, { cause: error });
  }
}

/** Errors: UsageError unless `key` is the key of the first certificate in `cert`. */
export function requirePair(cert: Uint8Array, key: Uint8Array): void {
  if (!new X509Certificate(Buffer.from(cert)).checkPrivateKey(createPrivateKey(Buffer.from(key)))) {
    throw new UsageError("the client key does not belong to the client certificate");
  }
}
