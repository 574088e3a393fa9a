/**
 * Checks that imported keys are valid (docs/reference/security.md#key-import). Primality tests take 25 ms for a 2048-bit RSA
 * key and up to half a second for the longest.
 */

import { checkPrimeSync } from "node:crypto";
import { EncodingError, equalBytes, toBigInt } from "@grep11/encoding";
import { isOnCurve, publicPoint } from "../ec/ec-point.ts";
import { areDhParameters, isDhPublicValue } from "../finite-field/dh-parameters.ts";
import { areDsaParameters, isDsaPublicValue } from "../finite-field/dsa-parameters.ts";
import { completePqcKey, isSoundPqcPublicKey } from "../lattice/pqc-keys.ts";
import { hasUsableExponent, modulusBits } from "../rsa/rsa.ts";
import { encodePublicKey, parsePrivateKeyInfo, parsePublicKey } from "./key-encodings.ts";
import type { EcPrivateKey, PqcPrivateKey, PrivateKey, PublicKey, RsaPrivateKey, RsaPublicKey } from "./keys.ts";
import { publicKeyOf } from "./public-key.ts";

/** Permitted length of a modulus in bits. */
const RSA_BITS = { min: 512, max: 4096 };

/** Throws {@link EncodingError} for a SubjectPublicKeyInfo that is malformed or not valid. */
export function importPublicKey(spki: Uint8Array): PublicKey {
  const key = parsePublicKey(spki);
  if (!isSoundPublicKey(key)) throw new EncodingError("the numbers of the public key are not valid");
  return key;
}

/**
 * Parses and checks a PrivateKeyInfo or OneAsymmetricKey. A public key in it, inside the private key or next to it, must belong
 * to the private key. Throws {@link EncodingError}.
 */
export function importPrivateKey(pkcs8: Uint8Array): PrivateKey {
  const { privateKey, publicKey } = parsePrivateKeyInfo(pkcs8);
  const key = sound(privateKey);
  if (publicKey !== undefined && !equalBytes(encodePublicKey(publicKey), encodePublicKey(publicKeyOf(key)))) {
    throw new EncodingError("the public key beside the private key does not belong to it");
  }
  return key;
}

/** Computes the public key if keys of this type include one. Throws {@link EncodingError} if the key is not valid. */
function sound(key: PrivateKey): PrivateKey {
  if (key.type === "ec") return completed(key);
  if (key.type === "pqc") return completePqcKey(key);
  if (!isSoundPrivateKey(key)) throw new EncodingError("the numbers of the private key are not valid");
  return key;
}

function completed(key: EcPrivateKey): EcPrivateKey {
  const point = publicPoint(key.curve, key.privateValue);
  if (key.point !== undefined && !equalBytes(point, key.point)) {
    throw new EncodingError("the public key does not belong to the private key");
  }
  return { ...key, point };
}

function isSoundPublicKey(key: PublicKey): boolean {
  switch (key.type) {
    case "rsa":
      return isSoundRsaPublicKey(key);
    case "ec":
      return isOnCurve(key.curve, key.point);
    case "dsa":
      return areDsaParameters(key) && isDsaPublicValue(key, key.publicValue);
    case "dh":
      return areDhParameters(key) && isDhPublicValue(key, key.publicValue);
    case "pqc":
      return isSoundPqcPublicKey(key);
  }
}

function isSoundPrivateKey(key: Exclude<PrivateKey, EcPrivateKey | PqcPrivateKey>): boolean {
  switch (key.type) {
    case "rsa":
      return isSoundRsaPrivateKey(key);
    case "dsa":
      return areDsaParameters(key) && isBetween(1n, key.privateValue, toBigInt(key.subprime) - 1n);
    case "dh":
      return areDhParameters(key) && isBetween(1n, key.privateValue, toBigInt(key.prime) - 2n);
  }
}

/** Whether n is odd and of permitted length, and e is odd, at least 3 (RFC 8017, 3.1) and not too long. */
function isSoundRsaPublicKey(key: RsaPublicKey): boolean {
  const bits = modulusBits(key);
  if (bits < RSA_BITS.min || bits > RSA_BITS.max || !hasUsableExponent(key)) return false;
  const n = toBigInt(key.modulus);
  const e = toBigInt(key.publicExponent);
  return n % 2n === 1n && e % 2n === 1n && isBetween(3n, e, n - 1n);
}

/** Whether p and q are the prime factors of n, and d and the CRT values match (RFC 8017, 3.2; SP 800-56B r2, 6.4.1.3). */
function isSoundRsaPrivateKey(key: RsaPrivateKey): boolean {
  const { privateExponent, prime1, prime2, exponent1, exponent2, coefficient } = key;
  const numbers = [privateExponent, prime1, prime2, exponent1, exponent2, coefficient];
  if (!isSoundRsaPublicKey(key) || numbers.some((number) => number.length > key.modulus.length)) return false;
  const [n, e, d] = [toBigInt(key.modulus), toBigInt(key.publicExponent), toBigInt(privateExponent)];
  const [p, q] = [toBigInt(prime1), toBigInt(prime2)];
  if (p < 3n || q < 3n || p * q !== n || d >= n) return false;
  const consistent =
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    toBigInt(exponent1) === d % (p - 1n) &&
    toBigInt(exponent2) === d % (q - 1n) &&
    (toBigInt(coefficient) * q) % p === 1n &&
    toBigInt(coefficient) < p;
  return consistent && checkPrimeSync(p) && checkPrimeSync(q);
}

function isBetween(least: bigint, value: bigint | Uint8Array, most: bigint): boolean {
  const number = typeof value === "bigint" ? value : toBigInt(value);
  return number >= least && number <= most;
}
