/** The parameter sets of Dilithium and of its successor, ML-DSA (docs/reference/ep11.md#post-quantum). */

/** Length in bits of a coefficient modulo q = 8380417. */
const MODULUS_BITS = 23;

/** The names are those of the specification, which uses Greek letters. */
export interface DilithiumParameters {
  readonly round: 2 | 3;
  /** Number of rows of the matrix A, and of polynomials in s2, t0 and t1. */
  readonly k: number;
  /** Number of columns of the matrix A, and of polynomials in s1 and z. */
  readonly l: number;
  /** Maximum absolute value of the coefficients of the secrets s1 and s2. */
  readonly eta: number;
  /** Length in bits of a packed secret coefficient. */
  readonly etaBits: number;
  /** How many low bits of t are dropped. */
  readonly d: number;
  /** Length in bits of a packed coefficient of t1. */
  readonly t1Bits: number;
  /** The bound of the masking coefficients. */
  readonly gamma1: number;
  /** Length in bits of a packed coefficient of z. */
  readonly zBits: number;
  /** Half the low-order rounding range. */
  readonly gamma2: number;
  /** Length in bits of a packed coefficient of w1. */
  readonly w1Bits: number;
  /** Number of nonzero coefficients of the challenge. */
  readonly tau: number;
  /** Maximum absolute value of the coefficients of challenge times secret. */
  readonly beta: number;
  /** Maximum number of hints in a signature. */
  readonly omega: number;
  /** Length in bytes of the hash of the public key. */
  readonly trBytes: number;
  /** Length in bytes of the hash of tr and message (µ), and of the seed of the masks (ρ'). */
  readonly muBytes: number;
  /** Length in bytes of the challenge in a signature: its seed in round 3, its positions and signs in round 2. */
  readonly challengeBytes: number;
}

type Dimensions = Pick<DilithiumParameters, "k" | "l" | "eta" | "omega">;

function round2(set: Dimensions & { readonly beta: number }): DilithiumParameters {
  return {
    ...set,
    round: 2,
    etaBits: 3,
    d: 14,
    t1Bits: MODULUS_BITS - 14,
    gamma1: 523776,
    zBits: 20,
    gamma2: 261888,
    w1Bits: 4,
    tau: 60,
    trBytes: 48,
    muBytes: 48,
    challengeBytes: 40,
  };
}

function round3(set: Dimensions & Pick<DilithiumParameters, "tau" | "etaBits">, small: boolean): DilithiumParameters {
  return {
    ...set,
    round: 3,
    d: 13,
    t1Bits: MODULUS_BITS - 13,
    gamma1: small ? 1 << 17 : 1 << 19,
    zBits: small ? 18 : 20,
    gamma2: small ? 95232 : 261888,
    w1Bits: small ? 6 : 4,
    beta: set.tau * set.eta,
    trBytes: 32,
    muBytes: 64,
    challengeBytes: 32,
  };
}

/** The parameter sets of rounds 2 (as IBM extended it) and 3. Their names contain the round and the dimensions k and l. */
export const DILITHIUM = {
  "round2-65": round2({ k: 6, l: 5, eta: 3, beta: 175, omega: 120 }),
  "round2-87": round2({ k: 8, l: 7, eta: 2, beta: 120, omega: 140 }),
  "round3-44": round3({ k: 4, l: 4, eta: 2, etaBits: 3, tau: 39, omega: 80 }, true),
  "round3-65": round3({ k: 6, l: 5, eta: 4, etaBits: 4, tau: 49, omega: 55 }, false),
  "round3-87": round3({ k: 8, l: 7, eta: 2, etaBits: 3, tau: 60, omega: 75 }, false),
} as const satisfies Record<string, DilithiumParameters>;

export type DilithiumName = keyof typeof DILITHIUM;

/** ML-DSA (FIPS 204) is round 3 with a longer tr and a longer challenge; ml-dsa.ts does the rest. */
function mlDsa(roundThree: DilithiumParameters, challengeBytes: number): DilithiumParameters {
  return { ...roundThree, trBytes: 64, challengeBytes };
}

export const ML_DSA = {
  "ml-dsa-44": mlDsa(DILITHIUM["round3-44"], 32),
  "ml-dsa-65": mlDsa(DILITHIUM["round3-65"], 48),
  "ml-dsa-87": mlDsa(DILITHIUM["round3-87"], 64),
} as const satisfies Record<string, DilithiumParameters>;

export type MlDsaName = keyof typeof ML_DSA;

/** Lengths in bytes. */
interface DilithiumLengths {
  readonly rho: number;
  readonly seed: number;
  readonly tr: number;
  readonly s1: number;
  readonly s2: number;
  readonly t0: number;
  readonly t1: number;
  readonly signature: number;
}

export function dilithiumLengths(set: DilithiumParameters): DilithiumLengths {
  const vector = (length: number, bits: number) => length * 32 * bits;
  return {
    rho: 32,
    seed: 32,
    tr: set.trBytes,
    s1: vector(set.l, set.etaBits),
    s2: vector(set.k, set.etaBits),
    t0: vector(set.k, set.d),
    t1: vector(set.k, set.t1Bits),
    signature: set.challengeBytes + vector(set.l, set.zBits) + set.omega + set.k,
  };
}
