/**
 * EdDSA (RFC 8032): plain, with a context, and over a hash of the message. Plain and context are node:crypto's work; the
 * pre-hashed forms are OpenSSL's where it can be called directly, else those of noble.
 */
import { sign, verify } from "node:crypto";
import { ed448ph } from "@noble/curves/ed448.js";
import { ed25519ph } from "@noble/curves/ed25519.js";
import { openSslInUse } from "./crypto-backend.ts";
import { type Curve, ED25519 } from "./curves.ts";
import { parsePrivateKey, parsePublicKey } from "./key-encodings.ts";
import { privateKeyObject, publicKeyObject, rfcPrivateKeyDer, rfcPublicKeyDer } from "./key-objects.ts";

/** What the signature binds besides the message. */
export interface EddsaForm {
  readonly prehashed: boolean;
  /** At most 255 bytes. */
  readonly context: Uint8Array;
}

/** The message itself, no context. */
export const PURE: EddsaForm = { prehashed: false, context: new Uint8Array(0) };

/** Length of signatures on `curve` in bytes. */
export function eddsaBytes(curve: Curve): number {
  return 2 * curve.publicBytes;
}

/** The signature of `message` with the PrivateKeyInfo of a key on `curve`, Ed25519 or Ed448. */
export function signEddsa(curve: Curve, pkcs8: Uint8Array, { prehashed, context }: EddsaForm, message: Uint8Array) {
  if (!prehashed) {
    const key = privateKeyObject(pkcs8);
    return new Uint8Array(sign(null, message, context.length === 0 ? key : { key, context }));
  }
  const openSsl = openSslInUse();
  if (openSsl !== undefined) {
    const der = rfcPrivateKeyDer(pkcs8);
    const signature = openSsl.signPrehashed(schemeOf(curve), der, context, message);
    der.fill(0);
    return signature;
  }
  return portable(curve).sign(message, privateValueOf(pkcs8), { context });
}

/** Is `signature`, of the right length, one of `message`? */
export function verifyEddsa(
  curve: Curve,
  spki: Uint8Array,
  { prehashed, context }: EddsaForm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!prehashed) {
    const key = publicKeyObject(spki);
    return verify(null, message, context.length === 0 ? key : { key, context }, signature);
  }
  const openSsl = openSslInUse();
  if (openSsl !== undefined) {
    return openSsl.verifyPrehashed(schemeOf(curve), rfcPublicKeyDer(spki), context, message, signature);
  }
  return portable(curve).verify(signature, message, pointOf(spki), { context, zip215: false });
}

function schemeOf(curve: Curve): "Ed25519ph" | "Ed448ph" {
  return curve === ED25519 ? "Ed25519ph" : "Ed448ph";
}

function portable(curve: Curve): typeof ed25519ph {
  return curve === ED25519 ? ed25519ph : ed448ph;
}

function privateValueOf(pkcs8: Uint8Array): Uint8Array {
  const key = parsePrivateKey(pkcs8);
  if (key.type !== "ec") throw new TypeError("not a key on a curve");
  return key.privateValue;
}

function pointOf(spki: Uint8Array): Uint8Array {
  const key = parsePublicKey(spki);
  if (key.type !== "ec") throw new TypeError("not a key on a curve");
  return key.point;
}
