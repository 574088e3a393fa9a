/** CKM_RSA_PKCS_OAEP (RFC 8017, 7.1; PKCS #11 v3.1, 6.1.8). */
import { CkError } from "@grep11/cryptoki";
import type { Key } from "../objects/key.ts";
import { HASHES } from "../primitives/hash-name.ts";
import {
  decryptOaep,
  privateOperation,
  publicOperation,
  type RsaKey,
  rsaPrivateKey,
  rsaPublicKey,
} from "../primitives/rsa.ts";
import { decodeOaep, encodeOaep, maxOaepMessage } from "../primitives/rsa-oaep-encoding.ts";
import type { Family, RandomSource } from "./family.ts";
import type { OaepParameter } from "./parameters.ts";
import { requireCiphertext, requireSecretKey, requireWrapped, rsaCost } from "./rsa-use.ts";

/** Encryption and transport of secret keys; hash and MGF1 hash may differ. */
export const rsaOaep: Family<OaepParameter> = {
  cost: rsaCost,
  encrypt(key, scheme, plain, random) {
    return encrypt(key, scheme, plain, random, CkError.dataLenRange);
  },
  decrypt(key, scheme, ciphered) {
    const rsa = rsaPrivateKey(key.value);
    requireCiphertext(rsa, ciphered);
    const plain = decrypt(rsa, scheme, ciphered);
    if (plain === undefined) throw CkError.encryptedDataInvalid();
    return plain;
  },
  wrap(kek, scheme, key, _macKey, random) {
    requireSecretKey(key);
    return encrypt(kek, scheme, key.value, random, CkError.keySizeRange);
  },
  unwrap(kek, scheme, wrapped) {
    const rsa = rsaPrivateKey(kek!.value);
    requireWrapped(rsa, wrapped);
    const value = decrypt(rsa, scheme, wrapped);
    if (value === undefined) throw CkError.wrappedKeyInvalid();
    return { value };
  },
};

function encrypt(
  key: Key,
  scheme: OaepParameter,
  message: Uint8Array,
  random: RandomSource,
  tooLong: (detail: string) => CkError,
): Uint8Array {
  const rsa = rsaPublicKey(key.value);
  const max = maxOaepMessage(scheme, rsa.modulus.length);
  if (message.length > max) throw tooLong(`this key and hash take at most ${Math.max(max, 0)} bytes`);
  const encoded = encodeOaep(scheme, message, rsa.modulus.length, random(HASHES[scheme.hash].bytes));
  return publicOperation(rsa, encoded)!;
}

/** OpenSSL takes only one hash for both uses. */
function decrypt(key: RsaKey, scheme: OaepParameter, ciphered: Uint8Array): Uint8Array | undefined {
  if (scheme.hash === scheme.mgfHash) return decryptOaep(key, scheme.hash, scheme.label, ciphered);
  return decodeOaep(scheme, privateOperation(key, ciphered));
}
