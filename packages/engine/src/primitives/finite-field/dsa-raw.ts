/** DSA of digests (FIPS 186-4, 4.6 and 4.7). Only as many of a digest's leftmost bits are used as q has. */
import { concatenate, ecdsaFromDer, ecdsaToDer, fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, mod, pow } from "@noble/curves/abstract/modular.js";
import { parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import type { DsaParameters, DsaPrivateKey, DsaPublicKey } from "../keys/keys.ts";
import { publicKeyOf } from "../keys/public-key.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import { drawBelow } from "../random.ts";
import { hasDsaSizes } from "./dsa-parameters.ts";

function dsaPrivateKey(pkcs8: Uint8Array): DsaPrivateKey {
  const key = parsePrivateKey(pkcs8);
  if (key.type !== "dsa") throw new TypeError("not a DSA key");
  return key;
}

export function dsaPublicKey(spki: Uint8Array): DsaPublicKey {
  const key = parsePublicKey(spki);
  if (key.type !== "dsa") throw new TypeError("not a DSA key");
  return key;
}

/** Generates a key pair (FIPS 186-4, B.1.2). */
export function generateDsaKeyPair(
  parameters: DsaParameters,
  random: (length: number) => Uint8Array,
): { readonly privateKey: DsaPrivateKey; readonly publicKey: DsaPublicKey } {
  const { prime, subprime, base } = parameters;
  const privateValue = drawBelow(toBigInt(subprime), random);
  const privateKey = { type: "dsa", prime, subprime, base, privateValue } as const;
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** Returns r ‖ s, each as long as q. */
export function signDsaDigest(
  pkcs8: Uint8Array,
  digest: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array {
  const openSsl = openSslInUse();
  const key = dsaPrivateKey(pkcs8);
  if (openSsl === undefined) return portableSign(key, digest, random);
  return ecdsaFromDer(openSsl.signDigest(pkcs8, digest), key.subprime.length);
}

/** `signature` is r ‖ s. Throws an Error for a key whose lengths DSA does not permit. */
export function verifyDsaDigest(spki: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const key = dsaPublicKey(spki);
  if (!hasDsaSizes(key)) throw new RangeError("p and q have a combination of lengths that DSA does not allow");
  if (signature.length !== 2 * key.subprime.length) return false;
  const openSsl = openSslInUse();
  if (openSsl === undefined) return portableVerify(key, digest, signature);
  return openSsl.verifyDigest(spki, digest, ecdsaToDer(signature));
}

/**
 * Signs if OpenSSL cannot be called directly. OpenSSL still computes g^k, as the public key for the private value k.
 * JavaScript computes s on blinded numbers.
 */
function portableSign(key: DsaPrivateKey, digest: Uint8Array, random: (length: number) => Uint8Array): Uint8Array {
  const q = toBigInt(key.subprime);
  const x = toBigInt(key.privateValue);
  const z = leftmostBits(digest, key);
  for (;;) {
    const secret = drawBelow(q, random);
    const r = toBigInt(publicKeyOf({ ...key, privateValue: secret }).publicValue) % q;
    const k = toBigInt(secret);
    const blind = toBigInt(drawBelow(q, random));
    const blindedSum = mod(blind * z + mod(blind * x, q) * r, q);
    const s = mod(invert(mod(k * blind, q), q) * blindedSum, q);
    if (r === 0n || s === 0n) continue;
    const signature = concatenate(fromBigInt(r, key.subprime.length), fromBigInt(s, key.subprime.length));
    if (!portableVerify(publicKeyOf(key), digest, signature)) throw new Error("the signature does not verify");
    return signature;
  }
}

function portableVerify(key: DsaPublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const [p, q, g] = [toBigInt(key.prime), toBigInt(key.subprime), toBigInt(key.base)];
  const r = toBigInt(signature.subarray(0, signature.length / 2));
  const s = toBigInt(signature.subarray(signature.length / 2));
  if (r === 0n || r >= q || s === 0n || s >= q) return false;
  const w = invert(s, q);
  const u1 = mod(leftmostBits(digest, key) * w, q);
  const u2 = mod(r * w, q);
  return mod(pow(g, u1, p) * pow(toBigInt(key.publicValue), u2, p), p) % q === r;
}

/**
 * Returns the number in the leftmost bits of the digest. Whole bytes are enough, because the length of q is always a
 * multiple of 8 bits.
 */
function leftmostBits(digest: Uint8Array, { subprime }: DsaParameters): bigint {
  return toBigInt(digest.subarray(0, subprime.length));
}
