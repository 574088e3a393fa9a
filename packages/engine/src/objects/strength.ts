/** Strength of a key in bits (NIST SP 800-57 part 1, table 2), for policies that compare keys. */

import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import type { KeyMaterial } from "./key.ts";
import { keyFacts } from "./key-facts.ts";

/** RSA, DSA and DH: from this many bits on, that strength. */
const FINITE_FIELD: readonly (readonly [number, number])[] = [
  [15360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
];

/** A secret of fewer bytes can be found by trying all of them: 112 bits (SP 800-131A r2). */
export const MIN_HIDDEN_BYTES = 14;

/** Strength in bits; 0 for keys below every class. */
export function strengthOf(key: KeyMaterial): number {
  if (key.objectClass === ck.CKO_SECRET_KEY) return secretStrength(key);
  const facts = keyFacts(key);
  if (facts.type === "pqc") return facts.set.strength;
  if (facts.type === "ec") return Math.min(256, curveStrength(facts.curve.bits));
  const bits = bitLength(facts.type === "rsa" ? facts.modulus : facts.prime);
  return FINITE_FIELD.find(([size]) => bits >= size)?.[1] ?? 0;
}

function secretStrength(key: KeyMaterial): number {
  if (key.keyType === ck.CKK_DES2 || key.keyType === ck.CKK_DES3) return desStrength(key);
  const strong = key.keyType === ck.CKK_AES_XTS ? key.value.length / 2 : key.value.length;
  return Math.min(256, strong * 8);
}

/** Two equal neighbours cancel out, so that one key of DES is left. */
function desStrength({ keyType, value }: KeyMaterial): number {
  const [first, second, third] = [0, 8, 16].map((at) => value.subarray(at, at + 8));
  if (timingSafeEqual(first!, second!)) return 56;
  if (keyType === ck.CKK_DES2) return 80;
  return timingSafeEqual(second!, third!) ? 56 : 112;
}

/** Half the field, with the 25519 and 448 curves counted as the 256- and 448-bit curves they stand for. */
function curveStrength(bits: number): number {
  return Math.floor((bits === 255 ? 256 : bits) / 2);
}
