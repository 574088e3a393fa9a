/** RSA PKCS #1 v1.5 (RFC 8017, 7.2 and 8.2; PKCS #11 v3.2, 6.1.6 and 6.1.14). */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { requireSecretLength, resolveSecretKeyRules } from "../../objects/key-types.ts";
import type { UnwrapTarget } from "../../objects/unwrapped.ts";
import type { RandomSource } from "../../primitives/random.ts";
import { decryptPkcs1, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { digestInfo, PKCS1_OVERHEAD_BYTES, padMessage, padSignature } from "../../primitives/rsa/rsa-pkcs1-encoding.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { substituteSecret } from "../../primitives/rsa/rsa-substitute.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { CRYPT, OUTDATED, outdatedIf, PKCS1, rsaKeys, SIGNATURE, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { hashAndSign } from "../signature/signing.ts";
import * as rsaUse from "./rsa-use.ts";

/**
 * Encrypts data, signs the caller's DigestInfo or other data, and wraps secret keys. For a ciphertext with invalid
 * padding, decryption returns other bytes, and unwrapping returns another key. Neither of them fails, because an error
 * would help an attacker to find the plaintext (Bleichenbacher's attack).
 */
export const rsaPkcs: Family<undefined> = {
  cost: rsaUse.rsaCost,
  encrypt(key, _parameter, plain, random) {
    return encrypt(key, plain, random, ck.CkError.dataLenRange);
  },
  decrypt(key, _parameter, ciphered) {
    const rsa = rsaPrivateKey(key.value);
    rsaUse.requireCiphertext(rsa, ciphered);
    return decryptPkcs1(rsa, ciphered);
  },
  sign(key, _parameter, data) {
    return sign(key, data, ck.CkError.dataLenRange);
  },
  verify(key, _parameter, data, signature) {
    return verify(key, data, signature, ck.CkError.dataLenRange);
  },
  wrap(kek, _parameter, key, _macKey, random) {
    rsaUse.requireSecretKey(key);
    return encrypt(kek, key.value, random, ck.CkError.keySizeRange);
  },
  unwrap(kek, _parameter, wrapped, target) {
    const length = wrappedLength(target);
    const rsa = rsaPrivateKey(kek!.value);
    rsaUse.requireWrapped(rsa, wrapped);
    const substitute = substituteSecret(kek!.value, wrapped, length);
    const found = decryptPkcs1(rsa, wrapped);
    return { value: found.length === length ? found : substitute };
  },
};

/** Signs the DigestInfo of a message. Throws CKR_KEY_SIZE_RANGE if the key is too short. */
export function rsaPkcsHash(hash: ck.HashName): Family<undefined> {
  const encodedBytes = digestInfo(hash, new Uint8Array(ck.HASHES[hash].bytes)).length;
  return hashAndSign(hash, {
    cost: rsaUse.rsaCost,
    requireKey(key) {
      const length = rsaUse.rsaKeyOf(key).modulus.length;
      if (encodedBytes > length - PKCS1_OVERHEAD_BYTES) refuse(ck.CkError.keySizeRange, length);
    },
    sign: (key, _parameter, digest) => sign(key, digestInfo(hash, digest), ck.CkError.keySizeRange),
    verify: (key, _parameter, digest, signature) =>
      verify(key, digestInfo(hash, digest), signature, ck.CkError.keySizeRange),
  });
}

type ErrorOf = (detail: string) => ck.CkError;

function encrypt(key: Key, message: Uint8Array, random: RandomSource, tooLong: ErrorOf): Uint8Array {
  const rsa = rsaPublicKey(key.value);
  const length = rsa.modulus.length;
  const padded = padMessage(message, length, random) ?? refuse(tooLong, length);
  const ciphered = rsaUse.operateWithAnyKey(rsa, padded)!;
  padded.fill(0);
  return ciphered;
}

function sign(key: Key, data: Uint8Array, tooLong: ErrorOf): Uint8Array {
  const rsa = rsaPrivateKey(key.value);
  const length = rsa.modulus.length;
  return privateOperation(rsa, padSignature(data, length) ?? refuse(tooLong, length));
}

function verify(key: Key, data: Uint8Array, signature: Uint8Array, tooLong: ErrorOf): boolean {
  const rsa = rsaPublicKey(key.value);
  const length = rsa.modulus.length;
  const expected = padSignature(data, length) ?? refuse(tooLong, length);
  const encoded = rsaUse.openSignature(rsa, signature);
  return encoded !== undefined && equalBytes(encoded, expected);
}

function refuse(error: ErrorOf, length: number): never {
  throw error(`a key of ${length} bytes takes at most ${length - PKCS1_OVERHEAD_BYTES} bytes`);
}

/** Throws CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE. */
function wrappedLength(target: UnwrapTarget): number {
  const rules = resolveSecretKeyRules(target.keyType);
  if (rules.lengths?.length === 1) return rules.lengths[0]!;
  if (target.valueLen === undefined) throw ck.CkError.templateIncomplete(ck.CKA_VALUE_LEN);
  requireSecretLength(rules, target.valueLen);
  return target.valueLen;
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_PKCS, {
    ...rsaKeys,
    flags: CRYPT | SIGNATURE | TRANSPORT,
    controlPoints: [...PKCS1, ...OUTDATED],
    family: rsaPkcs,
    needs: { feature: "implicit-rejection", flags: ck.CKF_DECRYPT | ck.CKF_UNWRAP },
  }),
  ...hashRows("rsaPkcs", (mechanism, hash) =>
    row(mechanism, {
      ...rsaKeys,
      flags: SIGNATURE,
      shape: "multi",
      controlPoints: [...PKCS1, ...outdatedIf(hash)],
      family: rsaPkcsHash(hash),
    }),
  ),
];
