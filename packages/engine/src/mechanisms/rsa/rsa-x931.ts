/** RSA signatures of ANSI X9.31 (PKCS #11 v3.2, 6.1.13 and 6.1.16). */
import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import { modulusBits, type RsaKey, rsaPrivateKey, rsaPublicKey } from "../../primitives/rsa/rsa.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { paddedComplement, padX931, smallerComplement, X931_OVERHEAD_BYTES } from "../../primitives/rsa/x931.ts";
import type { Family } from "../family.ts";
import { OUTDATED, rsaKeys, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { type DigestSigner, hashAndSign } from "../signature/signing.ts";
import { openSignature, rsaCost, rsaKeyOf } from "./rsa-use.ts";

/** The hash identifiers of ISO/IEC 10118, which follow the digest. */
const HASH_IDENTIFIERS = {
  sha1: 0x33,
  sha256: 0x34,
  sha512: 0x35,
  sha384: 0x36,
  sha224: 0x38,
} as const satisfies Partial<Record<ck.HashName, number>>;

type ErrorOf = (detail: string) => ck.CkError;

/** Signs a digest followed by its hash identifier. Throws CKR_DATA_LEN_RANGE. */
export const rsaX931: DigestSigner<undefined> = {
  cost: rsaCost,
  requireKey: requireWholeBytes,
  sign: (key, _parameter, data) => sign(key, data, ck.CkError.dataLenRange),
  verify: (key, _parameter, data, signature) => verify(key, data, signature, ck.CkError.dataLenRange),
};

/** Throws CKR_KEY_SIZE_RANGE for keys that are too short for the hash. */
export function rsaX931Hash(hash: keyof typeof HASH_IDENTIFIERS): Family<undefined> {
  const data = (digest: Uint8Array) => Uint8Array.of(...digest, HASH_IDENTIFIERS[hash]);
  return hashAndSign(hash, {
    cost: rsaCost,
    requireKey(key) {
      requireWholeBytes(key);
      padded(rsaKeyOf(key), data(new Uint8Array(ck.HASHES[hash].bytes)), ck.CkError.keySizeRange);
    },
    sign: (key, _parameter, digest) => sign(key, data(digest), ck.CkError.keySizeRange),
    verify: (key, _parameter, digest, signature) => verify(key, data(digest), signature, ck.CkError.keySizeRange),
  });
}

function sign(key: Key, data: Uint8Array, tooLong: ErrorOf): Uint8Array {
  const rsa = rsaPrivateKey(key.value);
  return smallerComplement(privateOperation(rsa, padded(rsa, data, tooLong)), rsa.modulus);
}

function verify(key: Key, data: Uint8Array, signature: Uint8Array, tooLong: ErrorOf): boolean {
  const rsa = rsaPublicKey(key.value);
  const expected = padded(rsa, data, tooLong);
  const opened = openSignature(rsa, signature);
  return opened !== undefined && equalBytes(paddedComplement(opened, rsa.modulus), expected);
}

function padded({ modulus }: RsaKey, data: Uint8Array, tooLong: ErrorOf): Uint8Array {
  const block = padX931(data, modulus.length);
  if (block !== undefined) return block;
  throw tooLong(`this key takes at most ${modulus.length - X931_OVERHEAD_BYTES} bytes`);
}

/**
 * Throws CKR_KEY_SIZE_RANGE if the length of the modulus in bits is not a multiple of 8. The first byte of padded
 * data is 6A or 6B, so the padded data could then be larger than the modulus.
 */
function requireWholeBytes(key: Key): void {
  if (modulusBits(rsaKeyOf(key)) % 8 !== 0) {
    throw ck.CkError.keySizeRange("X9.31 signs with moduli of a whole number of bytes");
  }
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_RSA_X9_31, { ...rsaKeys, flags: SIGNATURE, family: rsaX931 }),
  row(ck.CKM_SHA1_RSA_X9_31, {
    ...rsaKeys,
    flags: SIGNATURE,
    shape: "multi",
    controlPoints: [...rsaKeys.controlPoints, ...OUTDATED],
    family: rsaX931Hash("sha1"),
  }),
];
