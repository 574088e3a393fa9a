/**
 * The Schnorr signatures of CKM_IBM_ECDSA_OTHER (docs/reference/ep11.md#schnorr), with SHA-256 on 256-bit curves. OpenSSL
 * computes k·G; s is computed on blinded numbers.
 */

import { createHash, createHmac, randomBytes } from "node:crypto";
import { concatenate, equalBytes, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, mod } from "@noble/curves/abstract/modular.js";
import { createHmacDrbg } from "@noble/curves/utils.js";
import type { Curve } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { compressedPoint, pointOf, pointsOf } from "./weierstrass-points.ts";

export interface SchnorrVariant {
  /** The nonce depends on this name, so that signatures of different variants never share a nonce. */
  readonly name: string;
  /** Returns the 32-byte hash of commitment, public key (both uncompressed) and message. */
  challenge(commitment: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** Whether the challenge is reduced modulo the order before it becomes the first half of the signature. */
  readonly reduces: boolean;
  /** s = k + sign · r · d. */
  readonly sign: 1n | -1n;
}

/** ISO/IEC 14888-3: r = SHA-256(xW ‖ yW ‖ M), s = k + r·d. */
export const EC_SDSA: SchnorrVariant = {
  name: "EC-SDSA",
  challenge: (commitment, _publicKey, message) => sha256(commitment.subarray(1), message),
  reduces: false,
  sign: 1n,
};

/** The Zilliqa blockchain: r = SHA-256(Q ‖ P ‖ M) mod n with compressed points, s = k - r·d. */
export const ZILLIQA: SchnorrVariant = {
  name: "Zilliqa",
  challenge: (commitment, publicKey, message) =>
    sha256(compressedPoint(commitment), compressedPoint(publicKey), message),
  reduces: true,
  sign: -1n,
};

/** Length in bytes of r and of s. */
const HALF = 32;

/** The point is uncompressed. */
export interface SchnorrKey {
  readonly curve: Curve;
  readonly privateValue: Uint8Array;
  readonly point: Uint8Array;
}

/** Returns r ‖ s (64 bytes). The nonce depends on the key, the message and bytes from `random`. */
export function schnorrSign(
  variant: SchnorrVariant,
  key: SchnorrKey,
  message: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array {
  for (;;) {
    const nonce = hedgedNonce(variant, key, message, random(HALF));
    const signature = schnorrSignWith(variant, key, message, nonce);
    nonce.fill(0);
    if (signature !== undefined) return signature;
  }
}

/** The nonce is from 1 to n - 1. Returns undefined if r or s is zero, so that another nonce is needed. */
export function schnorrSignWith(
  variant: SchnorrVariant,
  { curve, privateValue, point }: SchnorrKey,
  message: Uint8Array,
  nonce: Uint8Array,
): Uint8Array | undefined {
  const n = curve.order;
  const challenge = variant.challenge(publicPoint(curve, nonce), point, message);
  const r = mod(toBigInt(challenge), n);
  const blind = 1n + mod(toBigInt(randomBytes(HALF + 8)), n - 1n);
  const blinded = mod(blind * toBigInt(nonce) + variant.sign * r * mod(blind * toBigInt(privateValue), n), n);
  const s = mod(invert(blind, n) * blinded, n);
  if (r === 0n || s === 0n) return undefined;
  return concatenate(variant.reduces ? fromBigInt(r, HALF) : challenge, fromBigInt(s, HALF));
}

/** Returns false also for a signature of the wrong length. */
export function schnorrVerify(
  variant: SchnorrVariant,
  curve: Curve,
  point: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 2 * HALF) return false;
  const n = curve.order;
  const first = signature.subarray(0, HALF);
  const r = toBigInt(first);
  const s = toBigInt(signature.subarray(HALF));
  if (mod(r, n) === 0n || (variant.reduces && r >= n) || s === 0n || s >= n) return false;
  const publicKey = pointOf(curve, point);
  if (publicKey === undefined) return false;
  const commitment = pointsOf(curve)
    .BASE.multiplyUnsafe(s)
    .add(publicKey.multiplyUnsafe(mod(-variant.sign * r, n)));
  if (commitment.is0()) return false;
  const challenge = variant.challenge(commitment.toBytes(false), point, message);
  return equalBytes(variant.reduces ? fromBigInt(mod(toBigInt(challenge), n), HALF) : challenge, first);
}

/**
 * Derives a nonce from 1 to n - 1 from private key, message, random bytes, variant and curve (RFC 6979, 3.6). It repeats only
 * if all of these repeat.
 */
function hedgedNonce(
  { name }: SchnorrVariant,
  { curve, privateValue }: SchnorrKey,
  message: Uint8Array,
  random: Uint8Array,
): Uint8Array {
  const draw = createHmacDrbg<Uint8Array>(HALF, HALF, (key: Uint8Array, data: Uint8Array) =>
    Uint8Array.from(createHmac("sha256", key).update(data).digest()),
  );
  const seed = concatenate(privateValue, sha256(message), random, Buffer.from(`${name} ${curve.name}`));
  const limit = fromBigInt(curve.order, HALF);
  const nonce = draw(seed, (candidate) => {
    const fits = Buffer.compare(candidate, limit) < 0 && candidate.some((byte) => byte !== 0);
    return fits ? Uint8Array.from(candidate) : undefined;
  });
  seed.fill(0);
  return nonce;
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const state = createHash("sha256");
  for (const part of parts) state.update(part);
  return Uint8Array.from(state.digest());
}
