/** DER of keys that consist of integers: RSA (RFC 8017, A.1), DSA (RFC 3279, 2.3.2), Diffie-Hellman (PKCS #3). */
import { DerReader, der, EncodingError } from "@grep11/encoding";
import type { KeyFormat } from "./key-format.ts";
import type * as keys from "./keys.ts";

export const RSA_ALGORITHM: Uint8Array = der.oid("1.2.840.113549.1.1.1");
export const DSA_ALGORITHM: Uint8Array = der.oid("1.2.840.10040.4.1");
export const DH_ALGORITHM: Uint8Array = der.oid("1.2.840.113549.1.3.1");

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
  },
  algorithm: () => [RSA_ALGORITHM, der.NULL],
  publicContent: (key) => der.sequence(der.integer(key.modulus), der.integer(key.publicExponent)),
  privateContent: (key) =>
    der.sequence(
      der.smallInteger(0),
      der.integer(key.modulus),
      der.integer(key.publicExponent),
      der.integer(key.privateExponent),
      der.integer(key.prime1),
      der.integer(key.prime2),
      der.integer(key.exponent1),
      der.integer(key.exponent2),
      der.integer(key.coefficient),
    ),
};

export const DSA_FORMAT: KeyFormat<keys.DsaPublicKey, keys.DsaPrivateKey> = {
  readPublic: (parameters, content) => ({
    type: "dsa",
    ...readOnly(parameters, readDsaParameters),
    publicValue: readOnly(new DerReader(content), readInteger),
  }),
  readPrivate: (parameters, content) => ({
    type: "dsa",
    ...readOnly(parameters, readDsaParameters),
    privateValue: readOnly(new DerReader(content), readInteger),
  }),
  algorithm: (key) => [DSA_ALGORITHM, encodeDsaParameters(key)],
  publicContent: (key) => der.integer(key.publicValue),
  privateContent: (key) => der.integer(key.privateValue),
};

export const DH_FORMAT: KeyFormat<keys.DhPublicKey, keys.DhPrivateKey> = {
  readPublic: (parameters, content) => ({
    type: "dh",
    ...readOnly(parameters, readDhParameters),
    publicValue: readOnly(new DerReader(content), readInteger),
  }),
  readPrivate: (parameters, content) => ({
    type: "dh",
    ...readOnly(parameters, readDhParameters),
    privateValue: readOnly(new DerReader(content), readInteger),
  }),
  algorithm: (key) => [DH_ALGORITHM, encodeDhParameters(key)],
  publicContent: (key) => der.integer(key.publicValue),
  privateContent: (key) => der.integer(key.privateValue),
};

/** Parses the domain parameters SEQUENCE { p, q, g }; nothing may follow. Throws {@link EncodingError}. */
export function parseDsaParameters(der: Uint8Array): keys.DsaParameters {
  return readOnly(new DerReader(der), readDsaParameters);
}

/**
 * Parses the domain parameters SEQUENCE { p, g }; nothing may follow. A private value length in it is ignored. Throws {@link
 * EncodingError}.
 */
export function parseDhParameters(der: Uint8Array): keys.DhParameters {
  return readOnly(new DerReader(der), readDhParameters);
}

/** Encodes domain parameters as SEQUENCE { p, q, g }. */
export function encodeDsaParameters({ prime, subprime, base }: keys.DsaParameters): Uint8Array {
  return der.sequence(der.integer(prime), der.integer(subprime), der.integer(base));
}

/** Encodes domain parameters as SEQUENCE { p, g }. */
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

function readInteger(reader: DerReader): Uint8Array {
  return reader.integer();
}

function readNull(parameters: DerReader): void {
  readOnly(parameters, (reader) => reader.null());
}

/** Returns the result of `read`. Throws {@link EncodingError} if `read` leaves anything unread. */
function readOnly<T>(reader: DerReader, read: (reader: DerReader) => T): T {
  const value = read(reader);
  reader.end();
  return value;
}
