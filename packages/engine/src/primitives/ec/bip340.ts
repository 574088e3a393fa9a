/** Schnorr signatures of BIP-340. OpenSSL computes the points of secret scalars; s is computed on blinded numbers. */

import { createHash, randomBytes } from "node:crypto";
import { concatenate, equalBytes, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, mod } from "@noble/curves/abstract/modular.js";
import { SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { pointOf, pointsOf } from "./weierstrass-points.ts";

export const BIP340_SIGNATURE_BYTES = 64;

/** Length in bytes of a scalar, of a coordinate and of the auxiliary data: half of a signature. */
const HALF = 32;
const N = SECP256K1.order;

/** Signs a message. `auxiliary` is mixed into the nonce; it has 32 bytes, which should be random. */
export function bip340Sign(privateValue: Uint8Array, message: Uint8Array, auxiliary: Uint8Array): Uint8Array {
  const key = evenY(privateValue);
  const masked = taggedHash("BIP0340/aux", auxiliary).map((byte, at) => byte ^ key.scalar[at]!);
  const seed = taggedHash("BIP0340/nonce", masked, key.x, message);
  const nonce = evenY(fromBigInt(mod(toBigInt(seed), N), HALF));
  const challenge = mod(toBigInt(taggedHash("BIP0340/challenge", nonce.x, key.x, message)), N);
  const blind = 1n + mod(toBigInt(randomBytes(HALF + 8)), N - 1n);
  const blinded = mod(blind * toBigInt(nonce.scalar) + challenge * mod(blind * toBigInt(key.scalar), N), N);
  for (const secret of [key.scalar, masked, seed, nonce.scalar]) secret.fill(0);
  return concatenate(nonce.x, fromBigInt(mod(invert(blind, N) * blinded, N), HALF));
}

/** Verifies a 64-byte signature with the x coordinate of the uncompressed `point`. */
export function bip340Verify(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = point.subarray(1, 1 + HALF);
  const [first, second] = [signature.subarray(0, HALF), signature.subarray(HALF)];
  const s = toBigInt(second);
  const publicKey = pointOf(SECP256K1, point);
  if (publicKey === undefined || s >= N) return false;
  const lifted = isOdd(point) ? publicKey.negate() : publicKey;
  const challenge = mod(toBigInt(taggedHash("BIP0340/challenge", first, x, message)), N);
  const commitment = pointsOf(SECP256K1)
    .BASE.multiplyUnsafe(s)
    .add(lifted.multiplyUnsafe(mod(-challenge, N)));
  if (commitment.is0()) return false;
  const bytes = commitment.toBytes(false);
  return !isOdd(bytes) && equalBytes(bytes.subarray(1, 1 + HALF), first);
}

/**
 * Returns the scalar whose point has an even y coordinate, which is either `value` or its negative, and the x
 * coordinate of that point.
 */
function evenY(value: Uint8Array): { readonly scalar: Uint8Array; readonly x: Uint8Array } {
  const point = publicPoint(SECP256K1, value);
  const scalar = isOdd(point) ? fromBigInt(N - toBigInt(value), HALF) : Uint8Array.from(value);
  return { scalar, x: point.subarray(1, 1 + HALF) };
}

function isOdd(point: Uint8Array): boolean {
  return (point.at(-1)! & 1) === 1;
}

function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const tagHash = createHash("sha256").update(tag).digest();
  const state = createHash("sha256").update(tagHash).update(tagHash);
  for (const part of parts) state.update(part);
  return Uint8Array.from(state.digest());
}
