/**
 * Signs digests with ECDSA if OpenSSL cannot be called directly. JavaScript does no curve arithmetic on secrets: OpenSSL
 * computes k·G, and s is computed on blinded numbers. Verification involves no secrets.
 */

import { randomBytes } from "node:crypto";
import { bitLength, concatenate, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, mod } from "@noble/curves/abstract/modular.js";
import { parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { drawBelow } from "../keys/private-value.ts";
import type { Curve } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { pointOf, pointsOf } from "./weierstrass-points.ts";

/** Has the same contract as signDigest in ecdsa-raw.ts. */
export function portableSign(curve: Curve, privateKeyDer: Uint8Array, digest: Uint8Array): Uint8Array {
  const key = parsePrivateKey(privateKeyDer);
  if (key.type !== "ec" || key.curve !== curve) throw new Error(`not a private key on ${curve.name}`);
  const n = curve.order;
  const d = toBigInt(key.privateValue);
  const z = leftmostBits(digest, curve);
  for (;;) {
    const nonce = drawBelow(n, randomBytes);
    const k = toBigInt(nonce);
    const r = toBigInt(publicPoint(curve, nonce).subarray(1, 1 + curve.fieldBytes)) % n;
    nonce.fill(0);
    const blind = toBigInt(drawBelow(n, randomBytes));
    const blindedSum = mod(blind * z + mod(blind * d, n) * r, n);
    const s = mod(invert(mod(k * blind, n), n) * blindedSum, n);
    if (r !== 0n && s !== 0n) return concatenate(fromBigInt(r, curve.orderBytes), fromBigInt(s, curve.orderBytes));
  }
}

/** Has the same contract as verifyDigest in ecdsa-raw.ts. */
export function portableVerify(
  curve: Curve,
  publicKeyDer: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = parsePublicKey(publicKeyDer);
  if (key.type !== "ec" || key.curve !== curve) throw new Error(`not a public key on ${curve.name}`);
  const n = curve.order;
  const r = toBigInt(signature.subarray(0, curve.orderBytes));
  const s = toBigInt(signature.subarray(curve.orderBytes));
  if (r === 0n || r >= n || s === 0n || s >= n) return false;
  const publicKey = pointOf(curve, key.point);
  if (publicKey === undefined) throw new Error(`not a point on ${curve.name}`);
  const inverse = invert(s, n);
  const u1 = mod(leftmostBits(digest, curve) * inverse, n);
  const u2 = mod(r * inverse, n);
  const sum = pointsOf(curve).BASE.multiplyUnsafe(u1).add(publicKey.multiplyUnsafe(u2));
  return !sum.is0() && mod(sum.toAffine().x, n) === r;
}

/** The function bits2int of RFC 6979, 2.3.2. */
function leftmostBits(digest: Uint8Array, { order, orderBytes }: Curve): bigint {
  const number = toBigInt(digest.subarray(0, orderBytes));
  const excess = 8 * orderBytes - bitLength(order);
  return digest.length >= orderBytes ? number >> BigInt(excess) : number;
}
