/**
 * Converts keys to KeyObjects. Importing a key into OpenSSL costs more than using it, so a KeyObject is cached as long as the
 * array with the key's bytes exists. That array must not be changed while the key is in use.
 */

import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { der, EncodingError } from "@grep11/encoding";
import type { Curve } from "../ec/curves.ts";
import { curveOf, parsePrivateKey, parsePublicKey } from "./key-encodings.ts";

const privateKeys = new WeakMap<Uint8Array, KeyObject>();
const publicKeys = new WeakMap<Uint8Array, KeyObject>();
const secretKeys = new WeakMap<Uint8Array, KeyObject>();

/** Imports a PrivateKeyInfo in EP11's form. Throws {@link EncodingError} if OpenSSL rejects it. */
export function privateKeyObject(pkcs8: Uint8Array): KeyObject {
  return memoised(privateKeys, pkcs8, () => {
    const key = bufferOf(rfcPrivateKeyDer(pkcs8));
    return createPrivateKey({ key, format: "der", type: "pkcs8" });
  });
}

/** Imports a seed or scalar of 25519 or 448. The result is not cached. */
export function rawPrivateKeyObject(curve: Curve, privateValue: Uint8Array): KeyObject {
  const key = bufferOf(rfc8410PrivateKey(curve, privateValue));
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** Imports a SubjectPublicKeyInfo in EP11's form. Throws {@link EncodingError} if OpenSSL rejects it. */
export function publicKeyObject(spki: Uint8Array): KeyObject {
  return memoised(publicKeys, spki, () => {
    const key = bufferOf(rfcPublicKeyDer(spki));
    return createPublicKey({ key, format: "der", type: "spki" });
  });
}

export function secretKeyObject(raw: Uint8Array): KeyObject {
  return memoised(secretKeys, raw, () => createSecretKey(raw));
}

/**
 * Converts a PrivateKeyInfo to a form that OpenSSL can read. Keys of 25519 and 448 are converted to the form of RFC
 * 8410; all other keys are returned unchanged. Throws {@link EncodingError} for a curve that OpenSSL does not have.
 */
export function rfcPrivateKeyDer(pkcs8: Uint8Array): Uint8Array {
  if (!needsRfc8410(pkcs8)) return pkcs8;
  const key = parsePrivateKey(pkcs8);
  return key.type === "ec" ? rfc8410PrivateKey(key.curve, key.privateValue) : pkcs8;
}

/** The public key is left out (RFC 8410, 7). */
function rfc8410PrivateKey(curve: Curve, privateValue: Uint8Array): Uint8Array {
  return der.sequence(der.smallInteger(0), der.sequence(curve.oid), der.octetString(der.octetString(privateValue)));
}

/**
 * Converts a SubjectPublicKeyInfo to a form that OpenSSL can read. Keys of 25519 and 448 are converted to the form of
 * RFC 8410; all other keys are returned unchanged. Throws {@link EncodingError} for a curve that OpenSSL does not have.
 */
export function rfcPublicKeyDer(spki: Uint8Array): Uint8Array {
  if (!needsRfc8410(spki)) return spki;
  const key = parsePublicKey(spki);
  return key.type === "ec" ? der.sequence(der.sequence(key.curve.oid), der.bitString(key.point)) : spki;
}

function needsRfc8410(der: Uint8Array): boolean {
  const curve = curveOf(der);
  if (curve === undefined) return false;
  if (curve.opensslName === undefined) throw new EncodingError(`OpenSSL has no curve ${curve.name}`);
  return curve.family === "edwards" || curve.family === "montgomery";
}

function memoised(memo: WeakMap<Uint8Array, KeyObject>, bytes: Uint8Array, create: () => KeyObject): KeyObject {
  const known = memo.get(bytes);
  if (known !== undefined) return known;
  try {
    const key = create();
    memo.set(bytes, key);
    return key;
  } catch (error) {
    if (error instanceof EncodingError) throw error;
    throw new EncodingError("OpenSSL rejects the key", { cause: error });
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
