/**
 * The parameter sets of post-quantum keys, as data: identifiers, sizes and strengths (docs/reference/ep11.md#post-quantum,
 * FIPS 203 to 205).
 */
import { der, equalBytes } from "@grep11/encoding";
import {
  DILITHIUM,
  type DilithiumName,
  type DilithiumParameters,
  dilithiumLengths,
  ML_DSA,
  type MlDsaName,
} from "./dilithium-parameters.ts";
import { KYBER, type KyberName, kyberLengths } from "./kyber.ts";

/** What all sets have. There is one object per set, so sets compare with `===`. */
interface SetFacts {
  /** DER of the OBJECT IDENTIFIER, tag and length included. */
  readonly oid: Uint8Array;
  /** Security strength in bits. */
  readonly strength: number;
  /** Lengths of the parts of raw keys, in bytes; where a key has no parts, of the key. */
  readonly publicParts: readonly number[];
  readonly privateParts: readonly number[];
  /** The seed that a private key can be kept as; 0: there is none. */
  readonly seedBytes: number;
}

/** A Dilithium set of round 2 or 3. Raw keys: ρ ‖ t1, and ρ ‖ K ‖ tr ‖ s1 ‖ s2 ‖ t0. */
export interface DilithiumSet extends SetFacts {
  readonly algorithm: "dilithium";
  readonly name: DilithiumName;
}

/** A Kyber set of round 2. Raw keys: t ‖ ρ, and s ‖ public key ‖ hash of it ‖ z. */
export interface KyberSet extends SetFacts {
  readonly algorithm: "kyber";
  readonly name: KyberName;
}

/** ML-DSA; `name` is also OpenSSL's. Raw keys as of Dilithium. */
export interface MlDsaSet extends SetFacts {
  readonly algorithm: "ml-dsa";
  readonly name: MlDsaName;
}

/** ML-KEM; `name` is also OpenSSL's. Raw keys as of Kyber. */
export interface MlKemSet extends SetFacts {
  readonly algorithm: "ml-kem";
  readonly name: "ml-kem-512" | "ml-kem-768" | "ml-kem-1024";
}

/** SLH-DSA; `name` is also OpenSSL's. Raw keys: PK.seed ‖ PK.root, and SK.seed ‖ SK.prf ‖ PK.seed ‖ PK.root. */
export interface SlhDsaSet extends SetFacts {
  readonly algorithm: "slh-dsa";
  readonly name: `slh-dsa-${"sha2" | "shake"}-${128 | 192 | 256}${"s" | "f"}`;
}

export type PqcSet = DilithiumSet | KyberSet | MlDsaSet | MlKemSet | SlhDsaSet;

function partsOf(set: DilithiumParameters) {
  const { rho, seed, tr, s1, s2, t0, t1 } = dilithiumLengths(set);
  return { publicParts: [rho, t1], privateParts: [rho, seed, tr, s1, s2, t0] };
}

function dilithium(name: DilithiumName, arcs: string, strength: number): DilithiumSet {
  const parts = partsOf(DILITHIUM[name]);
  return { algorithm: "dilithium", name, oid: der.oid(`1.3.6.1.4.1.2.267.${arcs}`), strength, ...parts, seedBytes: 0 };
}

function kyber(name: KyberName, arcs: string, strength: number): KyberSet {
  const { publicKey, privateKey } = kyberLengths(KYBER[name]);
  const parts = { publicParts: [publicKey], privateParts: [privateKey], seedBytes: 0 };
  return { algorithm: "kyber", name, oid: der.oid(`1.3.6.1.4.1.2.267.5.${arcs}`), strength, ...parts };
}

function mlDsa(name: MlDsaName, arc: number, strength: number): MlDsaSet {
  const { publicParts, privateParts } = partsOf(ML_DSA[name]);
  const parts = { publicParts: [sum(publicParts)], privateParts: [sum(privateParts)], seedBytes: 32 };
  return { algorithm: "ml-dsa", name, oid: der.oid(`2.16.840.1.101.3.4.3.${arc}`), strength, ...parts };
}

function mlKem(name: MlKemSet["name"], arc: number, strength: number, publicBytes: number): MlKemSet {
  const parts = { publicParts: [publicBytes], privateParts: [2 * publicBytes + 32], seedBytes: 64 };
  return { algorithm: "ml-kem", name, oid: der.oid(`2.16.840.1.101.3.4.4.${arc}`), strength, ...parts };
}

function slhDsa(name: SlhDsaSet["name"], arc: number, strength: number): SlhDsaSet {
  const parts = { publicParts: [strength / 4], privateParts: [strength / 2], seedBytes: 0 };
  return { algorithm: "slh-dsa", name, oid: der.oid(`2.16.840.1.101.3.4.3.${arc}`), strength, ...parts };
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

/** Every set. */
export const PQC_SETS: readonly PqcSet[] = [
  dilithium("round2-65", "1.6.5", 192),
  dilithium("round2-87", "1.8.7", 256),
  dilithium("round3-44", "7.4.4", 128),
  dilithium("round3-65", "7.6.5", 192),
  dilithium("round3-87", "7.8.7", 256),
  kyber("kyber-768", "3.3", 192),
  kyber("kyber-1024", "4.4", 256),
  mlDsa("ml-dsa-44", 17, 128),
  mlDsa("ml-dsa-65", 18, 192),
  mlDsa("ml-dsa-87", 19, 256),
  mlKem("ml-kem-512", 1, 128, 800),
  mlKem("ml-kem-768", 2, 192, 1184),
  mlKem("ml-kem-1024", 3, 256, 1568),
  slhDsa("slh-dsa-sha2-128s", 20, 128),
  slhDsa("slh-dsa-sha2-128f", 21, 128),
  slhDsa("slh-dsa-sha2-192s", 22, 192),
  slhDsa("slh-dsa-sha2-192f", 23, 192),
  slhDsa("slh-dsa-sha2-256s", 24, 256),
  slhDsa("slh-dsa-sha2-256f", 25, 256),
  slhDsa("slh-dsa-shake-128s", 26, 128),
  slhDsa("slh-dsa-shake-128f", 27, 128),
  slhDsa("slh-dsa-shake-192s", 28, 192),
  slhDsa("slh-dsa-shake-192f", 29, 192),
  slhDsa("slh-dsa-shake-256s", 30, 256),
  slhDsa("slh-dsa-shake-256f", 31, 256),
];

/** The set of a DER OBJECT IDENTIFIER (tag and length included); undefined if unknown. */
export function pqcSetOfOid(der: Uint8Array): PqcSet | undefined {
  return PQC_SETS.find((set) => equalBytes(set.oid, der));
}

/** The set of a name. */
export function pqcSet(name: PqcSet["name"]): PqcSet {
  return PQC_SETS.find((set) => set.name === name)!;
}
