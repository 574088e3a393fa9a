import { timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import type { KeyMaterial } from "./key.ts";
import { parsedKey } from "./key-properties.ts";

/** For RSA, DSA and DH: the minimum length of a key in bits, and the strength of such keys in bits. */
const FINITE_FIELD: readonly (readonly [number, number])[] = [
  [15360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
  [1024, 80],
];

/** Minimum length in bytes of a secret that exhaustive search cannot find: 112 bits (SP 800-131A r2). */
export const MIN_HIDDEN_BYTES = 14;

/** Returns the strength in bits (NIST SP 800-57 part 1, table 2); 0 for keys below 80 bits. */
export function strengthOf(key: KeyMaterial): number {
  if (key.objectClass === ck.CKO_SECRET_KEY) return secretStrength(key);
  const parsed = parsedKey(key);
  if (parsed.type === "pqc") return parsed.set.strength;
  if (parsed.type === "ec") return Math.min(256, curveStrength(parsed.curve.bits));
  const bits = bitLength(parsed.type === "rsa" ? parsed.modulus : parsed.prime);
  return FINITE_FIELD.find(([size]) => bits >= size)?.[1] ?? 0;
}

function secretStrength(key: KeyMaterial): number {
  if (key.keyType === ck.CKK_DES2 || key.keyType === ck.CKK_DES3) return desStrength(key);
  const strong = key.keyType === ck.CKK_AES_XTS ? key.value.length / 2 : key.value.length;
  return Math.min(256, strong * 8);
}

/**
 * Returns the strength of triple DES. If two adjacent DES keys are equal, they cancel each other out, and single DES
 * remains.
 */
function desStrength({ keyType, value }: KeyMaterial): number {
  const [first, second, third] = [0, 8, 16].map((at) => value.subarray(at, at + 8));
  if (timingSafeEqual(first!, second!)) return 56;
  if (keyType === ck.CKK_DES2) return 80;
  return timingSafeEqual(second!, third!) ? 56 : 112;
}

/** Returns the strength of a curve over a field of `bits` bits. Curve25519 (255 bits) counts as a 256-bit curve. */
function curveStrength(bits: number): number {
  return Math.floor((bits === 255 ? 256 : bits) / 2);
}
