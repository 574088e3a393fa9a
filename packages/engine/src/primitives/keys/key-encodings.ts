/**
 * DER of asymmetric keys: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and PrivateKeyInfo (PKCS #8, RFC 5208). Keys are written in
 * EP11's form (docs/reference/ep11.md#public-keys, docs/reference/ep11.md#private-keys); RFC 8410 is read as well. Only the
 * structure is checked here; key-import.ts checks the numbers.
 */
import { DerReader, der, EncodingError, toHex } from "@grep11/encoding";
import { type Curve, curveOfOid, ED448, ED25519, X448, X25519 } from "../ec/curves.ts";
import { EC_ALGORITHM, EC_FORMAT, rfc8410 } from "../ec/ec-format.ts";
import { PQC_WRITER, pqcReader } from "../lattice/pqc-encodings.ts";
import { PQC_SETS } from "../lattice/pqc-sets.ts";
import { DH_ALGORITHM, DH_FORMAT, DSA_ALGORITHM, DSA_FORMAT, RSA_ALGORITHM, RSA_FORMAT } from "./integer-formats.ts";
import type { KeyKinds, KeyReader, KeyWriter, PrivateKey, PublicKey } from "./keys.ts";

export type { PrivateKey, PublicKey };

type Writers = { readonly [T in keyof KeyKinds]: KeyWriter<KeyKinds[T]["public"], KeyKinds[T]["private"]> };

const WRITERS: Writers = { rsa: RSA_FORMAT, ec: EC_FORMAT, dsa: DSA_FORMAT, dh: DH_FORMAT, pqc: PQC_WRITER };

const EC_ALGORITHM_HEX = toHex(EC_ALGORITHM);
const RFC_8410_CURVES = new Map([X25519, X448, ED25519, ED448].map((curve) => [toHex(curve.oid), curve]));

/** Readers by the algorithm's OBJECT IDENTIFIER in hex. */
const READERS: ReadonlyMap<string, KeyReader<PublicKey, PrivateKey>> = new Map<
  string,
  KeyReader<PublicKey, PrivateKey>
>([
  [toHex(RSA_ALGORITHM), RSA_FORMAT],
  [EC_ALGORITHM_HEX, EC_FORMAT],
  [toHex(DSA_ALGORITHM), DSA_FORMAT],
  [toHex(DH_ALGORITHM), DH_FORMAT],
  ...[...RFC_8410_CURVES].map(([oid, curve]) => [oid, rfc8410(curve)] as const),
  ...PQC_SETS.map((set) => [toHex(set.oid), pqcReader(set)] as const),
]);

/** Parses a SubjectPublicKeyInfo; nothing may follow. Throws {@link EncodingError}. */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const info = DerReader.sequence(spki);
  const algorithm = info.sequence();
  const content = info.bitString();
  info.end();
  return readerOf(algorithm).readPublic(algorithm, content);
}

/** A parsed PrivateKeyInfo. It is not yet checked that its public key belongs to its private key. */
export interface PrivateKeyInfo {
  readonly privateKey: PrivateKey;
  /** The public key that is stored next to the private one (RFC 5958, 2). */
  readonly publicKey: PublicKey | undefined;
}

/** Parses a PrivateKeyInfo; nothing may follow. Throws {@link EncodingError}. */
export function parsePrivateKey(pkcs8: Uint8Array): PrivateKey {
  return parsePrivateKeyInfo(pkcs8).privateKey;
}

/** Parses a PrivateKeyInfo or OneAsymmetricKey (RFC 5958) without its attributes. Throws {@link EncodingError}. */
export function parsePrivateKeyInfo(pkcs8: Uint8Array): PrivateKeyInfo {
  const info = DerReader.sequence(pkcs8);
  const version = info.smallInteger();
  if (version > 1) throw new EncodingError("the PrivateKeyInfo has an unsupported version");
  const algorithm = info.sequence();
  const content = info.octetString();
  info.explicit(0);
  const publicBits = version === 1 ? readPublicBits(info) : undefined;
  info.end();
  const reader = readerOf(algorithm);
  const publicParameters = new DerReader(algorithm.rest());
  const privateKey = reader.readPrivate(algorithm, content);
  return { privateKey, publicKey: publicBits && reader.readPublic(publicParameters, publicBits) };
}

/**
 * Reads `[1] IMPLICIT BIT STRING`. Also reads an explicitly tagged BIT STRING, which version 0.16 of the Rust library
 * ring wrote.
 */
function readPublicBits(info: DerReader): Uint8Array | undefined {
  const tagged = info.explicit(1);
  if (tagged === undefined) return info.implicitBitString(1);
  const bits = tagged.bitString();
  tagged.end();
  return bits;
}

/** Encodes a SubjectPublicKeyInfo in EP11's form. */
export function encodePublicKey<T extends keyof KeyKinds>(key: KeyKinds[T]["public"] & { type: T }): Uint8Array {
  const writer: Writers[T] = WRITERS[key.type];
  return der.sequence(der.sequence(...writer.algorithm(key)), der.bitString(writer.publicContent(key)));
}

/** Encodes a PrivateKeyInfo in EP11's form. Throws {@link EncodingError} if the public key is missing. */
export function encodePrivateKey<T extends keyof KeyKinds>(key: KeyKinds[T]["private"] & { type: T }): Uint8Array {
  const writer: Writers[T] = WRITERS[key.type];
  return der.sequence(
    der.smallInteger(0),
    der.sequence(...writer.algorithm(key)),
    der.octetString(writer.privateContent(key)),
  );
}

/**
 * Returns the curve of a key without parsing the key itself; undefined if it is not on a supported curve. Throws
 * {@link EncodingError} if `der` is neither SubjectPublicKeyInfo nor PrivateKeyInfo.
 */
export function curveOf(der: Uint8Array): Curve | undefined {
  const info = DerReader.sequence(der);
  if (info.nextIsInteger) info.smallInteger();
  const algorithm = info.sequence();
  const oid = toHex(algorithm.oid());
  return oid === EC_ALGORITHM_HEX ? curveOfOid(algorithm.oid()) : RFC_8410_CURVES.get(oid);
}

function readerOf(algorithm: DerReader): KeyReader<PublicKey, PrivateKey> {
  const reader = READERS.get(toHex(algorithm.oid()));
  if (reader === undefined) throw new EncodingError("the key has an unsupported algorithm");
  return reader;
}
