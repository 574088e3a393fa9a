/** OAEP as encryption and key transport share it (RFC 8017, 7.1). The hash and the hash of MGF1 may differ. */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { decryptOaep, privateOperation, type RsaKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { decodeOaep, encodeOaep, maxOaepMessage } from "../../primitives/rsa/rsa-oaep-encoding.ts";
import { operateWithAnyKey, rsaKeyOf } from "./rsa-use.ts";

type OaepParameter = ReadBy<typeof ck.CKM_RSA_PKCS_OAEP>;

/** Throws CKR_MECHANISM_PARAM_INVALID if the modulus is too short for the hash, even with an empty message. */
export function requireRoomForHash(key: Key, scheme: OaepParameter): void {
  if (maxOaepMessage(scheme, rsaKeyOf(key).modulus.length) >= 0) return;
  throw ck.CkError.mechanismParamInvalid("the hash is too long for the key");
}

/** Returns the ciphertext of `message`. Throws `tooLong` if the message is too long for the key and the hash. */
export function encryptWithOaep(
  key: Key,
  scheme: OaepParameter,
  message: Uint8Array,
  random: RandomSource,
  tooLong: (detail: string) => ck.CkError,
): Uint8Array {
  const rsa = rsaPublicKey(key.value);
  const max = maxOaepMessage(scheme, rsa.modulus.length);
  if (message.length > max) throw tooLong(`this key and hash take at most ${Math.max(max, 0)} bytes`);
  const encoded = encodeOaep(scheme, message, rsa.modulus.length, random(ck.HASHES[scheme.hash].bytes));
  return operateWithAnyKey(rsa, encoded)!;
}

/**
 * Returns the message of a ciphertext, which must be as long as the modulus and smaller; undefined if anything is wrong with
 * it.
 */
export function decryptWithOaep(key: RsaKey, scheme: OaepParameter, ciphered: Uint8Array): Uint8Array | undefined {
  // OpenSSL can only use the same hash for both purposes.
  if (scheme.hash === scheme.mgf) return decryptOaep(key, scheme.hash, scheme.label, ciphered);
  return decodeOaep(scheme, privateOperation(key, ciphered));
}
