/** DSA parameters and public values (FIPS 186-4, 4.1 to 4.3 and A.1, A.2). */
import { checkPrimeSync, generateKeyPairSync } from "node:crypto";
import { bitLength, toBigInt } from "@grep11/encoding";
import { pow } from "@noble/curves/abstract/modular.js";
import { encodeDsaParameters } from "../keys/integer-formats.ts";
import { parsePublicKey } from "../keys/key-encodings.ts";
import type { DsaParameters } from "../keys/keys.ts";
import { ValidationCache } from "../validation-cache.ts";

/** Permitted lengths of p and q in bits; for each length of p, the greatest length of q comes first. */
export const DSA_SIZES: readonly (readonly [primeBits: number, subprimeBits: number])[] = [
  [1024, 160],
  [2048, 256],
  [2048, 224],
  [3072, 256],
];

export function hasDsaSizes({ prime, subprime }: DsaParameters): boolean {
  const primeBits = bitLength(prime);
  const subprimeBits = bitLength(subprime);
  return DSA_SIZES.some(([p, q]) => p === primeBits && q === subprimeBits);
}

const checkedParameters = new ValidationCache();

/** Whether p and q are primes of permitted lengths and g generates the group of order q. Takes 0.1 s for a 2048-bit p. */
export function areDsaParameters(parameters: DsaParameters): boolean {
  return (
    hasDsaSizes(parameters) &&
    checkedParameters.isValid(encodeDsaParameters(parameters), () => generatePrimeOrderGroup(parameters))
  );
}

function generatePrimeOrderGroup(parameters: DsaParameters): boolean {
  if (bitLength(parameters.base) > bitLength(parameters.prime)) return false;
  const p = toBigInt(parameters.prime);
  const q = toBigInt(parameters.subprime);
  const g = toBigInt(parameters.base);
  return (p - 1n) % q === 0n && g > 1n && g < p && pow(g, q, p) === 1n && checkPrimeSync(q) && checkPrimeSync(p);
}

/** Whether y is an element of the group other than 1 (SP 800-89, 5.3.1). */
export function isDsaPublicValue(parameters: DsaParameters, publicValue: Uint8Array): boolean {
  if (bitLength(publicValue) > bitLength(parameters.prime)) return false;
  const p = toBigInt(parameters.prime);
  const y = toBigInt(publicValue);
  return y > 1n && y < p - 1n && pow(y, toBigInt(parameters.subprime), p) === 1n;
}

/** OpenSSL generates the parameters, which takes seconds for the longer primes. */
export function generateDsaParameters(primeBits: number, subprimeBits: number): DsaParameters {
  const { publicKey } = generateKeyPairSync("dsa", {
    modulusLength: primeBits,
    divisorLength: subprimeBits,
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
  const key = parsePublicKey(new Uint8Array(publicKey));
  if (key.type !== "dsa") throw new TypeError("OpenSSL did not make a DSA key");
  return { prime: key.prime, subprime: key.subprime, base: key.base };
}
