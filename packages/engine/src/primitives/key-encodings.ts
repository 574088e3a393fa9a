/**
 * Asymmetric keys and their DER: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and PrivateKeyInfo (PKCS #8, RFC 5208).
 *
 * Written is EP11's own form only (ep11 facts 5.1, 5.2): 25519, 448 and BLS12-381 keys stand under id-ecPublicKey with the
 * OBJECT IDENTIFIER of the curve as parameter, and their private value in an ECPrivateKey. Read is that form and, for 25519
 * and 448, also RFC 8410. This file knows structure; whether the numbers make a key is the business of key-import.ts.
 *
 * Numbers are big-endian magnitudes without leading zeros; points and private values of curves have their full length.
 */
import { type Curve, curveOfOid, ED448, ED25519, isWeierstrass, X448, X25519 } from "./curves.ts";
import {
  bitString,
  DerReader,
  EncodingError,
  explicit,
  integer,
  NULL,
  octetString,
  oid,
  sequence,
  smallInteger,
} from "./der.ts";

export interface RsaPublicKey {
  readonly type: "rsa";
  readonly modulus: Uint8Array;
  readonly publicExponent: Uint8Array;
}

/** With all CRT values (RFC 8017, A.1.2). */
export interface RsaPrivateKey extends RsaPublicKey {
  readonly privateExponent: Uint8Array;
  readonly prime1: Uint8Array;
  readonly prime2: Uint8Array;
  readonly exponent1: Uint8Array;
  readonly exponent2: Uint8Array;
  readonly coefficient: Uint8Array;
}

export interface EcPublicKey {
  readonly type: "ec";
  readonly curve: Curve;
  /** Uncompressed point, or the raw public key of 25519 and 448. */
  readonly point: Uint8Array;
}

export interface EcPrivateKey {
  readonly type: "ec";
  readonly curve: Curve;
  /** Scalar, or the seed of an Edwards curve. */
  readonly privateValue: Uint8Array;
  /** The public half; undefined if the encoding leaves it out, which an encoding of ours never does. */
  readonly point: Uint8Array | undefined;
}

/** FIPS 186-4, 4.1: p, q, g. */
export interface DsaParameters {
  readonly prime: Uint8Array;
  readonly subprime: Uint8Array;
  readonly base: Uint8Array;
}

export interface DsaPublicKey extends DsaParameters {
  readonly type: "dsa";
  readonly publicValue: Uint8Array;
}

export interface DsaPrivateKey extends DsaParameters {
  readonly type: "dsa";
  readonly privateValue: Uint8Array;
}

/** PKCS #3: p, g. */
export interface DhParameters {
  readonly prime: Uint8Array;
  readonly base: Uint8Array;
}

export interface DhPublicKey extends DhParameters {
  readonly type: "dh";
  readonly publicValue: Uint8Array;
}

export interface DhPrivateKey extends DhParameters {
  readonly type: "dh";
  readonly privateValue: Uint8Array;
}

export type PublicKey = RsaPublicKey | EcPublicKey | DsaPublicKey | DhPublicKey;
export type PrivateKey = RsaPrivateKey | EcPrivateKey | DsaPrivateKey | DhPrivateKey;

const RSA = oid("1.2.840.113549.1.1.1");
const EC = oid("1.2.840.10045.2.1");
const DSA = oid("1.2.840.10040.4.1");
const DH = oid("1.2.840.113549.1.3.1");

/** Algorithms by the hex of their OBJECT IDENTIFIER; RFC 8410 gives 25519 and 448 keys one each. */
const ALGORITHMS = new Map<string, "rsa" | "ec" | "dsa" | "dh" | Curve>([
  [hexOf(RSA), "rsa"],
  [hexOf(EC), "ec"],
  [hexOf(DSA), "dsa"],
  [hexOf(DH), "dh"],
  ...[X25519, X448, ED25519, ED448].map((curve) => [hexOf(curve.oid), curve] as const),
]);

/** Parses a SubjectPublicKeyInfo, all of `spki`. Throws {@link EncodingError}. */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const info = DerReader.sequence(spki);
  const algorithm = info.sequence();
  const content = info.bitString();
  info.end();
  const key = readPublic(algorithm, content);
  algorithm.end();
  return key;
}

/** Parses a PrivateKeyInfo, all of `pkcs8`; attributes in it are dropped. Throws {@link EncodingError}. */
export function parsePrivateKey(pkcs8: Uint8Array): PrivateKey {
  const info = DerReader.sequence(pkcs8);
  const version = info.smallInteger();
  const algorithm = info.sequence();
  const content = info.octetString();
  info.explicit(0);
  const publicBits = version === 1 ? info.implicitBitString(1) : undefined;
  info.end();
  if (version > 1) throw new EncodingError("PrivateKeyInfo of an unknown version");
  const key = readPrivate(algorithm, content, publicBits);
  algorithm.end();
  return key;
}

/** The SubjectPublicKeyInfo of `key` in EP11 form. */
export function encodePublicKey(key: PublicKey): Uint8Array {
  const content = key.type === "rsa" ? rsaPublic(key) : key.type === "ec" ? key.point : integer(key.publicValue);
  return sequence(algorithmIdentifier(key), bitString(content));
}

/** The PrivateKeyInfo of `key` in EP11 form, without attributes. */
export function encodePrivateKey(key: PrivateKey): Uint8Array {
  const content = key.type === "rsa" ? rsaPrivate(key) : key.type === "ec" ? ecPrivate(key) : integer(key.privateValue);
  return sequence(smallInteger(0), algorithmIdentifier(key), octetString(content));
}

/** Parses the domain parameters SEQUENCE { p, q, g }. Throws {@link EncodingError}. */
export function parseDsaParameters(der: Uint8Array): DsaParameters {
  return readDsaParameters(DerReader.sequence(der));
}

/** Parses the domain parameters SEQUENCE { p, g }; a private value length behind them is dropped. Throws {@link EncodingError}. */
export function parseDhParameters(der: Uint8Array): DhParameters {
  return readDhParameters(DerReader.sequence(der));
}

export function encodeDsaParameters({ prime, subprime, base }: DsaParameters): Uint8Array {
  return sequence(integer(prime), integer(subprime), integer(base));
}

export function encodeDhParameters({ prime, base }: DhParameters): Uint8Array {
  return sequence(integer(prime), integer(base));
}

/**
 * The curve of a public or private key in either form, without reading the key itself; undefined if it is none of a known
 * curve. Throws {@link EncodingError} if `der` is neither SubjectPublicKeyInfo nor PrivateKeyInfo.
 */
export function curveOf(der: Uint8Array): Curve | undefined {
  const info = DerReader.sequence(der);
  if (info.nextIsInteger) info.smallInteger();
  const algorithm = info.sequence();
  const kind = ALGORITHMS.get(hexOf(algorithm.oid()));
  if (kind === "ec") return curveOfOid(algorithm.oid());
  return typeof kind === "object" ? kind : undefined;
}

function algorithmIdentifier(key: PublicKey | PrivateKey): Uint8Array {
  switch (key.type) {
    case "rsa":
      return sequence(RSA, NULL);
    case "ec":
      return sequence(EC, key.curve.oid);
    case "dsa":
      return sequence(DSA, encodeDsaParameters(key));
    case "dh":
      return sequence(DH, encodeDhParameters(key));
  }
}

function readPublic(algorithm: DerReader, content: Uint8Array): PublicKey {
  const kind = readAlgorithm(algorithm);
  switch (kind) {
    case "rsa":
      algorithm.null();
      return { type: "rsa", ...readRsaPublic(DerReader.sequence(content)) };
    case "ec": {
      const curve = readCurve(algorithm);
      return { type: "ec", curve, point: requirePoint(curve, content) };
    }
    case "dsa":
      return { type: "dsa", ...readDsaParameters(algorithm.sequence()), publicValue: onlyInteger(content) };
    case "dh":
      return { type: "dh", ...readDhParameters(algorithm.sequence()), publicValue: onlyInteger(content) };
    default:
      return { type: "ec", curve: kind, point: requirePoint(kind, content) };
  }
}

function readPrivate(algorithm: DerReader, content: Uint8Array, publicBits: Uint8Array | undefined): PrivateKey {
  const kind = readAlgorithm(algorithm);
  if (publicBits !== undefined && typeof kind === "string") {
    throw new EncodingError("PrivateKeyInfo of this algorithm has no public key beside the private one");
  }
  switch (kind) {
    case "rsa":
      algorithm.null();
      return readRsaPrivate(DerReader.sequence(content));
    case "ec":
      return readEcPrivate(readCurve(algorithm), DerReader.sequence(content));
    case "dsa":
      return { type: "dsa", ...readDsaParameters(algorithm.sequence()), privateValue: onlyInteger(content) };
    case "dh":
      return { type: "dh", ...readDhParameters(algorithm.sequence()), privateValue: onlyInteger(content) };
    default: {
      const inner = new DerReader(content);
      const privateValue = requirePrivateValue(kind, inner.octetString());
      inner.end();
      return { type: "ec", curve: kind, privateValue, point: publicBits && requirePoint(kind, publicBits) };
    }
  }
}

function readAlgorithm(algorithm: DerReader) {
  const kind = ALGORITHMS.get(hexOf(algorithm.oid()));
  if (kind === undefined) throw new EncodingError("a key of an unknown algorithm");
  return kind;
}

/** The named curve; curves given by their equation are refused, whatever it is. */
function readCurve(algorithm: DerReader): Curve {
  const curve = curveOfOid(algorithm.oid());
  if (curve === undefined) throw new EncodingError("a key on an unknown curve");
  return curve;
}

function readEcPrivate(curve: Curve, inner: DerReader): EcPrivateKey {
  if (inner.smallInteger() !== 1) throw new EncodingError("ECPrivateKey of an unknown version");
  const privateValue = requirePrivateValue(curve, inner.octetString());
  const named = inner.explicit(0);
  if (named !== undefined) {
    if (readCurve(named) !== curve) throw new EncodingError("ECPrivateKey names another curve than its algorithm");
    named.end();
  }
  const publicPart = inner.explicit(1);
  const point = publicPart && requirePoint(curve, publicPart.bitString());
  publicPart?.end();
  inner.end();
  return { type: "ec", curve, privateValue, point };
}

function ecPrivate({ privateValue, point }: EcPrivateKey): Uint8Array {
  if (point === undefined) throw new EncodingError("an ECPrivateKey carries its public key");
  return sequence(smallInteger(1), octetString(privateValue), explicit(1, bitString(point)));
}

/** A scalar may have lost its leading zeros on the way (SEC 1 before version 2); a seed may not. */
function requirePrivateValue(curve: Curve, value: Uint8Array): Uint8Array {
  const { privateBytes } = curve;
  if (value.length === privateBytes) return value;
  if (!isWeierstrass(curve) || value.length === 0 || value.length > privateBytes) {
    throw new EncodingError(`a private value on ${curve.name} has ${privateBytes} bytes`);
  }
  const padded = new Uint8Array(privateBytes);
  padded.set(value, privateBytes - value.length);
  return padded;
}

function requirePoint(curve: Curve, point: Uint8Array): Uint8Array {
  const raw = curve.family === "edwards" || curve.family === "montgomery";
  if (point.length === curve.publicBytes && (raw || point[0] === 4)) return point;
  throw new EncodingError(`a public key on ${curve.name} has ${curve.publicBytes} bytes`);
}

function readRsaPublic(inner: DerReader) {
  const modulus = inner.integer();
  const publicExponent = inner.integer();
  inner.end();
  return { modulus, publicExponent };
}

function rsaPublic({ modulus, publicExponent }: RsaPublicKey): Uint8Array {
  return sequence(integer(modulus), integer(publicExponent));
}

function readRsaPrivate(inner: DerReader): RsaPrivateKey {
  if (inner.smallInteger() !== 0) throw new EncodingError("an RSA key of more than two primes");
  const key = {
    type: "rsa",
    modulus: inner.integer(),
    publicExponent: inner.integer(),
    privateExponent: inner.integer(),
    prime1: inner.integer(),
    prime2: inner.integer(),
    exponent1: inner.integer(),
    exponent2: inner.integer(),
    coefficient: inner.integer(),
  } as const;
  inner.end();
  return key;
}

function rsaPrivate(key: RsaPrivateKey): Uint8Array {
  return sequence(
    smallInteger(0),
    integer(key.modulus),
    integer(key.publicExponent),
    integer(key.privateExponent),
    integer(key.prime1),
    integer(key.prime2),
    integer(key.exponent1),
    integer(key.exponent2),
    integer(key.coefficient),
  );
}

function readDsaParameters(inner: DerReader): DsaParameters {
  const parameters = { prime: inner.integer(), subprime: inner.integer(), base: inner.integer() };
  inner.end();
  return parameters;
}

function readDhParameters(inner: DerReader): DhParameters {
  const parameters = { prime: inner.integer(), base: inner.integer() };
  if (!inner.atEnd) inner.integer();
  inner.end();
  return parameters;
}

function onlyInteger(content: Uint8Array): Uint8Array {
  const reader = new DerReader(content);
  const magnitude = reader.integer();
  reader.end();
  return magnitude;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
