/**
 * The named elliptic curves of EP11. Sources: SEC 2 and FIPS 186-4 (NIST curves, secp256k1), RFC 5639 (Brainpool), RFC 7748
 * and RFC 8410 (25519, 448), and docs/reference/ep11.md#public-keys for BLS12-381 and the aliases.
 */

/**
 * A family contains the curves with the same form of equation and the same encoding. Those of "nist", "secg" and "brainpool" are
 * short Weierstrass curves.
 */
export type CurveFamily = "nist" | "secg" | "brainpool" | "edwards" | "montgomery" | "pairing";

/** A named curve. */
export interface NamedCurve {
  readonly family: CurveFamily;
  /** The size of the field in bits, which is also the key size. */
  readonly bits: number;
  /** The dotted OBJECT IDENTIFIER, whose DER is the value of CKA_EC_PARAMS. */
  readonly oid: string;
  /** The name that OpenSSL and node:crypto use; absent if OpenSSL does not have the curve. */
  readonly opensslName?: string;
  /** Another name of the curve, in lower case, which EP11 and PKCS #11 v3.2 (6.3.3, curveName) use. */
  readonly alias?: string;
}

const ROWS = {
  "P-192": { family: "nist", bits: 192, oid: "1.2.840.10045.3.1.1", opensslName: "prime192v1" },
  "P-224": { family: "nist", bits: 224, oid: "1.3.132.0.33", opensslName: "secp224r1" },
  "P-256": { family: "nist", bits: 256, oid: "1.2.840.10045.3.1.7", opensslName: "prime256v1" },
  "P-384": { family: "nist", bits: 384, oid: "1.3.132.0.34", opensslName: "secp384r1" },
  "P-521": { family: "nist", bits: 521, oid: "1.3.132.0.35", opensslName: "secp521r1" },
  secp256k1: { family: "secg", bits: 256, oid: "1.3.132.0.10", opensslName: "secp256k1" },
  brainpoolP160r1: brainpool(160, "r", 1),
  brainpoolP160t1: brainpool(160, "t", 2),
  brainpoolP192r1: brainpool(192, "r", 3),
  brainpoolP192t1: brainpool(192, "t", 4),
  brainpoolP224r1: brainpool(224, "r", 5),
  brainpoolP224t1: brainpool(224, "t", 6),
  brainpoolP256r1: brainpool(256, "r", 7),
  brainpoolP256t1: brainpool(256, "t", 8),
  brainpoolP320r1: brainpool(320, "r", 9),
  brainpoolP320t1: brainpool(320, "t", 10),
  brainpoolP384r1: brainpool(384, "r", 11),
  brainpoolP384t1: brainpool(384, "t", 12),
  brainpoolP512r1: brainpool(512, "r", 13),
  brainpoolP512t1: brainpool(512, "t", 14),
  X25519: { family: "montgomery", bits: 255, oid: "1.3.101.110", opensslName: "x25519", alias: "curve25519" },
  X448: { family: "montgomery", bits: 448, oid: "1.3.101.111", opensslName: "x448", alias: "curve448" },
  Ed25519: { family: "edwards", bits: 255, oid: "1.3.101.112", opensslName: "ed25519", alias: "edwards25519" },
  Ed448: { family: "edwards", bits: 448, oid: "1.3.101.113", opensslName: "ed448", alias: "edwards448" },
  "BLS12-381": { family: "pairing", bits: 381, oid: "1.3.6.1.4.1.2.267.999.3.2" },
} as const satisfies Record<string, NamedCurve>;

function brainpool(bits: number, variant: "r" | "t", arc: number): NamedCurve {
  return {
    family: "brainpool",
    bits,
    oid: `1.3.36.3.3.2.8.1.1.${arc}`,
    opensslName: `brainpoolP${bits}${variant}1`,
    alias: `bp-${bits}${variant}`,
  };
}

/** The usual name of a curve. */
export type CurveName = keyof typeof ROWS;

/** Every curve by its usual name. */
export const CURVES: Readonly<Record<CurveName, NamedCurve>> = ROWS;

/** The usual names of all curves. */
export const curveNames: readonly CurveName[] = Object.keys(CURVES) as CurveName[];

/** Returns the curve with the usual name or alias `name`, in upper or lower case; undefined if there is no such curve. */
export function curveNamed(name: string): CurveName | undefined {
  const wanted = name.toLowerCase();
  return curveNames.find((known) => known.toLowerCase() === wanted || CURVES[known].alias === wanted);
}

/** Whether the curve is a short Weierstrass curve, which ECDSA and ECDH use. */
export function isWeierstrass({ family }: Pick<NamedCurve, "family">): boolean {
  return family === "nist" || family === "secg" || family === "brainpool";
}
