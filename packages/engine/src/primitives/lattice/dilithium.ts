/** Dilithium of rounds 2 and 3, and the arithmetic of ML-DSA (docs/reference/ep11.md#post-quantum; specification v3.1). */
import { concatenate, equalBytes } from "@grep11/encoding";
import { wipe } from "../wipe.ts";
import { type DilithiumParameters, dilithiumLengths } from "./dilithium-parameters.ts";
import * as ring from "./dilithium-ring.ts";
import { challengePolynomial, expandMatrix, maskPolynomial, secretPolynomial } from "./dilithium-sampling.ts";
import { challengePositions, decodeSignature, encodeSignature } from "./dilithium-signature.ts";
import { DEGREE, type Polynomial, packVector, unpackVector } from "./lattice-packing.ts";
import { shake } from "./lattice-xof.ts";

/** The seed of A, and the high bits of t, packed. */
export interface DilithiumPublicKey {
  readonly rho: Uint8Array;
  readonly t1: Uint8Array;
}

/** The packed parts of a private key with which signatures are made. */
export interface DilithiumSecret {
  readonly rho: Uint8Array;
  /** The signing seed, "K" in the specification. */
  readonly seed: Uint8Array;
  /** The hash of the public key. */
  readonly tr: Uint8Array;
  readonly s1: Uint8Array;
  readonly s2: Uint8Array;
  readonly t0: Uint8Array;
}

export interface DilithiumPrivateKey extends DilithiumSecret, DilithiumPublicKey {}

/** Returns the key pair for a 32-byte random seed. */
export function dilithiumKeyPair(set: DilithiumParameters, random: Uint8Array): DilithiumPrivateKey {
  const expanded = shake("shake256", 128, random);
  const rho = expanded.slice(0, 32);
  const secretSeed = expanded.subarray(32, 96);
  const s1 = Array.from({ length: set.l }, (_, j) => secretPolynomial(set, secretSeed, j));
  const s2 = Array.from({ length: set.k }, (_, i) => secretPolynomial(set, secretSeed, set.l + i));
  const { t1, t0 } = publicVector(set, rho, s1, s2);
  const key = {
    rho,
    seed: expanded.slice(96, 128),
    tr: shake("shake256", set.trBytes, rho, t1),
    s1: packVector(s1, set.etaBits, (coefficient) => set.eta - coefficient),
    s2: packVector(s2, set.etaBits, (coefficient) => set.eta - coefficient),
    t0,
    t1,
  };
  wipe(expanded, ...s1, ...s2);
  return key;
}

/** Computes t = A s1 + s2, rounded and packed. */
function publicVector(
  set: DilithiumParameters,
  rho: Uint8Array,
  s1: readonly Polynomial[],
  s2: readonly Polynomial[],
): Pick<DilithiumPrivateKey, "t0" | "t1"> {
  const transformed = s1.map(ring.ntt);
  const rounded = expandMatrix(set, rho).map((row, i) =>
    ring.powerOfTwoRound(ring.add(ring.innerProduct(row, transformed), s2[i]!), set.d),
  );
  wipe(...transformed);
  const top = 1 << (set.d - 1);
  const [high, low] = [rounded.map((parts) => parts.high), rounded.map((parts) => parts.low)];
  return { t1: packVector(high, set.t1Bits), t0: packVector(low, set.d, (coefficient) => top - coefficient) };
}

/** Computes t1 of an imported key; undefined unless its parts have the right lengths and are consistent. */
export function completeDilithiumKey(
  set: DilithiumParameters,
  parts: DilithiumSecret & { readonly t1?: Uint8Array },
): DilithiumPrivateKey | undefined {
  const lengths = dilithiumLengths(set);
  const { rho, seed, tr, s1, s2, t0 } = parts;
  const fits = Object.entries({ rho, seed, tr, s1, s2, t0 }).every(
    ([name, part]) => part.length === lengths[name as keyof typeof lengths],
  );
  if (!fits) return undefined;
  const secrets1 = unpackSecrets(set, s1, set.l);
  const secrets2 = unpackSecrets(set, s2, set.k);
  const small = [...secrets1, ...secrets2].every((polynomial) => !ring.exceeds(polynomial, set.eta + 1));
  const computed = publicVector(set, rho, secrets1, secrets2);
  wipe(...secrets1, ...secrets2);
  const belongs =
    small &&
    equalBytes(computed.t0, t0) &&
    equalBytes(shake("shake256", set.trBytes, rho, computed.t1), tr) &&
    (parts.t1 === undefined || equalBytes(parts.t1, computed.t1));
  return belongs ? { rho, seed, tr, s1, s2, t0, t1: computed.t1 } : undefined;
}

/**
 * Returns a signature of `message`. With 32 random bytes as `hedge`, two signatures of the same message differ, which protects
 * against fault attacks; without them, the signature is deterministic, as in the known answers.
 */
export function dilithiumSign(
  set: DilithiumParameters,
  key: DilithiumSecret,
  message: Uint8Array,
  hedge: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const { gamma1, gamma2, beta } = set;
  const matrix = expandMatrix(set, key.rho);
  const top = 1 << (set.d - 1);
  const s1 = unpackSecrets(set, key.s1, set.l).map(ring.ntt);
  const s2 = unpackSecrets(set, key.s2, set.k).map(ring.ntt);
  const t0 = unpackVector(key.t0, 0, set.k, set.d, (number) => top - number).map(ring.ntt);
  const mu = shake("shake256", set.muBytes, key.tr, message);
  const maskSeed = shake("shake256", set.muBytes, key.seed, hedge, mu);

  const attempt = (nonce: number): Uint8Array | undefined => {
    const y = Array.from({ length: set.l }, (_, j) => maskPolynomial(set, maskSeed, nonce + j));
    const transformed = y.map(ring.ntt);
    const w = matrix.map((row) => ring.decompose(ring.innerProduct(row, transformed), gamma2));
    const high = w.map((rounded) => rounded.high);
    const { challenge, c } = challengeOf(set, mu, high);
    const cHat = ring.ntt(c);
    const z = y.map((mask, j) => ring.centre(ring.add(mask, ring.product(cHat, s1[j]!))));
    const low = w.map((rounded, i) => ring.centre(ring.subtract(rounded.low, ring.centre(ring.product(cHat, s2[i]!)))));
    wipe(...y, ...transformed);
    if (z.some((row) => ring.exceeds(row, gamma1 - beta)) || low.some((row) => ring.exceeds(row, gamma2 - beta))) {
      wipe(...z);
      return undefined;
    }
    const ct0 = t0.map((row) => ring.centre(ring.product(cHat, row)));
    if (ct0.some((row) => ring.exceeds(row, gamma2))) return undefined;
    const hints = low.map((row, i) => hintsOf(row, ct0[i]!, high[i]!, gamma2));
    if (countHints(hints) > set.omega) return undefined;
    return encodeSignature(set, { challenge, z, hints });
  };

  for (let nonce = 0; ; nonce += set.l) {
    const signature = attempt(nonce);
    if (signature === undefined) continue;
    wipe(...s1, ...s2, ...t0, maskSeed);
    return signature;
  }
}

/** Returns false also for a signature of the wrong length. */
export function dilithiumVerify(
  set: DilithiumParameters,
  key: DilithiumPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== dilithiumLengths(set).signature) return false;
  const decoded = decodeSignature(set, signature);
  if (decoded === undefined || decoded.z.some((row) => ring.exceeds(row, set.gamma1 - set.beta))) return false;
  const c = set.round === 3 ? challengePolynomial(set, decoded.challenge) : challengeAt(decoded.challenge);
  const cHat = ring.ntt(c);
  const z = decoded.z.map(ring.ntt);
  const t1 = unpackVector(key.t1, 0, set.k, set.t1Bits, (number) => number << set.d).map(ring.ntt);
  const high = expandMatrix(set, key.rho).map((row, i) => {
    const approximate = ring.subtract(ring.innerProduct(row, z), ring.product(cHat, t1[i]!));
    return ring.useHint(approximate, decoded.hints[i]!, set.gamma2);
  });
  const tr = shake("shake256", set.trBytes, key.rho, key.t1);
  const mu = shake("shake256", set.muBytes, tr, message);
  return equalBytes(challengeOf(set, mu, high).challenge, decoded.challenge);
}

/** Computes the challenge from µ and w1, both as it is in a signature and as a polynomial. */
function challengeOf(set: DilithiumParameters, mu: Uint8Array, high: readonly Polynomial[]) {
  const commitment = packVector(high, set.w1Bits);
  if (set.round === 3) {
    const challenge = shake("shake256", set.challengeBytes, mu, commitment);
    return { challenge, c: challengePolynomial(set, challenge) };
  }
  const c = challengePolynomial(set, concatenate(mu, commitment));
  return { challenge: challengePositions(c), c };
}

/** Returns the polynomial for the positions and signs of round 2. */
function challengeAt(packed: Uint8Array): Polynomial {
  const c = new Int32Array(DEGREE);
  let nonzero = 0;
  for (let j = 0; j < DEGREE; j++) {
    if (((packed[j >> 3]! >> (j & 7)) & 1) === 0) continue;
    const negative = nonzero < 64 && ((packed[DEGREE / 8 + (nonzero >> 3)]! >> (nonzero & 7)) & 1) === 1;
    c[j] = negative ? -1 : 1;
    nonzero++;
  }
  return c;
}

/** MakeHint: returns where adding c t0 to the low part changes the high part. */
function hintsOf(low: Polynomial, ct0: Polynomial, high: Polynomial, gamma2: number): Uint8Array {
  return Uint8Array.from(low, (coefficient, j) => {
    const moved = coefficient + ct0[j]!;
    return moved > gamma2 || moved < -gamma2 || (moved === -gamma2 && high[j] !== 0) ? 1 : 0;
  });
}

function countHints(hints: readonly Uint8Array[]): number {
  return hints.reduce((count, row) => count + row.reduce((sum, hint) => sum + hint, 0), 0);
}

function unpackSecrets(set: DilithiumParameters, packed: Uint8Array, length: number): Polynomial[] {
  return unpackVector(packed, 0, length, set.etaBits, (number) => set.eta - number);
}
