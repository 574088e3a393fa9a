/**
 * ECDSA of digests (FIPS 186-5, 6.4), which node:crypto does not support. A digest may have any length; only as many of its
 * leftmost bits are used as the order has.
 */

import { randomBytes } from "node:crypto";
import { bitLength, concatenate, ecdsaFromDer, ecdsaToDer, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, mod } from "@noble/curves/abstract/modular.js";
import { parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import { drawBelow } from "../random.ts";
import { type Curve, SECP256K1 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { libsecp256k1 } from "./libsecp256k1.ts";
import { pointOf, pointsOf } from "./weierstrass-points.ts";

/**
 * Returns r ‖ s, each `curve.orderBytes` long. The key is a PrivateKeyInfo on a short Weierstrass curve; OpenSSL's form of it
 * is cached as long as the array `privateKeyDer` exists. Throws an Error for other keys.
 */
export function signDigest(curve: Curve, privateKeyDer: Uint8Array, digest: Uint8Array): Uint8Array {
  const openSsl = openSslInUse();
  if (openSsl === undefined) return portableSign(curve, privateKeyDer, digest);
  const fast = curve === SECP256K1 ? libsecp256k1() : undefined;
  if (fast !== undefined) return fast.sign(privateKeyDer, digest);
  return ecdsaFromDer(openSsl.signDigest(privateKeyDer, digest), curve.orderBytes);
}

/**
 * Returns false also for a signature of the wrong length and for numbers out of range. The key is a SubjectPublicKeyInfo and
 * is cached like the private key. Throws an Error for keys that are not on a short Weierstrass curve.
 */
export function verifyDigest(
  curve: Curve,
  publicKeyDer: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 2 * curve.orderBytes) return false;
  const openSsl = openSslInUse();
  if (openSsl === undefined) return portableVerify(curve, publicKeyDer, digest, signature);
  const fast = curve === SECP256K1 ? libsecp256k1() : undefined;
  if (fast !== undefined) return fast.verify(publicKeyDer, digest, signature);
  return openSsl.verifyDigest(publicKeyDer, digest, ecdsaToDer(signature));
}

/**
 * Signs if OpenSSL cannot be called directly. JavaScript does no curve arithmetic on secrets: OpenSSL computes k·G, and s is
 * computed on blinded numbers.
 */
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

/** bits2int of RFC 6979, 2.3.2. */
function leftmostBits(digest: Uint8Array, { order, orderBytes }: Curve): bigint {
  const number = toBigInt(digest.subarray(0, orderBytes));
  const excess = 8 * orderBytes - bitLength(order);
  return digest.length >= orderBytes ? number >> BigInt(excess) : number;
}
