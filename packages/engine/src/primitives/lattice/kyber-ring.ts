/**
 * Arithmetic in Kyber's ring Z_q[X]/(X^256 + 1), q = 3329: incomplete number-theoretic transform, products of the 128 factors
 * of degree one, and compression (submission to NIST's round 2, sections 1.1 and 1.2). Reductions multiply and shift instead
 * of dividing, so that the time does not depend on secrets.
 */
import { DEGREE, type Polynomial, zeroPolynomial } from "./lattice-packing.ts";

export const Q = 3329;
/** A primitive 256th root of unity. */
const ROOT = 17;
const INVERSE_Q = 1 / Q;

/** Returns a / q, rounded down, for integers below 2^40. Adding 0.5 keeps the product away from integers. */
function quotient(a: number): number {
  return Math.floor((a + 0.5) * INVERSE_Q);
}

/** Returns the representative of `a` in [0, q). */
export function reduce(a: number): number {
  return a - quotient(a) * Q;
}

function reverseBits(index: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 7; bit++) reversed |= ((index >> bit) & 1) << (6 - bit);
  return reversed;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let count = 0; count < exponent; count++) result = reduce(result * base);
  return result;
}

/** Powers of the root in the order in which the transform uses them. */
const ZETAS = Int32Array.from({ length: 128 }, (_, index) => power(ROOT, reverseBits(index)));
/** The inverse of 128 modulo q. */
const INVERSE_HALF_DEGREE = Q - (Q - 1) / 128;

/** Returns the number-theoretic transform, down to factors of degree one, as a new polynomial with coefficients in [0, q). */
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

/** Returns the inverse transform as a new polynomial with coefficients in [0, q). */
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
      // Multiplies modulo X^2 - ζ; adjacent factors have ζ of opposite signs.
      const zeta = j & 2 ? -ZETAS[64 + (j >> 2)]! : ZETAS[64 + (j >> 2)]!;
      const crossed = reduce(a[j + 1]! * b[j + 1]!);
      sum[j] = sum[j]! + reduce(a[j]! * b[j]! + zeta * crossed);
      sum[j + 1] = sum[j + 1]! + reduce(a[j]! * b[j + 1]! + a[j + 1]! * b[j]!);
    }
  });
  return reduced(sum);
}

/** Returns the sum of polynomials, with coefficients in [0, q). */
export function add(...polynomials: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  for (const polynomial of polynomials) {
    for (let j = 0; j < DEGREE; j++) sum[j] = sum[j]! + polynomial[j]!;
  }
  return reduced(sum);
}

/** Returns a - b with coefficients in [0, q). */
export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((coefficient, j) => reduce(coefficient - b[j]!));
}

function reduced(polynomial: Polynomial): Polynomial {
  return polynomial.map((coefficient) => reduce(coefficient));
}

/**
 * Compresses a coefficient in [0, q): returns n modulo 2^bits, where n q/2^bits is the multiple of q/2^bits nearest to it.
 * `bits` is at most 11.
 */
export function compress(coefficient: number, bits: number): number {
  return quotient((coefficient << bits) + (Q >> 1)) & ((1 << bits) - 1);
}

/** Returns the coefficient of a compressed one, which differs from the original by the rounding. */
export function decompress(number: number, bits: number): number {
  return (number * Q + (1 << (bits - 1))) >> bits;
}
