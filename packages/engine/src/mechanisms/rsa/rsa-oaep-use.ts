/** OAEP for encryption and key transport (RFC 8017, 7.1). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { decryptOaep, type RsaKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { decodeOaep, encodeOaep, maxOaepMessage } from "../../primitives/rsa/rsa-oaep-encoding.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { operateWithAnyKey, rsaKeyOf } from "./rsa-use.ts";

type OaepParameter = ReadBy<typeof ck.CKM_RSA_PKCS_OAEP>;

/** Throws CKR_MECHANISM_PARAM_INVALID if the modulus is too short for the hash, even with an empty message. */
export function requireRoomForHash(key: Key, scheme: OaepParameter): void {
  if (maxOaepMessage(scheme, rsaKeyOf(key).modulus.length) >= 0) return;
  throw ck.CkError.mechanismParamInvalid("the hash is too long for the key");
}

/** Throws `tooLong` if the message is too long for the key and the hash. */
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

/** Returns undefined if anything is wrong with the ciphertext, which must be as long as the modulus and smaller. */
export function decryptWithOaep(key: RsaKey, scheme: OaepParameter, ciphered: Uint8Array): Uint8Array | undefined {
  // OpenSSL can decrypt only if both hashes are the same.
  if (scheme.hash === scheme.mgf) return decryptOaep(key, scheme.hash, scheme.label, ciphered);
  return decodeOaep(scheme, privateOperation(key, ciphered));
}
