/**
 * Properties that follow from the value of a key: numbers and encodings for attributes, CheckSum and policies. They are read
 * from the DER of asymmetric keys, so that nothing is stored twice.
 */

import * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import type { Curve } from "../primitives/ec/curves.ts";
import { type PrivateKey, type PublicKey, parsePrivateKey, parsePublicKey } from "../primitives/keys/key-encodings.ts";
import { publicKeyOfPrivate } from "../primitives/keys/public-key.ts";
import type { KeyMaterial } from "./key.ts";

/** Returns the curve of an elliptic-curve key; undefined for other keys. */
export function curveOfKey(key: KeyMaterial): Curve | undefined {
  if (key.objectClass === ck.CKO_SECRET_KEY || key.keyType !== ck.CKK_EC) return undefined;
  const parsed = parsedKey(key);
  return parsed.type === "ec" ? parsed.curve : undefined;
}

/** Parses the public half of an asymmetric key. */
export function parsedPublicHalf(key: KeyMaterial): PublicKey {
  return parsePublicKey(spkiOf(key));
}

/** Returns the SubjectPublicKeyInfo of an asymmetric key, computing it from a private key. */
export function spkiOf(key: KeyMaterial): Uint8Array {
  return key.objectClass === ck.CKO_PUBLIC_KEY ? key.value : publicKeyOfPrivate(key.value);
}

/**
 * Returns the size of a key in bits: the length of a secret key, of the modulus of RSA, of the prime of DSA and DH, or of the
 * curve's field. For post-quantum keys, whose length means little, it is the strength.
 */
export function sizeInBits(key: KeyMaterial): number {
  if (key.objectClass === ck.CKO_SECRET_KEY) return key.value.length * 8;
  const parsed = parsedKey(key);
  switch (parsed.type) {
    case "rsa":
      return bitLength(parsed.modulus);
    case "ec":
      return parsed.curve.bits;
    case "pqc":
      return parsed.set.strength;
    default:
      return bitLength(parsed.prime);
  }
}

/** Parses an asymmetric key. */
export function parsedKey(key: KeyMaterial): PublicKey | PrivateKey {
  return key.objectClass === ck.CKO_PUBLIC_KEY ? parsePublicKey(key.value) : parsePrivateKey(key.value);
}
