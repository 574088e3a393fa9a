/** DER of keys that consist of integers: RSA (RFC 8017, A.1), DSA (RFC 3279, 2.3.2), Diffie-Hellman (PKCS #3). */
import { DerReader, der, EncodingError } from "@grep11/encoding";
import type * as keys from "./keys.ts";
import type { KeyFormat } from "./keys.ts";

export const RSA_ALGORITHM: Uint8Array = der.oid("1.2.840.113549.1.1.1");
export const DSA_ALGORITHM: Uint8Array = der.oid("1.2.840.10040.4.1");
export const DH_ALGORITHM: Uint8Array = der.oid("1.2.840.113549.1.3.1");
/** The numbers of an RSAPrivateKey (RFC 8017, A.1.2) in order. */
const RSA_NUMBERS = [
  "modulus",
  "publicExponent",
  "privateExponent",
  "prime1",
  "prime2",
  "exponent1",
  "exponent2",
  "coefficient",
] as const;

export const RSA_FORMAT: KeyFormat<keys.RsaPublicKey, keys.RsaPrivateKey> = {
  readPublic(parameters, content) {
    readNull(parameters);
    const inner = DerReader.sequence(content);
    const key = { type: "rsa", modulus: inner.integer(), publicExponent: inner.integer() } as const;
    inner.end();
    return key;
  },
  readPrivate(parameters, content) {
    readNull(parameters);
    const inner = DerReader.sequence(content);
    if (inner.smallInteger() !== 0) throw new EncodingError("the RSA key has more than two primes");
    const numbers = RSA_NUMBERS.map((name) => [name, inner.integer()]);
    inner.end();
    return { type: "rsa", ...(Object.fromEntries(numbers) as Record<(typeof RSA_NUMBERS)[number], Uint8Array>) };
  },
  algorithm: () => [RSA_ALGORITHM, der.NULL],
  publicContent: (key) => der.sequence(der.integer(key.modulus), der.integer(key.publicExponent)),
  privateContent: (key) => der.sequence(der.smallInteger(0), ...RSA_NUMBERS.map((name) => der.integer(key[name]))),
};

export const DSA_FORMAT: KeyFormat<keys.DsaPublicKey, keys.DsaPrivateKey> = {
  readPublic: (parameters, content) => ({
    type: "dsa",
    ...readOnly(parameters, readDsaParameters),
    publicValue: readInteger(content),
  }),
  readPrivate: (parameters, content) => ({
    type: "dsa",
    ...readOnly(parameters, readDsaParameters),
    privateValue: readInteger(content),
  }),
  algorithm: (key) => [DSA_ALGORITHM, encodeDsaParameters(key)],
  publicContent: (key) => der.integer(key.publicValue),
  privateContent: (key) => der.integer(key.privateValue),
};

export const DH_FORMAT: KeyFormat<keys.DhPublicKey, keys.DhPrivateKey> = {
  readPublic: (parameters, content) => ({
    type: "dh",
    ...readOnly(parameters, readDhParameters),
    publicValue: readInteger(content),
  }),
  readPrivate: (parameters, content) => ({
    type: "dh",
    ...readOnly(parameters, readDhParameters),
    privateValue: readInteger(content),
  }),
  algorithm: (key) => [DH_ALGORITHM, encodeDhParameters(key)],
  publicContent: (key) => der.integer(key.publicValue),
  privateContent: (key) => der.integer(key.privateValue),
};

/** Parses SEQUENCE { p, q, g }; nothing may follow. Throws {@link EncodingError}. */
export function parseDsaParameters(der: Uint8Array): keys.DsaParameters {
  return readOnly(new DerReader(der), readDsaParameters);
}

/** Parses SEQUENCE { p, g } and ignores an optional third number; nothing may follow. Throws {@link EncodingError}. */
export function parseDhParameters(der: Uint8Array): keys.DhParameters {
  return readOnly(new DerReader(der), readDhParameters);
}

export function encodeDsaParameters({ prime, subprime, base }: keys.DsaParameters): Uint8Array {
  return der.sequence(der.integer(prime), der.integer(subprime), der.integer(base));
}

export function encodeDhParameters({ prime, base }: keys.DhParameters): Uint8Array {
  return der.sequence(der.integer(prime), der.integer(base));
}

function readDsaParameters(reader: DerReader): keys.DsaParameters {
  const inner = reader.sequence();
  const parameters = { prime: inner.integer(), subprime: inner.integer(), base: inner.integer() };
  inner.end();
  return parameters;
}

function readDhParameters(reader: DerReader): keys.DhParameters {
  const inner = reader.sequence();
  const parameters = { prime: inner.integer(), base: inner.integer() };
  if (!inner.atEnd) inner.integer();
  inner.end();
  return parameters;
}

function readInteger(content: Uint8Array): Uint8Array {
  return readOnly(new DerReader(content), (reader) => reader.integer());
}

function readNull(parameters: DerReader): void {
  readOnly(parameters, (reader) => reader.null());
}

/** Throws {@link EncodingError} if `read` leaves anything unread. */
function readOnly<T>(reader: DerReader, read: (reader: DerReader) => T): T {
  const value = read(reader);
  reader.end();
  return value;
}
