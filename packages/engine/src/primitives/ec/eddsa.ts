/** EdDSA (RFC 8032). node:crypto supports only its pure form; OpenSSL called directly or @noble/curves does the rest. */
import { sign, verify } from "node:crypto";
import { ed448, ed448ph } from "@noble/curves/ed448.js";
import { ed25519ctx, ed25519ph } from "@noble/curves/ed25519.js";
import { parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject, rfcPrivateKeyDer, rfcPublicKeyDer } from "../keys/key-objects.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import type { EddsaInstance } from "../openssl/openssl-eddsa.ts";
import { type Curve, ED25519 } from "./curves.ts";

export interface EddsaForm {
  readonly prehash: boolean;
  /** At most 255 bytes. */
  readonly context: Uint8Array;
}

/** Pure EdDSA signs the message itself. */
export const PURE: EddsaForm = { prehash: false, context: new Uint8Array(0) };

/** The length of signatures in bytes. */
export function eddsaBytes(curve: Curve): number {
  return 2 * curve.publicBytes;
}

export function signEddsa(curve: Curve, pkcs8: Uint8Array, form: EddsaForm, message: Uint8Array) {
  if (isPlain(form)) return new Uint8Array(sign(null, message, privateKeyObject(pkcs8)));
  const openSsl = openSslInUse();
  if (openSsl !== undefined) {
    const der = rfcPrivateKeyDer(pkcs8);
    const signature = openSsl.signInstance(instanceOf(curve, form), der, form.context, message);
    der.fill(0);
    return signature;
  }
  return NOBLE[instanceOf(curve, form)].sign(message, privateValueOf(pkcs8), { context: form.context });
}

/** `signature` must have the right length. */
export function verifyEddsa(
  curve: Curve,
  spki: Uint8Array,
  form: EddsaForm,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (isPlain(form)) return verify(null, message, publicKeyObject(spki), signature);
  const openSsl = openSslInUse();
  if (openSsl !== undefined) {
    return openSsl.verifyInstance(instanceOf(curve, form), rfcPublicKeyDer(spki), form.context, message, signature);
  }
  return NOBLE[instanceOf(curve, form)].verify(signature, message, pointOf(spki), {
    context: form.context,
    zip215: false,
  });
}

function isPlain({ prehash, context }: EddsaForm): boolean {
  return !prehash && context.length === 0;
}

function instanceOf(curve: Curve, { prehash }: EddsaForm): EddsaInstance {
  if (curve === ED25519) return prehash ? "Ed25519ph" : "Ed25519ctx";
  return prehash ? "Ed448ph" : "Ed448";
}

const NOBLE: Readonly<Record<EddsaInstance, typeof ed448>> = {
  Ed25519ctx: ed25519ctx,
  Ed25519ph: ed25519ph,
  Ed448: ed448,
  Ed448ph: ed448ph,
};

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
