/**
 * Signs digests that the caller has computed with ECDSA (FIPS 186-5, 6.4), which node:crypto does not support. Only the
 * leftmost bits of a digest, as many as the order has, are used, so a digest may have any length, even zero.
 */

import { ecdsaFromDer, ecdsaToDer } from "@grep11/encoding";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import { type Curve, SECP256K1 } from "./curves.ts";
import { portableSign, portableVerify } from "./ecdsa-portable.ts";
import { libsecp256k1 } from "./libsecp256k1.ts";

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
 * Returns whether the signature r ‖ s is valid; false also for a wrong length and for numbers out of range. The key is a
 * SubjectPublicKeyInfo and is cached like the private one. Throws an Error for keys that are not on a short Weierstrass
 * curve.
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
