/**
 * What the value of a key says about it: numbers and encodings that attributes, check sums and policies are made of. Read
 * from the DER of asymmetric keys, so that nothing is stored twice.
 */

import * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import type { Curve } from "../primitives/ec/curves.ts";
import { type PrivateKey, type PublicKey, parsePrivateKey, parsePublicKey } from "../primitives/keys/key-encodings.ts";
import { publicKeyOfPrivate } from "../primitives/keys/public-key.ts";
import type { KeyMaterial } from "./key.ts";

/** The curve of an elliptic-curve key, or undefined. */
export function curveOfKey(key: KeyMaterial): Curve | undefined {
  if (key.objectClass === ck.CKO_SECRET_KEY || key.keyType !== ck.CKK_EC) return undefined;
  const parsed = keyFacts(key);
  return parsed.type === "ec" ? parsed.curve : undefined;
}

/** The public half of an asymmetric key, parsed. */
export function publicFacts(key: KeyMaterial): PublicKey {
  return parsePublicKey(spkiOf(key));
}

/** The SubjectPublicKeyInfo of an asymmetric key: its own, or the one its private value implies. */
export function spkiOf(key: KeyMaterial): Uint8Array {
  return key.objectClass === ck.CKO_PUBLIC_KEY ? key.value : publicKeyOfPrivate(key.value);
}

/**
 * Key size in bits: of a secret its value, of RSA the modulus, of DSA and DH the prime, of a curve the curve; of a
 * post-quantum key, whose bytes say nothing about it, the strength.
 */
export function sizeInBits(key: KeyMaterial): number {
  if (key.objectClass === ck.CKO_SECRET_KEY) return key.value.length * 8;
  const parsed = keyFacts(key);
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

/** An asymmetric key, parsed. */
export function keyFacts(key: KeyMaterial): PublicKey | PrivateKey {
  return key.objectClass === ck.CKO_PUBLIC_KEY ? parsePublicKey(key.value) : parsePrivateKey(key.value);
}
