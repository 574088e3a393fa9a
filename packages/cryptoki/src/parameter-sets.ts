/**
 * The parameter sets of post-quantum keys. The sources are FIPS 203 to 205 and NIST's register of algorithms, and
 * docs/reference/ep11.md#post-quantum for Dilithium and Kyber.
 */
import * as parameters from "./gen/parameters.ts";

/** A parameter set of a post-quantum scheme. */
export interface ParameterSet {
  readonly algorithm: "dilithium" | "kyber" | "ml-dsa" | "ml-kem" | "slh-dsa";
  /** The dotted OBJECT IDENTIFIER. */
  readonly oid: string;
  /** The security strength in bits. */
  readonly strength: number;
  /**
   * The CKP_* of a NIST scheme, which is unique within its algorithm. IBM uses the same numbers. Absent for Dilithium and Kyber.
   */
  readonly number?: number;
}

const ROWS = {
  "dilithium-round2-65": { algorithm: "dilithium", oid: "1.3.6.1.4.1.2.267.1.6.5", strength: 192 },
  "dilithium-round2-87": { algorithm: "dilithium", oid: "1.3.6.1.4.1.2.267.1.8.7", strength: 256 },
  "dilithium-round3-44": { algorithm: "dilithium", oid: "1.3.6.1.4.1.2.267.7.4.4", strength: 128 },
  "dilithium-round3-65": { algorithm: "dilithium", oid: "1.3.6.1.4.1.2.267.7.6.5", strength: 192 },
  "dilithium-round3-87": { algorithm: "dilithium", oid: "1.3.6.1.4.1.2.267.7.8.7", strength: 256 },
  "kyber-768": { algorithm: "kyber", oid: "1.3.6.1.4.1.2.267.5.3.3", strength: 192 },
  "kyber-1024": { algorithm: "kyber", oid: "1.3.6.1.4.1.2.267.5.4.4", strength: 256 },
  "ml-dsa-44": nist("ml-dsa", "3.17", 128, parameters.CKP_ML_DSA_44),
  "ml-dsa-65": nist("ml-dsa", "3.18", 192, parameters.CKP_ML_DSA_65),
  "ml-dsa-87": nist("ml-dsa", "3.19", 256, parameters.CKP_ML_DSA_87),
  "ml-kem-512": nist("ml-kem", "4.1", 128, parameters.CKP_ML_KEM_512),
  "ml-kem-768": nist("ml-kem", "4.2", 192, parameters.CKP_ML_KEM_768),
  "ml-kem-1024": nist("ml-kem", "4.3", 256, parameters.CKP_ML_KEM_1024),
  "slh-dsa-sha2-128s": nist("slh-dsa", "3.20", 128, parameters.CKP_SLH_DSA_SHA2_128S),
  "slh-dsa-sha2-128f": nist("slh-dsa", "3.21", 128, parameters.CKP_SLH_DSA_SHA2_128F),
  "slh-dsa-sha2-192s": nist("slh-dsa", "3.22", 192, parameters.CKP_SLH_DSA_SHA2_192S),
  "slh-dsa-sha2-192f": nist("slh-dsa", "3.23", 192, parameters.CKP_SLH_DSA_SHA2_192F),
  "slh-dsa-sha2-256s": nist("slh-dsa", "3.24", 256, parameters.CKP_SLH_DSA_SHA2_256S),
  "slh-dsa-sha2-256f": nist("slh-dsa", "3.25", 256, parameters.CKP_SLH_DSA_SHA2_256F),
  "slh-dsa-shake-128s": nist("slh-dsa", "3.26", 128, parameters.CKP_SLH_DSA_SHAKE_128S),
  "slh-dsa-shake-128f": nist("slh-dsa", "3.27", 128, parameters.CKP_SLH_DSA_SHAKE_128F),
  "slh-dsa-shake-192s": nist("slh-dsa", "3.28", 192, parameters.CKP_SLH_DSA_SHAKE_192S),
  "slh-dsa-shake-192f": nist("slh-dsa", "3.29", 192, parameters.CKP_SLH_DSA_SHAKE_192F),
  "slh-dsa-shake-256s": nist("slh-dsa", "3.30", 256, parameters.CKP_SLH_DSA_SHAKE_256S),
  "slh-dsa-shake-256f": nist("slh-dsa", "3.31", 256, parameters.CKP_SLH_DSA_SHAKE_256F),
} as const satisfies Record<string, ParameterSet>;

/**
 * Describes a NIST parameter set. `arcs` is the part of its OID below NIST's arc of algorithms; it begins with 3 for signatures
 * and with 4 for key encapsulation.
 */
function nist(algorithm: ParameterSet["algorithm"], arcs: string, strength: number, number: number): ParameterSet {
  return { algorithm, oid: `2.16.840.1.101.3.4.${arcs}`, strength, number };
}

/** The name of a parameter set. */
export type ParameterSetName = keyof typeof ROWS;

/** Every parameter set by name. */
export const PARAMETER_SETS: Readonly<Record<ParameterSetName, ParameterSet>> = ROWS;

/** The names of all parameter sets. */
export const parameterSetNames: readonly ParameterSetName[] = Object.keys(PARAMETER_SETS) as ParameterSetName[];
