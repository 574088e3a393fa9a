/** The format of a Dilithium signature (docs/reference/ep11.md#post-quantum). */
import { concatenate } from "@grep11/encoding";
import type { DilithiumParameters } from "./dilithium-parameters.ts";
import { DEGREE, type Polynomial, packVector, unpackVector } from "./lattice-packing.ts";

interface DilithiumSignature {
  /** In round 3 the seed of the challenge polynomial; in round 2 its positions (256 bits) and signs (64 bits). */
  readonly challenge: Uint8Array;
  /** Coefficients that have not been checked against any bound. */
  readonly z: readonly Polynomial[];
  /** The hints of each row of A: 256 bytes, each of which is 0 or 1. */
  readonly hints: readonly Uint8Array[];
}

/** There must be at most ω hints. */
export function encodeSignature(set: DilithiumParameters, { challenge, z, hints }: DilithiumSignature): Uint8Array {
  const offset = zOffset(set);
  const packedZ = packVector(z, set.zBits, (coefficient) => offset - coefficient);
  const packedHints = encodeHints(set, hints);
  return set.round === 2 ? concatenate(packedZ, packedHints, challenge) : concatenate(challenge, packedZ, packedHints);
}

/** Returns undefined unless the hints are encoded canonically. The signature must have the right length. */
export function decodeSignature(set: DilithiumParameters, signature: Uint8Array): DilithiumSignature | undefined {
  const zBytes = set.l * 32 * set.zBits;
  const hintBytes = set.omega + set.k;
  const zStart = set.round === 2 ? 0 : set.challengeBytes;
  const challengeStart = set.round === 2 ? zBytes + hintBytes : 0;
  const hintStart = zStart + zBytes;
  const hints = decodeHints(set, signature.subarray(hintStart, hintStart + hintBytes));
  if (hints === undefined) return undefined;
  const offset = zOffset(set);
  return {
    challenge: signature.subarray(challengeStart, challengeStart + set.challengeBytes),
    z: unpackVector(signature, zStart, set.l, set.zBits, (number) => offset - number),
    hints,
  };
}

/** Encodes a challenge as in round 2: one bit for each coefficient, set if it is not zero, then 64 bits for their signs. */
export function challengePositions(challenge: Polynomial): Uint8Array {
  const packed = new Uint8Array(DEGREE / 8 + 8);
  let nonzero = 0;
  challenge.forEach((coefficient, j) => {
    if (coefficient === 0) return;
    packed[j >> 3]! |= 1 << (j & 7);
    if (coefficient < 0) packed[DEGREE / 8 + (nonzero >> 3)]! |= 1 << (nonzero & 7);
    nonzero++;
  });
  return packed;
}

/** Returns the number from which packed coefficients of z are subtracted. */
function zOffset(set: DilithiumParameters): number {
  return set.round === 2 ? set.gamma1 - 1 : set.gamma1;
}

/** Encodes hints: the positions in each row in ascending order, then the end of each row. */
function encodeHints(set: DilithiumParameters, hints: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(set.omega + set.k);
  let count = 0;
  hints.forEach((row, i) => {
    row.forEach((hint, j) => {
      if (hint !== 0) packed[count++] = j;
    });
    packed[set.omega + i] = count;
  });
  return packed;
}

function decodeHints(set: DilithiumParameters, packed: Uint8Array): Uint8Array[] | undefined {
  const hints = Array.from({ length: set.k }, () => new Uint8Array(DEGREE));
  let start = 0;
  for (const [i, row] of hints.entries()) {
    const end = packed[set.omega + i]!;
    if (end < start || end > set.omega) return undefined;
    for (let at = start; at < end; at++) {
      if (at > start && packed[at]! <= packed[at - 1]!) return undefined;
      row[packed[at]!] = 1;
    }
    start = end;
  }
  const padding = packed.subarray(start, set.omega);
  return padding.every((byte) => byte === 0) ? hints : undefined;
}
