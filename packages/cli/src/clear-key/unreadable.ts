import { UsageError } from "@grep11/command-line";
import { type ClearFile, nameOf, refusal, shellName } from "./clear-file.ts";

/** Returns the error for a private key that Node failed to read with `error`. `encrypted`: a passphrase was used. */
export function unreadablePrivateKey(file: ClearFile, error: unknown, encrypted: boolean): UsageError {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (encrypted && /_EVP_|UNSUPPORTED/.test(code)) {
    return refusal(
      file,
      `holds a private key that is encrypted with an old cipher (DES, RC2 or the like): Node no longer has that cipher. Encrypt it again: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in ${shellName(file)} -out NAME.pem`,
    );
  }
  if (encrypted) return new UsageError(`the passphrase for ${nameOf(file)} is wrong, or the file is damaged`);
  return refusal(
    file,
    "holds a private key that cannot be read: it is damaged, or of a type that OpenSSL does not know. Keys of types that only the HSM knows (bls, dilithium, kyber) need their --type",
  );
}
