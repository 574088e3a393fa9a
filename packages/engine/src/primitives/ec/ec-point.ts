/** Public keys on curves: computing them from private values, decompressing them, and checking that they are on the curve. */

import { createECDH, createPublicKey, ECDH } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { EncodingError } from "@grep11/encoding";
import { ed448 } from "@noble/curves/ed448.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { encodePublicKey } from "../keys/key-encodings.ts";
import { publicKeyObject, rawPrivateKeyObject } from "../keys/key-objects.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import { blsPublicKey, isBlsPublicKey } from "./bls.ts";
import { type Curve, ED25519, SECP256K1 } from "./curves.ts";
import { libsecp256k1 } from "./libsecp256k1.ts";

/**
 * Returns the public key of `privateValue`: an uncompressed point, or the raw key of 25519 and 448. Throws {@link
 * EncodingError} if the private value is zero or not less than the order.
 */
export function publicPoint(curve: Curve, privateValue: Uint8Array): Uint8Array {
  if (curve.family === "pairing") return blsPublicKey(privateValue);
  if (ck.isWeierstrass(curve)) return weierstrassPoint(curve, privateValue);
  const spki = createPublicKey(rawPrivateKeyObject(curve, privateValue)).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(-curve.publicBytes));
}

function weierstrassPoint(curve: Curve, privateValue: Uint8Array): Uint8Array {
  const point =
    privateValue.length === curve.privateBytes ? computed(curve, privateValue) : byNode(curve, privateValue);
  if (point === undefined) throw new EncodingError(`the private value is out of range on ${curve.name}`);
  return point;
}

/**
 * Computes the point with the fastest available implementation: libsecp256k1 on its curve, OpenSSL called directly, or
 * node:crypto.
 */
function computed(curve: Curve, privateValue: Uint8Array): Uint8Array | undefined {
  const fast = curve === SECP256K1 ? libsecp256k1() : undefined;
  if (fast !== undefined) return fast.publicPoint(privateValue);
  const openSsl = openSslInUse();
  return openSsl === undefined ? byNode(curve, privateValue) : openSsl.publicPoint(curve, privateValue);
}

function byNode(curve: Curve, privateValue: Uint8Array): Uint8Array | undefined {
  const pair = createECDH(requireOpenSslName(curve));
  try {
    pair.setPrivateKey(privateValue);
  } catch {
    return undefined;
  }
  return new Uint8Array(pair.getPublicKey());
}

/**
 * Returns whether `point`, whose form has been checked, is on the curve. Every value is on a Montgomery curve or its twist
 * (RFC 7748).
 */
export function isOnCurve(curve: Curve, point: Uint8Array): boolean {
  if (curve.family === "montgomery") return true;
  if (curve.family === "pairing") return isBlsPublicKey(point);
  try {
    if (curve.family === "edwards") (curve === ED25519 ? ed25519 : ed448).Point.fromBytes(point);
    else publicKeyObject(encodePublicKey({ type: "ec", curve, point }));
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the uncompressed form of a compressed point (SEC 1, 2.3.4) of a Weierstrass curve; undefined if it is not on the
 * curve.
 */
export function uncompressedPoint(curve: Curve, compressed: Uint8Array): Uint8Array | undefined {
  try {
    const point = ECDH.convertKey(compressed, requireOpenSslName(curve), undefined, undefined, "uncompressed");
    return typeof point === "string" ? undefined : new Uint8Array(point);
  } catch {
    return undefined;
  }
}

function requireOpenSslName({ name, opensslName }: Curve): string {
  if (opensslName === undefined) throw new EncodingError(`OpenSSL has no curve ${name}`);
  return opensslName;
}
