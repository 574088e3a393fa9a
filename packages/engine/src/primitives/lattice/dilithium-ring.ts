/**
 * Arithmetic in Dilithium's ring Z_q[X]/(X^256 + 1), q = 8380417 (specification v3.1, sections 2.2 and 2.4). Products are
 * below 2^53 and therefore exact in doubles. They are reduced without division, so that the time does not depend on secrets.
 */
import { bitReversedPowers, DEGREE, type Polynomial, zeroPolynomial } from "./lattice-packing.ts";

export const Q = 8380417;
const INVERSE_Q = 1 / Q;

/** Returns a * b modulo q, in [-1, q]; |a * b| must be below 2^53. */
function multiply(a: number, b: number): number {
  const product = a * b;
  return product - Math.floor(product * INVERSE_Q) * Q;
}

/** Returns the representative in [0, q) of a number in [-q, 2q). */
function freeze(a: number): number {
  const positive = a + (Q & (a >> 31));
  const lower = positive - Q;
  return lower + (Q & (lower >> 31));
}

/** Powers of a primitive 512th root of unity, at most q/2 in absolute value. */
const ZETAS = Int32Array.from(bitReversedPowers(1753, Q, 8), centred);
/** The inverse of 256 modulo q. */
const INVERSE_DEGREE = -(Q - 1) / DEGREE;

/** Returns the number-theoretic transform. Absolute values of coefficients are below 2q before and below 10q after. */
export function ntt(polynomial: Polynomial): Polynomial {
  const a = polynomial.slice();
  let zetaIndex = 1;
  for (let half = 128; half >= 1; half >>= 1) {
    for (let start = 0; start < DEGREE; start += 2 * half) {
      const zeta = ZETAS[zetaIndex++]!;
      for (let j = start; j < start + half; j++) {
        const low = a[j]!;
        const high = multiply(zeta, a[j + half]!);
        a[j] = low + high;
        a[j + half] = low - high;
      }
    }
  }
  return a;
}

/** Computes the inverse transform in place. Coefficients are in [0, q) before and after. */
function inverseNtt(a: Polynomial): Polynomial {
  let zetaIndex = DEGREE;
  for (let half = 1; half < DEGREE; half <<= 1) {
    for (let start = 0; start < DEGREE; start += 2 * half) {
      const zeta = ZETAS[--zetaIndex]!;
      for (let j = start; j < start + half; j++) {
        const low = a[j]!;
        const high = a[j + half]!;
        // Sums can double at every level; 256 q is below 2^31.
        a[j] = low + high;
        a[j + half] = multiply(zeta, high - low);
      }
    }
  }
  for (let j = 0; j < DEGREE; j++) a[j] = freeze(multiply(INVERSE_DEGREE, a[j]!));
  return a;
}

/** Returns the product of two transformed polynomials, transformed back, with coefficients in [0, q). */
export function product(a: Polynomial, b: Polynomial): Polynomial {
  return innerProduct([a], [b]);
}

/** Returns the sum of the products of transformed polynomials, transformed back, with coefficients in [0, q). */
export function innerProduct(row: readonly Polynomial[], column: readonly Polynomial[]): Polynomial {
  const sum = zeroPolynomial();
  row.forEach((a, index) => {
    const b = column[index]!;
    for (let j = 0; j < DEGREE; j++) sum[j] = sum[j]! + multiply(a[j]!, b[j]!);
  });
  for (let j = 0; j < DEGREE; j++) sum[j] = freeze(multiply(1, sum[j]!));
  return inverseNtt(sum);
}

/** Returns a + b with coefficients in [0, q); the coefficients of both must be in (-q, q). */
export function add(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((coefficient, j) => freeze(coefficient + b[j]!));
}

/** Returns a - b with coefficients in [0, q); the differences must be in [-q, 2q). */
export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return a.map((coefficient, j) => freeze(coefficient - b[j]!));
}

/** Returns the representative in (-q/2, q/2] of a coefficient in [0, q). */
function centred(a: number): number {
  return a - (Q & (((Q >> 1) - a) >> 31));
}

/** Returns the coefficients, which must be in [0, q), as representatives in (-q/2, q/2]. */
export function centre(polynomial: Polynomial): Polynomial {
  return polynomial.map(centred);
}

/** Returns whether any coefficient, given in (-q, q), has a representative in (-q/2, q/2] of absolute value `bound` or more. */
export function exceeds(polynomial: Polynomial, bound: number): boolean {
  return polynomial.some((coefficient) => Math.abs(centred(freeze(coefficient))) >= bound);
}

/** A rounded polynomial: each coefficient is high * step + low. */
interface Rounded {
  readonly high: Polynomial;
  readonly low: Polynomial;
}

/** Power2Round: the low part is in (-2^(d-1), 2^(d-1)]. The coefficients must be in [0, q). */
export function powerOfTwoRound(polynomial: Polynomial, d: number): Rounded {
  const high = polynomial.map((a) => (a + (1 << (d - 1)) - 1) >> d);
  return { high, low: polynomial.map((a, j) => a - (high[j]! << d)) };
}

/** Decompose: the low part is in (-γ2, γ2], and the highest high part becomes zero. The coefficients must be in [0, q). */
export function decompose(polynomial: Polynomial, gamma2: number): Rounded {
  const high = zeroPolynomial();
  const low = zeroPolynomial();
  const steps = (Q - 1) / (2 * gamma2);
  const inverseStep = 1 / (2 * gamma2);
  for (let j = 0; j < DEGREE; j++) {
    const a = polynomial[j]!;
    // This is ceil((a - γ2) / step). Subtracting 0.5 keeps the approximate quotient away from integers.
    const quotient = Math.floor((a + gamma2 - 0.5) * inverseStep);
    const folds = (steps - 1 - quotient) >> 31;
    high[j] = quotient & ~folds;
    low[j] = a - quotient * 2 * gamma2 + folds;
  }
  return { high, low };
}

/**
 * UseHint: returns the high part of each coefficient. Where a hint is set, the high part is increased by 1 if the low
 * part is positive, and otherwise decreased by 1, modulo `steps`.
 */
export function useHint(polynomial: Polynomial, hints: Uint8Array, gamma2: number): Polynomial {
  const steps = (Q - 1) / (2 * gamma2);
  const { high, low } = decompose(polynomial, gamma2);
  return high.map((value, j) => {
    if (hints[j] === 0) return value;
    return (value + (low[j]! > 0 ? 1 : steps - 1)) % steps;
  });
}
