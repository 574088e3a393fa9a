/** Operations with keys on all curves. */
import { createECDH, createPublicKey, diffieHellman, ECDH } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { EncodingError, equalBytes } from "@grep11/encoding";
import { ed448 } from "@noble/curves/ed448.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { encodePublicKey } from "../keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject, rawPrivateKeyObject } from "../keys/key-objects.ts";
import type { EcPrivateKey, EcPublicKey } from "../keys/keys.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import { drawBelow } from "../random.ts";
import { blsPublicKey, isBlsPublicKey } from "./bls.ts";
import { type Curve, ED25519, SECP256K1 } from "./curves.ts";
import { libsecp256k1 } from "./libsecp256k1.ts";

/**
 * Returns the public key of `privateValue`: an uncompressed point, or the raw key of 25519 and 448. Throws
 * {@link EncodingError} if the private value is zero or not less than the order.
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

/** Uses the fastest implementation: libsecp256k1 on its curve, OpenSSL called directly, or node:crypto. */
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
 * Whether `point`, whose form must have been checked, is valid. Every value is valid on a Montgomery curve, because it
 * is on the curve or on its twist (RFC 7748).
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

/** Decompresses a point of a Weierstrass curve (SEC 1, 2.3.4); undefined if it is not on the curve. */
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

/**
 * Draws a private value (FIPS 186-5, A.2.2; RFC 7748 and RFC 8032 accept any bytes) and computes its public key twice to detect
 * faults. This is the pairwise test that XCP_CPB_SKIP_KEYTESTS would skip (SP 800-56A r3, 5.6.2.1.4).
 */
export function generateEcKeyPair(curve: Curve, random: (length: number) => Uint8Array): EcPrivateKey & EcPublicKey {
  const anyBytes = curve.family === "edwards" || curve.family === "montgomery";
  const privateValue = anyBytes ? random(curve.privateBytes) : drawBelow(curve.order, random);
  const point = publicPoint(curve, privateValue);
  if (!equalBytes(point, publicPoint(curve, privateValue))) throw new Error("the key pair is not consistent");
  return { type: "ec", curve, privateValue, point };
}

/**
 * Elliptic-curve Diffie-Hellman (SP 800-56A r3, 5.7.1.2; RFC 7748, 6). Returns the x coordinate, as long as a field element, or
 * the 32 or 56 bytes of X25519 and X448; undefined if the peer's `point` is not on the curve, or if the result is zero.
 */
export function agreeOnCurve(curve: Curve, pkcs8: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const privateKey = privateKeyObject(pkcs8);
  try {
    const publicKey = publicKeyObject(encodePublicKey({ type: "ec", curve, point }));
    const secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
    return curve.family === "montgomery" && secret.every((byte) => byte === 0) ? undefined : secret;
  } catch {
    return undefined;
  }
}
