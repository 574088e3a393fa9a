/** Reads keys in DER, which has no label that tells their format. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { ClearFile } from "./clear-file.ts";
import { unreadablePrivateKey } from "./unreadable.ts";

/**
 * Returns the key in `file` if it is a PKCS #8, PKCS #1, SEC 1, SubjectPublicKeyInfo or certificate, otherwise undefined. Errors:
 * UsageError.
 */
export async function keyOfDer(file: ClearFile): Promise<KeyObject | undefined> {
  const key = Buffer.from(file.content);
  if (key[0] !== 0x30) return undefined;
  const pkcs8 = { key, format: "der", type: "pkcs8" } as const;
  try {
    return createPrivateKey(pkcs8);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MISSING_PASSPHRASE") {
      const passphrase = Buffer.from(await file.passphrase());
      try {
        return createPrivateKey({ ...pkcs8, passphrase });
      } catch (failure) {
        throw unreadablePrivateKey(file, failure, true);
      }
    }
  }
  return (
    attempt(() => createPrivateKey({ key, format: "der", type: "pkcs1" })) ??
    attempt(() => createPrivateKey({ key, format: "der", type: "sec1" })) ??
    attempt(() => createPublicKey({ key, format: "der", type: "spki" })) ??
    attempt(() => createPublicKey({ key, format: "der", type: "pkcs1" })) ??
    attempt(() => new X509Certificate(key).publicKey)
  );
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
