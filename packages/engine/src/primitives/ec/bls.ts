/**
 * BLS signatures on BLS12-381 (draft-irtf-cfrg-bls-signature-05; docs/reference/ep11.md#bls). Public keys are points of G1,
 * uncompressed: 04 ‖ X ‖ Y (97 bytes). Signatures are points of G2: x.c1 ‖ x.c0 ‖ y.c1 ‖ y.c0 (192 bytes).
 */
import { concatenate, EncodingError, equalBytes } from "@grep11/encoding";
import type { WeierstrassPoint, WeierstrassPointCons } from "@noble/curves/abstract/weierstrass.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { BLS12_381 } from "./curves.ts";

/** Domain separation tags. */
export const BLS_POSSESSION_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
export const BLS_BASIC_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";

/**
 * Whether or not signatures need proofs of possession (as in Ethereum). Signatures of one suite never verify in the
 * other suite.
 */
export type BlsSuite = "possession" | "basic";

export const BLS_SIGNATURE_BYTES = 192;

const { longSignatures: suite, G1, G2 } = bls12_381;
/** The first byte of an uncompressed point. */
const UNCOMPRESSED = 4;

/** Throws {@link EncodingError} if the private value is zero or not less than the order. */
export function blsPublicKey(privateValue: Uint8Array): Uint8Array {
  try {
    return encodePublic(suite.getPublicKey(privateValue));
  } catch (error) {
    throw new EncodingError(`not a private value on ${BLS12_381.name}`, { cause: error });
  }
}

/** Whether `point` is on the curve, in the subgroup of prime order, and not the identity. */
export function isBlsPublicKey(point: Uint8Array): boolean {
  return decodePublic(point) !== undefined;
}

/** Does not hash the message beforehand. `tag` is a domain separation tag. */
export function blsSign(privateValue: Uint8Array, message: Uint8Array, tag: string): Uint8Array {
  return suite.sign(suite.hash(message, tag), privateValue).toBytes(false);
}

/**
 * Verifies the aggregate of the signatures of `message` by all `publicKeys`, of which there must be at least one. With several
 * keys this is secure only if their owners have proved possession of the private keys.
 */
export function blsVerify(
  publicKeys: readonly Uint8Array[],
  message: Uint8Array,
  signature: Uint8Array,
  tag: string,
): boolean {
  const sum = sumOf(publicKeys, decodePublic);
  const point = decode(G2.Point, signature);
  if (sum === undefined || point === undefined) return false;
  return suite.verify(point, suite.hash(message, tag), sum);
}

/** Returns undefined if a signature is malformed, if there are none, or if the sum is the identity. */
export function blsAggregateSignatures(signatures: readonly Uint8Array[]): Uint8Array | undefined {
  return sumOf(signatures, (signature) => decode(G2.Point, signature))?.toBytes(false);
}

/** Returns undefined if a public key is invalid, if there are none, or if the sum is the identity. */
export function blsAggregatePublicKeys(publicKeys: readonly Uint8Array[]): Uint8Array | undefined {
  const sum = sumOf(publicKeys, decodePublic);
  return sum && encodePublic(sum);
}

function sumOf<F>(
  encoded: readonly Uint8Array[],
  decodeOne: (bytes: Uint8Array) => WeierstrassPoint<F> | undefined,
): WeierstrassPoint<F> | undefined {
  let sum: WeierstrassPoint<F> | undefined;
  for (const bytes of encoded) {
    const point = decodeOne(bytes);
    if (point === undefined) return undefined;
    sum = sum === undefined ? point : sum.add(point);
  }
  return sum?.is0() ? undefined : sum;
}

function decodePublic(point: Uint8Array): WeierstrassPoint<bigint> | undefined {
  if (point.length !== BLS12_381.publicBytes || point[0] !== UNCOMPRESSED) return undefined;
  return decode(G1.Point, point.subarray(1));
}

function encodePublic(point: WeierstrassPoint<bigint>): Uint8Array {
  return concatenate(Uint8Array.of(UNCOMPRESSED), point.toBytes(false));
}

/** Returns undefined unless the encoding is canonical and the point valid, in the subgroup, and not the identity. */
function decode<F>(points: WeierstrassPointCons<F>, bytes: Uint8Array): WeierstrassPoint<F> | undefined {
  try {
    const point = points.fromBytes(bytes);
    point.assertValidity();
    const sound = !point.is0() && point.isTorsionFree() && equalBytes(point.toBytes(false), bytes);
    return sound ? point : undefined;
  } catch {
    return undefined;
  }
}
