/**
 * The elliptic curves that EP11 knows, as data. Sources: SEC 2 and FIPS 186-4 (NIST, secp256k1), RFC 5639 (Brainpool),
 * RFC 7748 and RFC 8032 (25519, 448), docs/reference/ep11.md#public-keys (identifiers, names, BLS12-381).
 */
import { der, toHex } from "@grep11/encoding";

/** Curves of one shape of equation and encoding; "nist", "secg" and "brainpool" are short Weierstrass curves. */
export type CurveFamily = "nist" | "secg" | "brainpool" | "edwards" | "montgomery" | "pairing";

/** One curve. There is one object per curve, so curves compare with `===`. */
export interface Curve {
  readonly name: string;
  readonly family: CurveFamily;
  /** Dotted OBJECT IDENTIFIER. */
  readonly oidText: string;
  /** DER of the OBJECT IDENTIFIER, tag and length included: the value of CKA_EC_PARAMS. */
  readonly oid: Uint8Array;
  /** Size of the field in bits: the key size. */
  readonly bits: number;
  /** Bytes of a coordinate. */
  readonly fieldBytes: number;
  /** Order of the base point. */
  readonly order: bigint;
  /** Bytes of the order; half a signature of ECDSA. */
  readonly orderBytes: number;
  /** Bytes of an encoded private value: scalar, or seed of an Edwards curve. */
  readonly privateBytes: number;
  /** Bytes of an encoded public value: uncompressed point, or the raw key of 25519 and 448. */
  readonly publicBytes: number;
  /** The name OpenSSL and node:crypto use; undefined: OpenSSL does not have the curve. */
  readonly opensslName: string | undefined;
  /** Names in place of the OBJECT IDENTIFIER, in lower case (EP11; curveName of PKCS #11 v3.2, 6.3.3). */
  readonly aliases: readonly string[];
}

interface CurveRow {
  name: string;
  family: CurveFamily;
  oidText: string;
  bits: number;
  order: bigint;
  opensslName: string | undefined;
  aliases: string[];
  /** Differs from the length of a coordinate for Edwards curves of 448 bits (a sign bit) and for BLS (a smaller order). */
  privateBytes?: number;
}

function curve(row: CurveRow): Curve {
  const fieldBytes = Math.ceil(row.bits / 8);
  const privateBytes = row.privateBytes ?? fieldBytes;
  const oneCoordinate = row.family === "edwards" || row.family === "montgomery";
  return {
    ...row,
    oid: der.oid(row.oidText),
    fieldBytes,
    orderBytes: Math.ceil(row.order.toString(16).length / 2),
    privateBytes,
    publicBytes: oneCoordinate ? privateBytes : 1 + 2 * fieldBytes,
  };
}

function nist(bits: number, oidText: string, opensslName: string, order: bigint): Curve {
  return curve({ name: `P-${bits}`, family: "nist", oidText, bits, order, opensslName, aliases: [`p-${bits}`] });
}

/** The random curve and its twisted twin, which have one order (RFC 5639, 3). */
function brainpool(bits: number, arc: number, order: bigint): Curve[] {
  return (["r", "t"] as const).map((kind, index) => {
    const name = `brainpoolP${bits}${kind}1`;
    return curve({
      name,
      family: "brainpool",
      oidText: `1.3.36.3.3.2.8.1.1.${arc + index}`,
      bits,
      order,
      opensslName: name,
      aliases: [`bp-${bits}${kind}`],
    });
  });
}

const ORDER_25519 = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_448 = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n;

export const P_192 = nist(
  192,
  "1.2.840.10045.3.1.1",
  "prime192v1",
  0xffffffffffffffffffffffff99def836146bc9b1b4d22831n,
);
export const P_224 = nist(
  224,
  "1.3.132.0.33",
  "secp224r1",
  0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
);
export const P_256 = nist(
  256,
  "1.2.840.10045.3.1.7",
  "prime256v1",
  0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
);
export const P_384 = nist(
  384,
  "1.3.132.0.34",
  "secp384r1",
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
);
export const P_521 = nist(
  521,
  "1.3.132.0.35",
  "secp521r1",
  0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
);
export const SECP256K1: Curve = curve({
  name: "secp256k1",
  family: "secg",
  oidText: "1.3.132.0.10",
  bits: 256,
  order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  opensslName: "secp256k1",
  aliases: ["secp256k1"],
});
export const X25519: Curve = curve({
  name: "X25519",
  family: "montgomery",
  oidText: "1.3.101.110",
  bits: 255,
  order: ORDER_25519,
  opensslName: "x25519",
  aliases: ["curve25519", "x25519"],
});
export const X448: Curve = curve({
  name: "X448",
  family: "montgomery",
  oidText: "1.3.101.111",
  bits: 448,
  order: ORDER_448,
  opensslName: "x448",
  aliases: ["curve448", "x448"],
});
export const ED25519: Curve = curve({
  name: "Ed25519",
  family: "edwards",
  oidText: "1.3.101.112",
  bits: 255,
  order: ORDER_25519,
  opensslName: "ed25519",
  aliases: ["edwards25519", "ed25519"],
});
export const ED448: Curve = curve({
  name: "Ed448",
  family: "edwards",
  oidText: "1.3.101.113",
  bits: 448,
  order: ORDER_448,
  opensslName: "ed448",
  aliases: ["edwards448", "ed448"],
  privateBytes: 57,
});
/** Public keys on G1, signatures on G2. */
export const BLS12_381: Curve = curve({
  name: "BLS12-381",
  family: "pairing",
  oidText: "1.3.6.1.4.1.2.267.999.3.2",
  bits: 381,
  order: 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n,
  opensslName: undefined,
  aliases: ["bls12-381"],
  privateBytes: 32,
});

/** Every curve. */
export const CURVES: readonly Curve[] = [
  P_192,
  P_224,
  P_256,
  P_384,
  P_521,
  SECP256K1,
  ...brainpool(160, 1, 0xe95e4a5f737059dc60df5991d45029409e60fc09n),
  ...brainpool(192, 3, 0xc302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1n),
  ...brainpool(224, 5, 0xd7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939fn),
  ...brainpool(256, 7, 0xa9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7n),
  ...brainpool(320, 9, 0xd35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311n),
  ...brainpool(
    384,
    11,
    0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565n,
  ),
  ...brainpool(
    512,
    13,
    0xaadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069n,
  ),
  X25519,
  X448,
  ED25519,
  ED448,
  BLS12_381,
];

const BY_OID = new Map(CURVES.map((row) => [toHex(row.oid), row]));
const BY_NAME = new Map(CURVES.flatMap((row) => [row.name.toLowerCase(), ...row.aliases].map((name) => [name, row])));

/** The curve of a DER OBJECT IDENTIFIER (tag and length included); undefined if unknown. */
export function curveOfOid(der: Uint8Array): Curve | undefined {
  return BY_OID.get(toHex(der));
}

/** The curve of a name, in any case; undefined if unknown. */
export function curveOfName(name: string): Curve | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** Is it a short Weierstrass curve, fit for ECDSA and ECDH? */
export function isWeierstrass({ family }: Curve): boolean {
  return family === "nist" || family === "secg" || family === "brainpool";
}
