/** The RSA operations, for which OpenSSL does the arithmetic, with blinding. */
import * as crypto from "node:crypto";
import type * as ck from "@grep11/cryptoki";
import { bitLength } from "@grep11/encoding";
import { type PrivateKey, type PublicKey, parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject } from "../keys/key-objects.ts";

const { RSA_NO_PADDING, RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = crypto.constants;

export interface RsaKey {
  /** SubjectPublicKeyInfo or PrivateKeyInfo. */
  readonly der: Uint8Array;
  readonly object: crypto.KeyObject;
  /** Big-endian without leading zeros. Signatures and ciphertexts have the same length. */
  readonly modulus: Uint8Array;
  /** Big-endian without leading zeros. */
  readonly publicExponent: Uint8Array;
}

/** Remembers keys by their bytes. */
const known = new WeakMap<Uint8Array, RsaKey>();

/** Throws a TypeError unless the key is an RSA key. */
export function rsaPublicKey(spki: Uint8Array): RsaKey {
  return known.get(spki) ?? remembered(spki, parsePublicKey(spki), publicKeyObject);
}

/** Throws a TypeError unless the key is an RSA key. */
export function rsaPrivateKey(pkcs8: Uint8Array): RsaKey {
  return known.get(pkcs8) ?? remembered(pkcs8, parsePrivateKey(pkcs8), privateKeyObject);
}

/** Makes an RsaKey and remembers it. OpenSSL imports the key only when `object` is read. */
function remembered(
  der: Uint8Array,
  parsed: PublicKey | PrivateKey,
  importKey: (der: Uint8Array) => crypto.KeyObject,
): RsaKey {
  const { modulus, publicExponent } = requireRsa(parsed);
  const key = {
    der,
    get object() {
      return importKey(der);
    },
    modulus,
    publicExponent,
  };
  known.set(der, key);
  return key;
}

export function modulusBits({ modulus }: Pick<RsaKey, "modulus">): number {
  return bitLength(modulus);
}

/** For moduli from this length on, OpenSSL accepts only short exponents (OPENSSL_RSA_SMALL_MODULUS_BITS). */
const LONG_MODULUS_BITS = 3072 + 1;
/** Maximum length of exponents in bytes (FIPS 186-5, A.1.1; OPENSSL_RSA_MAX_PUBEXP_BITS). */
const EXPONENT_BYTES = { any: 32, ofLongModulus: 8 };

/** Whether the exponent is short enough for OpenSSL. With the longest exponent, a public operation takes 0.6 ms. */
export function hasUsableExponent(key: Pick<RsaKey, "modulus" | "publicExponent">): boolean {
  const { any, ofLongModulus } = EXPONENT_BYTES;
  return key.publicExponent.length <= (modulusBits(key) < LONG_MODULUS_BITS ? any : ofLongModulus);
}

function requireRsa<T extends { readonly type: string }>(key: T): T & { readonly type: "rsa" } {
  if (key.type !== "rsa") throw new TypeError("not an RSA key");
  return key as T & { readonly type: "rsa" };
}

/** `input` is as long as the modulus. The comparison is not constant-time: use public values only. */
export function isBelowModulus(input: Uint8Array, { modulus }: RsaKey): boolean {
  return Buffer.compare(input, modulus) < 0;
}

/**
 * Returns input^e mod n; undefined if `input`, which is as long as the modulus, is not less than it. Throws RangeError for an
 * exponent that is too long, and OpenSSL's errors for invalid keys.
 */
export function publicOperation(key: RsaKey, input: Uint8Array): Uint8Array | undefined {
  if (!hasUsableExponent(key)) throw new RangeError("RSA: the public exponent is too long");
  if (!isBelowModulus(input, key)) return undefined;
  return bytesOf(crypto.publicEncrypt({ key: key.object, padding: RSA_NO_PADDING }, input));
}

/**
 * Decrypts a ciphertext that is as long as the modulus and less than it. Invalid padding is not an error but gives
 * unpredictable bytes, the same ones for the same key and ciphertext (implicit rejection, OpenSSL 3.2 and later).
 */
export function decryptPkcs1(key: RsaKey, ciphertext: Uint8Array): Uint8Array {
  return bytesOf(crypto.privateDecrypt({ key: key.object, padding: RSA_PKCS1_PADDING }, ciphertext));
}

/** Decrypts OAEP with the same hash, `name`, for both purposes. Returns undefined if anything is wrong with the ciphertext. */
export function decryptOaep(
  key: RsaKey,
  name: ck.HashName,
  label: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const options = { padding: RSA_PKCS1_OAEP_PADDING, oaepHash: name, oaepLabel: label };
  try {
    return bytesOf(crypto.privateDecrypt({ key: key.object, ...options }, ciphertext));
  } catch {
    return undefined;
  }
}

/** Makes a copy; slice() of a Buffer would not copy. */
function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Returns SubjectPublicKeyInfo and PrivateKeyInfo. `publicExponent` must be odd and below 2^32. */
export function generateRsaKeyPair(bits: number, publicExponent: number): { spki: Uint8Array; pkcs8: Uint8Array } {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("rsa", {
    modulusLength: bits,
    publicExponent,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  return { spki: bytesOf(publicKey), pkcs8: bytesOf(privateKey) };
}

/** Whether OpenSSL decrypts invalid padding to the same bytes each time. If it failed instead, it would be a padding oracle. */
export function rejectsImplicitly(): boolean {
  // The key is short because the result does not depend on its length, and this runs whenever an engine starts.
  const key = rsaPrivateKey(generateRsaKeyPair(512, 65537).pkcs8);
  const ciphertext = crypto.publicEncrypt({ key: key.object, padding: RSA_NO_PADDING }, new Uint8Array(64).fill(1));
  try {
    return Buffer.compare(decryptPkcs1(key, ciphertext), decryptPkcs1(key, ciphertext)) === 0;
  } catch {
    return false;
  }
}
