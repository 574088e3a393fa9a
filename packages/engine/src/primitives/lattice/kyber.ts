/**
 * Kyber as submitted to NIST's round 2 (docs/reference/ep11.md#post-quantum; submission, algorithms 4 to 9). Round 3 and
 * ML-KEM sample the matrix and derive the secret differently.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { wipe } from "../wipe.ts";
import { add, compress, decompress, innerProduct, inverseNtt, ntt, Q, reduce, subtract } from "./kyber-ring.ts";
import { DEGREE, type Polynomial, packedBytes, packVector, unpackVector, zeroPolynomial } from "./lattice-packing.ts";
import { drawFrom, shake } from "./lattice-xof.ts";

interface KyberParameters {
  /** Dimension of the module. */
  readonly k: number;
  /** Length in bits of a compressed coefficient of the vector u in the ciphertext. */
  readonly du: number;
  /** Length in bits of a compressed coefficient of the polynomial v, with which the ciphertext ends. */
  readonly dv: number;
}

export const KYBER = {
  "kyber-768": { k: 3, du: 10, dv: 4 },
  "kyber-1024": { k: 4, du: 11, dv: 5 },
} as const satisfies Record<string, KyberParameters>;

export type KyberName = keyof typeof KYBER;

/** Lengths in bytes of seeds, hashes, messages and shared secrets. */
const SYMMETRIC_BYTES = 32;
/** Length in bits of an uncompressed coefficient. */
const COEFFICIENT_BITS = 12;

/** The public key is t ‖ ρ, the private key s ‖ public key ‖ SHA3-256(public key) ‖ z. */
interface KyberKeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** Returns lengths in bytes. */
export function kyberLengths({ k, du, dv }: KyberParameters) {
  const publicKey = k * packedBytes(COEFFICIENT_BITS) + SYMMETRIC_BYTES;
  return {
    publicKey,
    privateKey: k * packedBytes(COEFFICIENT_BITS) + publicKey + 2 * SYMMETRIC_BYTES,
    ciphertext: k * packedBytes(du) + packedBytes(dv),
  };
}

/** `random` is 64 bytes: the seed of key and noise, then the value z for implicit rejection. */
export function kyberKeyPair(set: KyberParameters, random: Uint8Array): KyberKeyPair {
  const seeds = sha3("sha3-512", random.subarray(0, SYMMETRIC_BYTES));
  const rho = seeds.slice(0, SYMMETRIC_BYTES);
  const noise = seeds.subarray(SYMMETRIC_BYTES);
  const s = Array.from({ length: set.k }, (_, i) => ntt(noisePolynomial(noise, i)));
  const e = Array.from({ length: set.k }, (_, i) => ntt(noisePolynomial(noise, set.k + i)));
  const t = expandMatrix(set, rho).map((row, i) => add(innerProduct(row, s), e[i]!));
  const publicKey = concatenate(packCoefficients(t), rho);
  const privateKey = concatenate(
    packCoefficients(s),
    publicKey,
    sha3("sha3-256", publicKey),
    random.subarray(SYMMETRIC_BYTES, 2 * SYMMETRIC_BYTES),
  );
  wipe(seeds, ...s, ...e);
  return { publicKey, privateKey };
}

/** Returns the public key in a private key. */
export function kyberPublicKey(privateKey: Uint8Array): Uint8Array {
  const secretBytes = (privateKey.length - 3 * SYMMETRIC_BYTES) / 2;
  return privateKey.slice(secretBytes, -2 * SYMMETRIC_BYTES);
}

/** Checks the hash of the public key in an imported private key, and whether the two keys work together. */
export function isKyberPrivateKey(set: KyberParameters, privateKey: Uint8Array): boolean {
  if (privateKey.length !== kyberLengths(set).privateKey) return false;
  const publicKey = kyberPublicKey(privateKey);
  const stored = privateKey.subarray(privateKey.length - 2 * SYMMETRIC_BYTES, privateKey.length - SYMMETRIC_BYTES);
  if (!timingSafeEqual(sha3("sha3-256", publicKey), stored)) return false;
  const { ciphertext, sharedSecret } = kyberEncapsulate(set, publicKey, stored);
  const found = kyberDecapsulate(set, privateKey, ciphertext);
  return found !== undefined && timingSafeEqual(found, sharedSecret);
}

/** `random` is 32 bytes. The public key must have the right length. */
export function kyberEncapsulate(set: KyberParameters, publicKey: Uint8Array, random: Uint8Array) {
  const message = sha3("sha3-256", random);
  const keyAndCoins = sha3("sha3-512", message, sha3("sha3-256", publicKey));
  const ciphertext = encrypt(set, publicKey, message, keyAndCoins.subarray(SYMMETRIC_BYTES));
  const sharedSecret = secretOf(keyAndCoins.subarray(0, SYMMETRIC_BYTES), ciphertext);
  wipe(message, keyAndCoins);
  return { ciphertext, sharedSecret };
}

/**
 * Returns undefined for a ciphertext of the wrong length. Any other invalid ciphertext gives an unpredictable secret in the
 * same time (implicit rejection). The private key must have the right length.
 */
export function kyberDecapsulate(
  set: KyberParameters,
  privateKey: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length !== kyberLengths(set).ciphertext) return undefined;
  const publicKey = kyberPublicKey(privateKey);
  const publicHash = privateKey.subarray(-2 * SYMMETRIC_BYTES, -SYMMETRIC_BYTES);
  const message = decrypt(set, privateKey, ciphertext);
  const keyAndCoins = sha3("sha3-512", message, publicHash);
  const again = encrypt(set, publicKey, message, keyAndCoins.subarray(SYMMETRIC_BYTES));
  const keep = timingSafeEqual(again, ciphertext) ? 0xff : 0;
  const fallback = privateKey.subarray(-SYMMETRIC_BYTES);
  const key = fallback.map((byte, index) => (keyAndCoins[index]! & keep) | (byte & ~keep));
  const sharedSecret = secretOf(key, ciphertext);
  wipe(message, keyAndCoins, key);
  return sharedSecret;
}

function secretOf(key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return shake("shake256", SYMMETRIC_BYTES, key, sha3("sha3-256", ciphertext));
}

/** Returns u = Aᵀr + e1 and v = t·r + e2 + message, compressed. */
function encrypt(set: KyberParameters, publicKey: Uint8Array, message: Uint8Array, coins: Uint8Array): Uint8Array {
  const t = unpackCoefficients(set, publicKey);
  const matrix = expandMatrix(set, publicKey.subarray(-SYMMETRIC_BYTES));
  const r = Array.from({ length: set.k }, (_, i) => ntt(noisePolynomial(coins, i)));
  const u = Array.from({ length: set.k }, (_, i) => {
    const column = matrix.map((row) => row[i]!);
    return add(inverseNtt(innerProduct(column, r)), noisePolynomial(coins, set.k + i));
  });
  const embedded = zeroPolynomial().map((_, j) => decompress((message[j >> 3]! >> (j & 7)) & 1, 1));
  const v = add(inverseNtt(innerProduct(t, r)), noisePolynomial(coins, 2 * set.k), embedded);
  const ciphertext = concatenate(
    packVector(u, set.du, (coefficient) => compress(coefficient, set.du)),
    packVector([v], set.dv, (coefficient) => compress(coefficient, set.dv)),
  );
  wipe(...r, embedded, v);
  return ciphertext;
}

/** Computes v - s·u, and returns one bit for each coefficient. */
function decrypt(set: KyberParameters, privateKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const u = unpackVector(ciphertext, 0, set.k, set.du, (number) => decompress(number, set.du));
  const [v] = unpackVector(ciphertext, set.k * packedBytes(set.du), 1, set.dv, (number) => decompress(number, set.dv));
  const s = unpackCoefficients(set, privateKey);
  const noisy = subtract(v!, inverseNtt(innerProduct(s, u.map(ntt))));
  const message = new Uint8Array(SYMMETRIC_BYTES);
  noisy.forEach((coefficient, j) => {
    message[j >> 3]! |= compress(coefficient, 1) << (j & 7);
  });
  wipe(...s, noisy);
  return message;
}

/** Entry (i, j) of A is sampled from SHAKE128(ρ ‖ j ‖ i), 16 bits at a time, of which values below 19 q are accepted. */
function expandMatrix({ k }: KyberParameters, rho: Uint8Array): Polynomial[][] {
  return Array.from({ length: k }, (_, i) =>
    Array.from({ length: k }, (_, j) => {
      const polynomial = zeroPolynomial();
      drawFrom("shake128", Uint8Array.of(...rho, j, i), 4, (stream) => {
        let count = 0;
        for (let at = 0; count < DEGREE && at < stream.length; at += 2) {
          const candidate = stream[at]! | (stream[at + 1]! << 8);
          if (candidate < 19 * Q) polynomial[count++] = reduce(candidate);
        }
        return count === DEGREE;
      });
      return polynomial;
    }),
  );
}

/** Returns centred binomial noise with η = 2 from SHAKE256(seed ‖ nonce), 4 bits for each coefficient. */
function noisePolynomial(seed: Uint8Array, nonce: number): Polynomial {
  const stream = shake("shake256", DEGREE / 2, seed, Uint8Array.of(nonce));
  const polynomial = zeroPolynomial().map((_, j) => {
    const nibble = stream[j >> 1]! >> (4 * (j & 1));
    return reduce((nibble & 1) + ((nibble >> 1) & 1) - ((nibble >> 2) & 1) - ((nibble >> 3) & 1));
  });
  stream.fill(0);
  return polynomial;
}

function packCoefficients(vector: readonly Polynomial[]): Uint8Array {
  return packVector(vector, COEFFICIENT_BITS);
}

function unpackCoefficients(set: KyberParameters, packed: Uint8Array): Polynomial[] {
  return unpackVector(packed, 0, set.k, COEFFICIENT_BITS, reduce);
}

function sha3(name: "sha3-256" | "sha3-512", ...parts: readonly Uint8Array[]): Uint8Array {
  const input = concatenate(...parts);
  const digest = hash(name, input, "buffer");
  wipe(input);
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}
