/** Polynomials of the lattice schemes, and how they are packed: numbers of fixed width, least significant bit first. */

export type Polynomial = Int32Array;

/** Number of coefficients of a polynomial. */
export const DEGREE = 256;

export function zeroPolynomial(): Polynomial {
  return new Int32Array(DEGREE);
}

/** Returns the length in bytes of a polynomial whose coefficients have `bits` bits each. */
export function packedBytes(bits: number): number {
  return (DEGREE * bits) / 8;
}

/** Writes `bits` bits (at most 20) of every coefficient; the coefficients must be in range. */
function packBits(polynomial: Polynomial, bits: number, into: Uint8Array, offset: number): void {
  let pending = 0;
  let pendingBits = 0;
  let position = offset;
  for (let index = 0; index < DEGREE; index++) {
    pending |= polynomial[index]! << pendingBits;
    pendingBits += bits;
    for (; pendingBits >= 8; pendingBits -= 8) {
      into[position++] = pending;
      pending >>>= 8;
    }
  }
}

/** Reads 256 numbers of `bits` bits (at most 20). */
export function unpackBits(packed: Uint8Array, offset: number, bits: number): Polynomial {
  const polynomial = zeroPolynomial();
  const mask = (1 << bits) - 1;
  let pending = 0;
  let pendingBits = 0;
  let position = offset;
  for (let index = 0; index < DEGREE; index++) {
    for (; pendingBits < bits; pendingBits += 8) pending |= packed[position++]! << pendingBits;
    polynomial[index] = pending & mask;
    pending >>>= bits;
    pendingBits -= bits;
  }
  return polynomial;
}

/** Packs polynomials one after the other, applying `encode` to each coefficient. */
export function packVector(
  vector: readonly Polynomial[],
  bits: number,
  encode = (coefficient: number) => coefficient,
): Uint8Array {
  const packed = new Uint8Array(vector.length * packedBytes(bits));
  vector.forEach((polynomial, index) => {
    packBits(polynomial.map(encode), bits, packed, index * packedBytes(bits));
  });
  return packed;
}

/** Unpacks `length` polynomials that {@link packVector} has packed at `offset`, applying `decode` to each number. */
export function unpackVector(
  packed: Uint8Array,
  offset: number,
  length: number,
  bits: number,
  decode: (number: number) => number,
): Polynomial[] {
  return Array.from({ length }, (_, index) =>
    unpackBits(packed, offset + index * packedBytes(bits), bits).map((number) => decode(number)),
  );
}

/** Returns the powers of a root of unity, in the order in which number-theoretic transforms use them. */
export function bitReversedPowers(root: number, modulus: number, bits: number): number[] {
  return Array.from({ length: 1 << bits }, (_, index) => {
    let exponent = 0;
    for (let bit = 0; bit < bits; bit++) exponent |= ((index >> bit) & 1) << (bits - 1 - bit);
    let power = 1;
    for (let count = 0; count < exponent; count++) power = (power * root) % modulus;
    return power;
  });
}
