/**
 * The hash functions (FIPS 180-4, FIPS 202), with their sizes, their OBJECT IDENTIFIERs (RFC 8017, B.1; NIST's register of
 * algorithms), and the numbers of the mechanisms and parameters that use them.
 */
import { HASHES as NUMBERS } from "./gen/hashes.ts";

/**
 * The sizes of one hash function, and the numbers that PKCS #11 and EP11 define for it. A number is absent if neither defines it.
 */
export interface HashNumbers {
  /** The dotted OBJECT IDENTIFIER. */
  readonly oid: string;
  /** The length of the hash in bytes. */
  readonly bytes: number;
  /** The length of a block in bytes. HMAC depends on it. */
  readonly blockBytes: number;
  readonly digest: number;
  readonly hmac: number;
  readonly hmacGeneral: number;
  /** The CKK_* of keys that can only be used for HMAC with this hash. */
  readonly hmacKeyType: number;
  /** The CKG_MGF1_* of the hash. */
  readonly mgf?: number;
  /** The CKD_* of the KDF of ANSI X9.63. */
  readonly kdf?: number;
  /** The CKD_* of the one-step KDF of SP 800-56A. */
  readonly kdfSp800?: number;
  readonly keyDerivation: number;
  readonly rsaPkcs?: number;
  readonly rsaPss?: number;
  readonly ecdsa?: number;
  readonly hashMlDsa?: number;
  /** Further numbers with the same meaning. */
  readonly aliases?: { readonly digest?: number; readonly hmac?: number; readonly mgf?: number };
}

/**
 * The hash functions, by the name that OpenSSL uses. For SHA-3, `digest`, `hmac` and `mgf` are IBM's numbers, which EP11 cards
 * support, and `aliases` has the standard ones.
 */
export const HASHES = NUMBERS satisfies Record<string, HashNumbers>;

/** The name of a hash function. */
export type HashName = keyof typeof HASHES;

/** The names of all hash functions: SHA-1 first, then SHA-2 and SHA-3. */
export const hashNames: readonly HashName[] = Object.keys(HASHES) as HashName[];
