/** Diffie-Hellman parameters and public values (PKCS #3; SP 800-56A r3, 5.5.1.1 and 5.6.2.3.1). */
import { checkPrimeSync } from "node:crypto";
import { bitLength, toBigInt } from "@grep11/encoding";
import type { DhParameters } from "../keys/keys.ts";
import { ValidationCache } from "../validation-cache.ts";
import { isApprovedPrime } from "./groups.ts";

/** Permitted length of the prime in bits. */
export const DH_BITS = { min: 1024, max: 3072 };

const checkedPrimes = new ValidationCache();

/**
 * Whether p is a safe prime of permitted length and g is from 2 to p - 2. As (p - 1)/2 is prime, there are no small subgroups.
 * Only unknown primes are tested, which takes up to a second; the result is cached.
 */
export function areDhParameters({ prime, base }: DhParameters): boolean {
  const bits = bitLength(prime);
  if (bits < DH_BITS.min || bits > DH_BITS.max || bitLength(base) > bits) return false;
  const p = toBigInt(prime);
  const g = toBigInt(base);
  return g > 1n && g < p - 1n && (isApprovedPrime(prime) || checkedPrimes.isValid(prime, () => isSafePrime(p)));
}

function isSafePrime(p: bigint): boolean {
  return p % 4n === 3n && checkPrimeSync((p - 1n) / 2n) && checkPrimeSync(p);
}

/**
 * Whether y is from 2 to p - 2 and in the group that g generates. As p is a safe prime, that group consists either of all
 * numbers from 1 to p - 1 or of the squares among them.
 */
export function isDhPublicValue(parameters: DhParameters, publicValue: Uint8Array): boolean {
  if (bitLength(publicValue) > bitLength(parameters.prime)) return false;
  const p = toBigInt(parameters.prime);
  const y = toBigInt(publicValue);
  if (y <= 1n || y >= p - 1n) return false;
  return !isSquare(toBigInt(parameters.base), p) || isSquare(y, p);
}

/** Whether `number` (1 to p - 1) is a square modulo p. It is not constant-time: use public numbers only. */
function isSquare(number: bigint, p: bigint): boolean {
  let [a, n] = [number, p];
  let square = true;
  while (a !== 0n) {
    while ((a & 1n) === 0n) {
      a >>= 1n;
      const residue = n & 7n;
      if (residue === 3n || residue === 5n) square = !square;
    }
    if ((a & 3n) === 3n && (n & 3n) === 3n) square = !square;
    [a, n] = [n % a, a];
  }
  return square;
}
