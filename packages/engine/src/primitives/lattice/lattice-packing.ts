/** Polynomials as strings of fixed-width unsigned numbers, least significant bit first (Dilithium, Kyber, FIPS 203, 204). */

/** A polynomial of 256 coefficients. */
export type Polynomial = Int32Array;

/** Coefficients of a polynomial. */
export const DEGREE = 256;

/** The zero polynomial. */
export function zeroPolynomial(): Polynomial {
  return new Int32Array(DEGREE);
}

/** How many bytes a packed polynomial of `bits`-bit numbers has. */
export function packedBytes(bits: number): number {
  return (DEGREE * bits) / 8;
}

/** Appends the low `bits` bits (at most 20) of every coefficient at `offset`; the coefficients must be in range. */
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

/** Reads 256 numbers of `bits` bits (at most 20) from `offset`. */
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

/** Polynomials packed one after the other, with `encode` applied to each coefficient. */
export function packVector(
  vector: readonly Polynomial[],
  bits: number,
  encode: (coefficient: number) => number,
): Uint8Array {
  const packed = new Uint8Array(vector.length * packedBytes(bits));
  vector.forEach((polynomial, index) => {
    packBits(polynomial.map(encode), bits, packed, index * packedBytes(bits));
  });
  return packed;
}

/** The vector of `length` polynomials that {@link packVector} packed at `offset`, with `decode` applied to each number. */
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
