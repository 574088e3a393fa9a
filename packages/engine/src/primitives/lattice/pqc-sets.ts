/** The parameter sets of post-quantum keys (docs/reference/ep11.md#post-quantum, FIPS 203 to 205). */
import * as ck from "@grep11/cryptoki";
import { der, equalBytes } from "@grep11/encoding";
import * as dilithiumParameters from "./dilithium-parameters.ts";
import { KYBER, type KyberName, kyberLengths } from "./kyber.ts";

/** All parameter sets have these members. Each set is a single object, so sets can be compared with `===`. */
interface AnySet {
  /** DER of the OBJECT IDENTIFIER, including tag and length. */
  readonly oid: Uint8Array;
  /** In bits. */
  readonly strength: number;
  /** Length in bytes of each part of a raw public key, or of the whole key if it has no parts. */
  readonly publicParts: readonly number[];
  /** Length in bytes of each part of a raw private key, or of the whole key if it has no parts. */
  readonly privateParts: readonly number[];
  /** Length in bytes of the seed as which a private key can be stored; 0 if there is no such form. */
  readonly seedBytes: number;
}

/** A Dilithium set of round 2 or 3. Raw keys: ρ ‖ t1, and ρ ‖ K ‖ tr ‖ s1 ‖ s2 ‖ t0. */
export interface DilithiumSet extends AnySet {
  readonly algorithm: "dilithium";
  readonly name: dilithiumParameters.DilithiumName;
}

/** A Kyber set of round 2. Raw keys: t ‖ ρ, and s ‖ public key ‖ hash of the public key ‖ z. */
export interface KyberSet extends AnySet {
  readonly algorithm: "kyber";
  readonly name: KyberName;
}

/** An ML-DSA set; OpenSSL uses the same name. Raw keys are like Dilithium's. */
interface MlDsaSet extends AnySet {
  readonly algorithm: "ml-dsa";
  readonly name: dilithiumParameters.MlDsaName;
}

/** An ML-KEM set; OpenSSL uses the same name. Raw keys are like Kyber's. */
export interface MlKemSet extends AnySet {
  readonly algorithm: "ml-kem";
  readonly name: "ml-kem-512" | "ml-kem-768" | "ml-kem-1024";
}

/** An SLH-DSA set; OpenSSL uses the same name. Raw keys: PK.seed ‖ PK.root, and SK.seed ‖ SK.prf ‖ PK.seed ‖ PK.root. */
export interface SlhDsaSet extends AnySet {
  readonly algorithm: "slh-dsa";
  readonly name: `slh-dsa-${"sha2" | "shake"}-${128 | 192 | 256}${"s" | "f"}`;
}

export type PqcSet = DilithiumSet | KyberSet | MlDsaSet | MlKemSet | SlhDsaSet;

function partsOf(set: dilithiumParameters.DilithiumParameters) {
  const { rho, seed, tr, s1, s2, t0, t1 } = dilithiumParameters.dilithiumLengths(set);
  return { publicParts: [rho, t1], privateParts: [rho, seed, tr, s1, s2, t0] };
}

function identityOf(name: ck.ParameterSetName): Pick<AnySet, "oid" | "strength"> {
  const { oid, strength } = ck.PARAMETER_SETS[name];
  return { oid: der.oid(oid), strength };
}

function dilithium(name: dilithiumParameters.DilithiumName): DilithiumSet {
  const parts = partsOf(dilithiumParameters.DILITHIUM[name]);
  return { algorithm: "dilithium", name, ...identityOf(`dilithium-${name}`), ...parts, seedBytes: 0 };
}

function kyber(name: KyberName): KyberSet {
  const { publicKey, privateKey } = kyberLengths(KYBER[name]);
  const parts = { publicParts: [publicKey], privateParts: [privateKey], seedBytes: 0 };
  return { algorithm: "kyber", name, ...identityOf(name), ...parts };
}

function mlDsa(name: dilithiumParameters.MlDsaName): MlDsaSet {
  const { publicParts, privateParts } = partsOf(dilithiumParameters.ML_DSA[name]);
  const parts = { publicParts: [sum(publicParts)], privateParts: [sum(privateParts)], seedBytes: 32 };
  return { algorithm: "ml-dsa", name, ...identityOf(name), ...parts };
}

function mlKem(name: MlKemSet["name"], publicBytes: number): MlKemSet {
  const parts = { publicParts: [publicBytes], privateParts: [2 * publicBytes + 32], seedBytes: 64 };
  return { algorithm: "ml-kem", name, ...identityOf(name), ...parts };
}

function slhDsa(name: SlhDsaSet["name"]): SlhDsaSet {
  const identity = identityOf(name);
  const parts = { publicParts: [identity.strength / 4], privateParts: [identity.strength / 2], seedBytes: 0 };
  return { algorithm: "slh-dsa", name, ...identity, ...parts };
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

export const PQC_SETS: readonly PqcSet[] = [
  ...(["round2-65", "round2-87", "round3-44", "round3-65", "round3-87"] as const).map(dilithium),
  ...(["kyber-768", "kyber-1024"] as const).map(kyber),
  ...(["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const).map(mlDsa),
  mlKem("ml-kem-512", 800),
  mlKem("ml-kem-768", 1184),
  mlKem("ml-kem-1024", 1568),
  ...ck.parameterSetNames
    .filter((name) => name.startsWith("slh-dsa-"))
    .map((name) => slhDsa(name as SlhDsaSet["name"])),
];

/** Returns the set with this OBJECT IDENTIFIER (DER with tag and length). */
export function pqcSetOfOid(der: Uint8Array): PqcSet | undefined {
  return PQC_SETS.find((set) => equalBytes(set.oid, der));
}

export function pqcSet(name: PqcSet["name"]): PqcSet {
  return PQC_SETS.find((set) => set.name === name)!;
}
