import { constants, privateEncrypt, publicEncrypt, timingSafeEqual } from "node:crypto";
import { fromBigInt, toBigInt } from "@grep11/encoding";
import { invert, pow } from "@noble/curves/abstract/modular.js";
import { encodePrivateKey } from "../keys/key-encodings.ts";
import { openSslInUse } from "../openssl/crypto-backend.ts";
import type { OpenSsl } from "../openssl/openssl.ts";
import type { RsaKey } from "./rsa.ts";

type PrivateOperation = Pick<OpenSsl, "rsaPrivateOperation">;

/**
 * Returns input^d mod n; `input` must be as long as the modulus and less than it. A wrong result of the computation
 * with the prime factors (CRT) would reveal them, so the result is verified with the public exponent. This function
 * verifies it only if OpenSSL does not.
 */
export function privateOperation(
  key: RsaKey,
  input: Uint8Array,
  openSsl: PrivateOperation | undefined = openSslInUse(),
): Uint8Array {
  if (openSsl !== undefined && verifiesResults(openSsl)) return openSsl.rsaPrivateOperation(key.der, input);
  const output =
    openSsl?.rsaPrivateOperation(key.der, input) ??
    new Uint8Array(privateEncrypt({ key: key.object, padding: constants.RSA_NO_PADDING }, input));
  requirePower(key, output, input);
  return output;
}

/** Throws an Error, and wipes `output`, unless output^e mod n is `input`. */
export function requirePower(key: RsaKey, output: Uint8Array, input: Uint8Array): void {
  const padding = constants.RSA_NO_PADDING;
  if (timingSafeEqual(publicEncrypt({ key: key.object, padding }, output), input)) return;
  output.fill(0);
  throw new Error("RSA: the result of a private operation does not verify");
}

const tested = new WeakMap<PrivateOperation, boolean>();

/**
 * Whether OpenSSL notices a wrong result of the computation with the prime factors, and then computes without them.
 * OpenSSL's code for some processors (IBM Z) does not notice it. The test uses a key with a wrong CRT exponent.
 */
export function verifiesResults(openSsl: PrivateOperation): boolean {
  let result = tested.get(openSsl);
  if (result === undefined) {
    const input = new Uint8Array(64).fill(0x5a);
    try {
      const output = toBigInt(openSsl.rsaPrivateOperation(faultyKey(), input));
      result = pow(output, EXPONENT, PRIME_1 * PRIME_2) === toBigInt(input);
    } catch {
      result = false;
    }
    tested.set(openSsl, result);
  }
  return result;
}

/** A prime that divides neither PRIME_1 - 1 nor PRIME_2 - 1. */
const EXPONENT = 65539n;
/** The primes of secp256k1 and P-256, which are equally long. */
const PRIME_1 = 2n ** 256n - 2n ** 32n - 977n;
const PRIME_2 = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

/** Returns a key whose exponent for the first prime is wrong. */
function faultyKey(): Uint8Array {
  const d = invert(EXPONENT, (PRIME_1 - 1n) * (PRIME_2 - 1n));
  return encodePrivateKey({
    type: "rsa",
    modulus: fromBigInt(PRIME_1 * PRIME_2),
    publicExponent: fromBigInt(EXPONENT),
    privateExponent: fromBigInt(d),
    prime1: fromBigInt(PRIME_1),
    prime2: fromBigInt(PRIME_2),
    exponent1: fromBigInt((d % (PRIME_1 - 1n)) ^ 2n),
    exponent2: fromBigInt(d % (PRIME_2 - 1n)),
    coefficient: fromBigInt(invert(PRIME_2, PRIME_1)),
  });
}
