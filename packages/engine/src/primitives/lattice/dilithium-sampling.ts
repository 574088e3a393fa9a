/** Samples Dilithium's polynomials from SHAKE (specification v3.1, section 5.3; round 2 differs). */
import type { DilithiumParameters } from "./dilithium-parameters.ts";
import { Q } from "./dilithium-ring.ts";
import { DEGREE, type Polynomial, packedBytes, unpackBits, zeroPolynomial } from "./lattice-packing.ts";
import { drawFrom, shake } from "./lattice-xof.ts";

/** How many bytes contain the signs of the challenge. They precede its positions. */
const SIGN_BYTES = 8;

/** Returns the transformed matrix A, row by row: entry (i, j) is sampled from SHAKE128(ρ ‖ j ‖ i), 23 bits at a time. */
export function expandMatrix(set: DilithiumParameters, rho: Uint8Array): Polynomial[][] {
  return Array.from({ length: set.k }, (_, i) =>
    Array.from({ length: set.l }, (_, j) => uniformPolynomial(Uint8Array.of(...rho, j, i))),
  );
}

function uniformPolynomial(seed: Uint8Array): Polynomial {
  const polynomial = zeroPolynomial();
  drawFrom("shake128", seed, 5, (stream) => {
    let count = 0;
    for (let at = 0; count < DEGREE && at + 3 <= stream.length; at += 3) {
      const candidate = stream[at]! | (stream[at + 1]! << 8) | ((stream[at + 2]! & 0x7f) << 16);
      if (candidate < Q) polynomial[count++] = candidate;
    }
    return count === DEGREE;
  });
  return polynomial;
}

/** Returns a secret polynomial with coefficients in [-η, η], sampled from SHAKE256(seed ‖ 16-bit nonce), 4 bits at a time. */
export function secretPolynomial(set: DilithiumParameters, seed: Uint8Array, nonce: number): Polynomial {
  const polynomial = zeroPolynomial();
  const values = 2 * set.eta + 1;
  const accepted = 16 - (16 % values);
  drawFrom("shake256", withNonce(seed, nonce), 4, (stream) => {
    let count = 0;
    for (let at = 0; count < DEGREE && at < 2 * stream.length; at++) {
      const nibble = (stream[at >> 1]! >> (4 * (at & 1))) & 15;
      if (nibble < accepted) polynomial[count++] = set.eta - (nibble % values);
    }
    return count === DEGREE;
  });
  return polynomial;
}

/** Returns a masking polynomial with coefficients in (-γ1, γ1], in round 2 (-γ1, γ1), sampled from SHAKE256(ρ' ‖ nonce). */
export function maskPolynomial(set: DilithiumParameters, seed: Uint8Array, nonce: number): Polynomial {
  const { gamma1, zBits } = set;
  const stream = withNonce(seed, nonce);
  if (set.round === 3) {
    return unpackBits(shake("shake256", packedBytes(zBits), stream), 0, zBits).map((number) => gamma1 - number);
  }
  const polynomial = zeroPolynomial();
  drawFrom("shake256", stream, 5, (bytes) => {
    let count = 0;
    for (let bit = 0; count < DEGREE && bit + zBits <= 8 * bytes.length; bit += zBits) {
      const at = bit >> 3;
      const window = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      const number = (window >> (bit & 7)) & ((1 << zBits) - 1);
      if (number <= 2 * gamma1 - 2) polynomial[count++] = gamma1 - 1 - number;
    }
    return count === DEGREE;
  });
  return polynomial;
}

/** Returns the challenge polynomial, which has τ coefficients ±1, sampled from SHAKE256(seed). */
export function challengePolynomial(set: DilithiumParameters, seed: Uint8Array): Polynomial {
  const polynomial = zeroPolynomial();
  drawFrom("shake256", seed, 2, (stream) => {
    polynomial.fill(0);
    let at = SIGN_BYTES;
    for (let index = DEGREE - set.tau; index < DEGREE; index++) {
      while (at < stream.length && stream[at]! > index) at++;
      if (at === stream.length) return false;
      const position = stream[at++]!;
      const drawn = index - (DEGREE - set.tau);
      const sign = (stream[drawn >> 3]! >> (drawn & 7)) & 1;
      polynomial[index] = polynomial[position]!;
      polynomial[position] = 1 - 2 * sign;
    }
    return true;
  });
  return polynomial;
}

function withNonce(seed: Uint8Array, nonce: number): Uint8Array {
  return Uint8Array.of(...seed, nonce & 0xff, nonce >> 8);
}
