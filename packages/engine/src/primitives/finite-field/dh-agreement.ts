/** Diffie-Hellman in a prime field (PKCS #3). OpenSSL does the arithmetic on secrets. */
import { diffieHellman } from "node:crypto";
import { bitLength, equalBytes, padLeft, toBigInt } from "@grep11/encoding";
import { encodePublicKey, parsePrivateKey } from "../keys/key-encodings.ts";
import { privateKeyObject, publicKeyObject } from "../keys/key-objects.ts";
import type { DhParameters, DhPrivateKey, DhPublicKey } from "../keys/keys.ts";
import { publicKeyOf } from "../keys/public-key.ts";
import { drawBelow } from "../random.ts";
import { isDhPublicValue } from "./dh-parameters.ts";

/** The default length of a private value in bits is more than RFC 7919, 5.2, recommends for primes of up to 3072 bits. */
const PRIVATE_BITS = 320;

/** The private value is less than (p - 1)/2. The public value is computed twice to detect faults. */
export function generateDhKeyPair(
  { prime, base }: DhParameters,
  random: (length: number) => Uint8Array,
  privateBits = PRIVATE_BITS,
): { readonly privateKey: DhPrivateKey; readonly publicKey: DhPublicKey } {
  const p = toBigInt(prime);
  const limit = privateBits < bitLength(p) - 1 ? 1n << BigInt(privateBits) : (p - 1n) / 2n;
  const privateKey = { type: "dh", prime, base, privateValue: drawBelow(limit, random) } as const;
  const publicKey = publicKeyOf(privateKey);
  if (!equalBytes(publicKey.publicValue, publicKeyOf(privateKey).publicValue)) {
    throw new Error("the key pair is not consistent");
  }
  return { privateKey, publicKey };
}

/**
 * Whether the private value is longer than the values that this file generates. With such a value, an agreement takes
 * milliseconds.
 */
export function hasLongPrivateValue(pkcs8: Uint8Array): boolean {
  return 8 * dhPrivateKey(pkcs8).privateValue.length > PRIVATE_BITS;
}

/**
 * Returns the shared secret, which is as long as the prime; undefined if the peer's `publicValue` is not in the group
 * (SP 800-56A r3, 5.6.2.3.1).
 */
export function agreeInPrimeField(pkcs8: Uint8Array, publicValue: Uint8Array): Uint8Array | undefined {
  const key = dhPrivateKey(pkcs8);
  const { prime, base } = key;
  if (publicValue.length > prime.length + 1 || !isDhPublicValue(key, publicValue)) return undefined;
  const publicKey = publicKeyObject(encodePublicKey({ type: "dh", prime, base, publicValue }));
  const secret = diffieHellman({ privateKey: privateKeyObject(pkcs8), publicKey });
  const padded = padLeft(secret, prime.length);
  secret.fill(0);
  return padded;
}

function dhPrivateKey(pkcs8: Uint8Array): DhPrivateKey {
  const key = parsePrivateKey(pkcs8);
  if (key.type !== "dh") throw new TypeError("not a Diffie-Hellman key");
  return key;
}
