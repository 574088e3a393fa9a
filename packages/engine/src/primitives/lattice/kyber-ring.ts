/**
 * Arithmetic in Kyber's ring Z_q[X]/(X^256 + 1), q = 3329 (submission to NIST's round 2, sections 1.1 and 1.2). Reductions
 * multiply and shift instead of dividing, so that the time does not depend on secrets.
 */
import { bitReversedPowers, DEGREE, type Polynomial, zeroPolynomial } from "./lattice-packing.ts";

export const Q = 3329;
const INVERSE_Q = 1 / Q;

/** Returns a / q, rounded down, for integers below 2^40. Adding 0.5 keeps the product away from integers. */
function quotient(a: number): number {
  return Math.floor((a + 0.5) * INVERSE_Q);
}

/** Returns the representative in [0, q). */
export function reduce(a: number): number {
  return a - quotient(a) * Q;
}

/** Powers of a primitive 256th root of unity. */
const ZETAS = Int32Array.from(bitReversedPowers(17, Q, 7));
/** The inverse of 128 modulo q. */
const INVERSE_HALF_DEGREE = Q - (Q - 1) / 128;

/** Returns the number-theoretic transform, down to factors of degree one, with coefficients in [0, q). */
export function ntt(polynomial: Polynomial): Polynomial {
  const a = polynomial.slice();
  let zetaIndex = 1;
  for (let half = 128; half >= 2; half >>= 1) {
    for (let start = 0; start < DEGREE; start += 2 * half) {
      const zeta = ZETAS[zetaIndex++]!;
      for (let j = start; j < start + half; j++) {
        const low = a[j]!;
        const high = reduce(zeta * a[j + half]!);
        a[j] = low + high;
        a[j + half] = low - high;
      }
    }
  }
  return reduced(a);
}

/** Coefficients of the result are in [0, q). */
export function inverseNtt(polynomial: Polynomial): Polynomial {
  const a = polynomial.slice();
  let zetaIndex = 128;
  for (let half = 2; half < DEGREE; half <<= 1) {
    for (let start = 0; start < DEGREE; start += 2 * half) {
      const zeta = ZETAS[--zetaIndex]!;
      for (let j = start; j < start + half; j++) {
        const low = a[j]!;
        const high = a[j + half]!;
        a[j] = low + high;
        a[j + half] = reduce(zeta * (high - low));
      }
    }
  }
  return a.map((coefficient) => reduce(INVERSE_HALF_DEGREE * reduce(coefficient)));
}

/** Returns the sum of the products of transformed polynomials, still transformed, with coefficients in [0, q). */
export function innerProduct(row: readonly Polynomial[], column: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  row.forEach((a, index) => {
    const b = column[index]!;
    for (let j = 0; j < DEGREE; j += 2) {
      // Multiplies modulo X^2 - ζ. The ζ of adjacent factors have opposite signs.
      const zeta = j & 2 ? -ZETAS[64 + (j >> 2)]! : ZETAS[64 + (j >> 2)]!;
      const crossed = reduce(a[j + 1]! * b[j + 1]!);
      sum[j] = sum[j]! + reduce(a[j]! * b[j]! + zeta * crossed);
      sum[j + 1] = sum[j + 1]! + reduce(a[j]! * b[j + 1]! + a[j + 1]! * b[j]!);
    }
  });
  return reduced(sum);
}

/** Coefficients of the result are in [0, q). */
export function add(...polynomials: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  for (const polynomial of polynomials) {
    for (let j = 0; j < DEGREE; j++) sum[j] = sum[j]! + polynomial[j]!;
  }
  return reduced(sum);
}

/** Coefficients of the result are in [0, q). */
export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((coefficient, j) => reduce(coefficient - b[j]!));
}

function reduced(polynomial: Polynomial): Polynomial {
  return polynomial.map((coefficient) => reduce(coefficient));
}

/** Compresses a coefficient in [0, q) to `bits` bits, at most 11: returns the nearest n * q/2^bits as n modulo 2^bits. */
export function compress(coefficient: number, bits: number): number {
  return quotient((coefficient << bits) + (Q >> 1)) & ((1 << bits) - 1);
}

/** The result differs from the original coefficient by the rounding. */
export function decompress(number: number, bits: number): number {
  return (number * Q + (1 << (bits - 1))) >> bits;
}
