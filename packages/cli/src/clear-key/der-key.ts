import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { ClearFile } from "./clear-file.ts";
import { unreadablePrivateKey } from "./unreadable.ts";

/**
 * Returns the key in a DER file, or undefined if there is none. Nothing in DER labels the format, so PKCS #8, PKCS #1, SEC 1,
 * SubjectPublicKeyInfo and certificate are tried in turn. Errors: UsageError if a passphrase is wrong.
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
