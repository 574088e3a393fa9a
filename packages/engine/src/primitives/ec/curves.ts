/** The orders of the curves are from FIPS 186-4, SEC 2, RFC 5639, RFC 7748 and RFC 8032; docs/reference/ep11.md#bls. */
import * as ck from "@grep11/cryptoki";
import { der, toHex } from "@grep11/encoding";

/** An elliptic curve of EP11. Each curve is a single object, so curves can be compared with `===`. */
export interface Curve extends Omit<ck.NamedCurve, "oid"> {
  readonly name: ck.CurveName;
  /** DER of the OBJECT IDENTIFIER: the value of CKA_EC_PARAMS. */
  readonly oid: Uint8Array;
  /** Length of a coordinate in bytes. */
  readonly fieldBytes: number;
  /** The order of the base point. */
  readonly order: bigint;
  /** Length of the order in bytes. An ECDSA signature is twice as long. */
  readonly orderBytes: number;
  /** Length in bytes of a private scalar, or of the seed of an Edwards key. */
  readonly privateBytes: number;
  /** Length in bytes of an uncompressed point, or of a raw public key of 25519 and 448. */
  readonly publicBytes: number;
}

/** `privateBytes` differs from the length of a coordinate for Ed448 (a sign bit) and for BLS (a smaller order). */
function curve(name: ck.CurveName, order: bigint, privateBytes = Math.ceil(ck.CURVES[name].bits / 8)): Curve {
  const row = ck.CURVES[name];
  const fieldBytes = Math.ceil(row.bits / 8);
  const oneCoordinate = row.family === "edwards" || row.family === "montgomery";
  return {
    ...row,
    name,
    oid: der.oid(row.oid),
    fieldBytes,
    order,
    orderBytes: Math.ceil(order.toString(16).length / 2),
    privateBytes,
    publicBytes: oneCoordinate ? privateBytes : 1 + 2 * fieldBytes,
  };
}

/** Returns a random Brainpool curve (r1) and its twist (t1), which have the same order. */
function brainpool(bits: 160 | 192 | 224 | 256 | 320 | 384 | 512, order: bigint): Curve[] {
  return [curve(`brainpoolP${bits}r1`, order), curve(`brainpoolP${bits}t1`, order)];
}

const ORDER_25519 = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_448 = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n;

const P_192 = curve("P-192", 0xffffffffffffffffffffffff99def836146bc9b1b4d22831n);
const P_224 = curve("P-224", 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn);
export const P_256 = curve("P-256", 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n);
export const P_384 = curve(
  "P-384",
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
);
export const P_521 = curve(
  "P-521",
  0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
);
export const SECP256K1 = curve("secp256k1", 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n);
export const X25519 = curve("X25519", ORDER_25519);
export const X448 = curve("X448", ORDER_448);
export const ED25519 = curve("Ed25519", ORDER_25519);
export const ED448 = curve("Ed448", ORDER_448, 57);
/** Public keys are in G1, signatures in G2. */
export const BLS12_381 = curve("BLS12-381", 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n, 32);

export const CURVES: readonly Curve[] = [
  P_192,
  P_224,
  P_256,
  P_384,
  P_521,
  SECP256K1,
  ...brainpool(160, 0xe95e4a5f737059dc60df5991d45029409e60fc09n),
  ...brainpool(192, 0xc302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1n),
  ...brainpool(224, 0xd7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939fn),
  ...brainpool(256, 0xa9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7n),
  ...brainpool(320, 0xd35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311n),
  ...brainpool(
    384,
    0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565n,
  ),
  ...brainpool(
    512,
    0xaadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069n,
  ),
  X25519,
  X448,
  ED25519,
  ED448,
  BLS12_381,
];

const BY_OID = new Map(CURVES.map((row) => [toHex(row.oid), row]));
const BY_NAME = new Map(CURVES.map((row) => [row.name, row]));

export function curveOfOid(oid: Uint8Array): Curve | undefined {
  return BY_OID.get(toHex(oid));
}

/** Ignores case, and accepts aliases. */
export function curveOfName(name: string): Curve | undefined {
  const known = ck.curveNamed(name);
  return known && BY_NAME.get(known);
}
