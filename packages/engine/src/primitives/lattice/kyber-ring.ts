/**
 * Arithmetic of Kyber's ring Z_q[X]/(X^256 + 1), q = 3329: incomplete number-theoretic transform, products of the 128
 * linear factors, and compression (submission to NIST's round 2, sections 1.1 and 1.2). Reductions multiply and shift,
 * without division, so that the time does not depend on secrets.
 */
import { DEGREE, type Polynomial, zeroPolynomial } from "./lattice-packing.ts";

export const Q = 3329;
/** A primitive 256th root of unity. */
const ROOT = 17;
const INVERSE_Q = 1 / Q;

/** a / q, rounded down, for whole numbers below 2^40: half a unit keeps the product clear of whole numbers. */
function quotient(a: number): number {
  return Math.floor((a + 0.5) * INVERSE_Q);
}

/** The representative of `a` in [0, q). */
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

/** Powers of the root in the order in which the transform consumes them. */
const ZETAS = Int32Array.from({ length: 128 }, (_, index) => power(ROOT, reverseBits(index)));
/** 1/128 modulo q. */
const INVERSE_HALF_DEGREE = Q - (Q - 1) / 128;

/** Number-theoretic transform, down to factors of degree one; a new polynomial with coefficients in [0, q). */
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

/** The inverse transform; a new polynomial with coefficients in [0, q). */
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

/** The sum of the products of transformed polynomials, still transformed; coefficients in [0, q). */
export function innerProduct(row: readonly Polynomial[], column: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  row.forEach((a, index) => {
    const b = column[index]!;
    for (let j = 0; j < DEGREE; j += 2) {
      // Modulo X^2 - ζ; neighbouring factors have ζ of opposite sign.
      const zeta = j & 2 ? -ZETAS[64 + (j >> 2)]! : ZETAS[64 + (j >> 2)]!;
      const crossed = reduce(a[j + 1]! * b[j + 1]!);
      sum[j] = sum[j]! + reduce(a[j]! * b[j]! + zeta * crossed);
      sum[j + 1] = sum[j + 1]! + reduce(a[j]! * b[j + 1]! + a[j + 1]! * b[j]!);
    }
  });
  return reduced(sum);
}

/** The sum of polynomials, with coefficients in [0, q). */
export function add(...polynomials: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  for (const polynomial of polynomials) {
    for (let j = 0; j < DEGREE; j++) sum[j] = sum[j]! + polynomial[j]!;
  }
  return reduced(sum);
}

/** a - b with coefficients in [0, q). */
export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((coefficient, j) => reduce(coefficient - b[j]!));
}

function reduced(polynomial: Polynomial): Polynomial {
  return polynomial.map((coefficient) => reduce(coefficient));
}

/** The nearest multiple of q/2^bits to a coefficient in [0, q), as its number modulo 2^bits (at most 11 bits). */
export function compress(coefficient: number, bits: number): number {
  return quotient((coefficient << bits) + (Q >> 1)) & ((1 << bits) - 1);
}

/** The coefficient of a compressed one. */
export function decompress(number: number, bits: number): number {
  return (number * Q + (1 << (bits - 1))) >> bits;
}
