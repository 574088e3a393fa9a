/** Safe-prime groups with generator 2 (SP 800-56A r3, appendix D): RFC 7919, RFC 3526, RFC 2409. */
import { getDiffieHellman } from "node:crypto";
import { equalBytes, fromBigInt } from "@grep11/encoding";
import type { DhParameters } from "../keys/keys.ts";

/** RFC 7919, appendix A: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + x) 2^64 - 1, with the least x for a safe prime p. */
function ffdhe(bits: number, x: bigint): DhParameters {
  const b = BigInt(bits);
  const p = (1n << b) - (1n << (b - 64n)) + ((eulersNumber(b - 130n) + x) << 64n) - 1n;
  return { prime: fromBigInt(p), base: Uint8Array.of(2) };
}

/** Returns floor(2^bits e): the sum of 1/k!, with extra bits against rounding errors. */
function eulersNumber(bits: bigint): bigint {
  const spare = 64n;
  let sum = 0n;
  for (let term = 1n << (bits + spare), k = 1n; term > 0n; term /= k++) sum += term;
  return sum >> spare;
}

function modp(name: string): DhParameters {
  return { prime: new Uint8Array(getDiffieHellman(name).getPrime()), base: Uint8Array.of(2) };
}

/**
 * Groups by the length of the prime in bits, the default first. A group is computed at its first use, because computing
 * it is slow.
 */
const MAKERS: ReadonlyMap<number, () => readonly DhParameters[]> = new Map([
  [1024, () => [modp("modp2")]],
  [1536, () => [modp("modp5")]],
  [2048, () => [ffdhe(2048, 560316n), modp("modp14")]],
  [3072, () => [ffdhe(3072, 2625351n), modp("modp15")]],
]);
const made = new Map<number, readonly DhParameters[]>();

function groupsOfSize(bits: number): readonly DhParameters[] {
  const known = made.get(bits);
  const make = MAKERS.get(bits);
  if (known !== undefined || make === undefined) return known ?? [];
  const groups = make();
  made.set(bits, groups);
  return groups;
}

export function groupOfSize(bits: number): DhParameters | undefined {
  return groupsOfSize(bits)[0];
}

export function isApprovedPrime(prime: Uint8Array): boolean {
  return groupsOfSize(8 * prime.length).some((group) => equalBytes(group.prime, prime));
}
