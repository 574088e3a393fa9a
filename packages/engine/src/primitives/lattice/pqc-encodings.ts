/**
 * DER of post-quantum keys. IBM defines it for Dilithium and Kyber (docs/reference/ep11.md#public-keys,
 * docs/reference/ep11.md#private-keys), RFC 9881 for ML-DSA, RFC 9935 for ML-KEM, and RFC 9909 for SLH-DSA.
 */
import { concatenate, DerReader, der, EncodingError, equalBytes } from "@grep11/encoding";
import type { KeyReader, KeyWriter, PqcPrivateKey, PqcPublicKey } from "../keys/keys.ts";
import { kyberPublicKey } from "./kyber.ts";
import type { PqcSet } from "./pqc-sets.ts";

/** How the keys of an algorithm are encoded inside SubjectPublicKeyInfo and PrivateKeyInfo. */
interface PqcFormat {
  /** Whether a NULL follows the OBJECT IDENTIFIER. */
  readonly hasNull: boolean;
  readPublic(set: PqcSet, content: Uint8Array): Uint8Array;
  readPrivate(set: PqcSet, content: Uint8Array): Pick<PqcPrivateKey, "privateKey" | "seed" | "publicKey">;
  publicContent(key: PqcPublicKey): Uint8Array;
  privateContent(key: PqcPrivateKey): Uint8Array;
}

/**
 * The public key is SEQUENCE { ρ, t1 }, the private key SEQUENCE { 0, ρ, K, tr, s1, s2, t0, [0] { t1 } OPTIONAL }; all
 * elements except the 0 are BIT STRINGs.
 */
const DILITHIUM_FORMAT: PqcFormat = {
  hasNull: true,
  readPublic: readPublicParts,
  readPrivate(set, content) {
    const [rhoBytes = 0, t1Bytes = 0] = set.publicParts;
    const { privateKey, appendix } = readPrivateParts(set, content);
    const t1 = appendix && requireLength(appendix, t1Bytes);
    return { privateKey, seed: undefined, publicKey: t1 && concatenate(privateKey.subarray(0, rhoBytes), t1) };
  },
  publicContent: ({ set, publicKey }) => der.sequence(...cut(publicKey, set.publicParts).map(der.bitString)),
  privateContent(key) {
    const t1 = key.publicKey && cut(key.publicKey, key.set.publicParts)[1];
    return writePrivateParts(key, t1);
  },
};

/** IBM's encoder writes this after the public key inside a Kyber private key: the digit zero 64 times. */
const KYBER_FILLER = new Uint8Array(64).fill(0x30);

/**
 * The public key is SEQUENCE { public key }, the private key SEQUENCE { 0, private key, [0] { public key ‖ filler } OPTIONAL
 * }; all elements except the 0 are BIT STRINGs.
 */
const KYBER_FORMAT: PqcFormat = {
  hasNull: true,
  readPublic: readPublicParts,
  readPrivate(set, content) {
    const { privateKey, appendix } = readPrivateParts(set, content);
    const publicKey = kyberPublicKey(privateKey);
    if (appendix !== undefined && !equalBytes(appendix.subarray(0, publicKey.length), publicKey)) {
      throw new EncodingError("the public key beside the Kyber private key does not belong to it");
    }
    return { privateKey, seed: undefined, publicKey };
  },
  publicContent: ({ publicKey }) => der.sequence(der.bitString(publicKey)),
  privateContent: (key) => writePrivateParts(key, concatenate(kyberPublicKey(expanded(key)), KYBER_FILLER)),
};

/**
 * The public key is raw bytes. The private key is
 * CHOICE { [0] seed, OCTET STRING expanded, SEQUENCE { seed, expanded } }.
 * Three older forms, which OpenSSL still writes on request, are read as well, and are distinguished by their lengths:
 * a bare seed, a bare expanded key, and an OCTET STRING with the expanded key followed by the public key.
 */
const SEEDED_FORMAT: PqcFormat = {
  hasNull: false,
  readPublic: readRawPublic,
  readPrivate({ seedBytes, publicParts: [publicBytes = 0], privateParts: [privateBytes = 0] }, content) {
    if (content.length === seedBytes) return { seed: content, privateKey: undefined, publicKey: undefined };
    if (content.length === privateBytes) return { seed: undefined, privateKey: content, publicKey: undefined };
    const reader = new DerReader(content);
    const bare = reader.implicit(0);
    const both = reader.nextIsSequence ? reader.sequence() : undefined;
    const seed = bare ?? both?.octetString();
    const privateKey = bare === undefined ? (both ?? reader).octetString() : undefined;
    both?.end();
    reader.end();
    if (both === undefined && privateKey?.length === privateBytes + publicBytes) {
      const [expandedKey, publicKey] = cut(privateKey, [privateBytes, publicBytes]);
      return { seed: undefined, privateKey: expandedKey, publicKey };
    }
    return {
      seed: seed && requireLength(seed, seedBytes),
      privateKey: privateKey && requireLength(privateKey, privateBytes),
      publicKey: undefined,
    };
  },
  publicContent: ({ publicKey }) => publicKey,
  privateContent(key) {
    const { seed, privateKey } = key;
    if (seed === undefined) return der.octetString(expanded(key));
    return privateKey === undefined
      ? der.implicit(0, seed)
      : der.sequence(der.octetString(seed), der.octetString(privateKey));
  },
};

/** Both keys are raw bytes. The last bytes of the private key are the public key. */
const RAW_FORMAT: PqcFormat = {
  hasNull: false,
  readPublic: readRawPublic,
  readPrivate({ publicParts: [publicBytes = 0], privateParts: [privateBytes = 0] }, content) {
    const privateKey = requireLength(content, privateBytes);
    return { privateKey, seed: undefined, publicKey: privateKey.subarray(-publicBytes) };
  },
  publicContent: ({ publicKey }) => publicKey,
  privateContent: expanded,
};

const FORMATS: Readonly<Record<PqcSet["algorithm"], PqcFormat>> = {
  dilithium: DILITHIUM_FORMAT,
  kyber: KYBER_FORMAT,
  "ml-dsa": SEEDED_FORMAT,
  "ml-kem": SEEDED_FORMAT,
  "slh-dsa": RAW_FORMAT,
};

export function pqcReader(set: PqcSet): KeyReader<PqcPublicKey, PqcPrivateKey> {
  const format = FORMATS[set.algorithm];
  const endParameters = (parameters: DerReader) => {
    if (format.hasNull) parameters.null();
    parameters.end();
  };
  return {
    readPublic(parameters, content) {
      endParameters(parameters);
      return { type: "pqc", set, publicKey: format.readPublic(set, content) };
    },
    readPrivate(parameters, content) {
      endParameters(parameters);
      return { type: "pqc", set, ...format.readPrivate(set, content) };
    },
  };
}

export const PQC_WRITER: KeyWriter<PqcPublicKey, PqcPrivateKey> = {
  algorithm: ({ set }) => (FORMATS[set.algorithm].hasNull ? [set.oid, der.NULL] : [set.oid]),
  publicContent: (key) => FORMATS[key.set.algorithm].publicContent(key),
  privateContent: (key) => FORMATS[key.set.algorithm].privateContent(key),
};

function readRawPublic({ publicParts: [publicBytes = 0] }: PqcSet, content: Uint8Array): Uint8Array {
  return requireLength(content, publicBytes);
}

function readPublicParts({ publicParts }: PqcSet, content: Uint8Array): Uint8Array {
  const reader = DerReader.sequence(content);
  const publicKey = readBitStrings(reader, publicParts);
  reader.end();
  return publicKey;
}

/** Reads version 0, the parts, and an optional BIT STRING with tag [0]. */
function readPrivateParts({ privateParts }: PqcSet, content: Uint8Array) {
  const reader = DerReader.sequence(content);
  if (reader.smallInteger() !== 0) throw new EncodingError("the post-quantum key has an unsupported version");
  const privateKey = readBitStrings(reader, privateParts);
  const optional = reader.explicit(0);
  const appendix = optional?.bitString();
  optional?.end();
  reader.end();
  return { privateKey, appendix };
}

function writePrivateParts(key: PqcPrivateKey, appendix: Uint8Array | undefined): Uint8Array {
  const parts = cut(expanded(key), key.set.privateParts).map(der.bitString);
  const optional = appendix === undefined ? [] : [der.explicit(0, der.bitString(appendix))];
  return der.sequence(der.smallInteger(0), ...parts, ...optional);
}

function readBitStrings(reader: DerReader, lengths: readonly number[]): Uint8Array {
  return concatenate(...lengths.map((length) => requireLength(reader.bitString(), length)));
}

/** Splits raw bytes into parts of these lengths. */
function cut(raw: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const ends = lengths.map((_, index) => lengths.slice(0, index + 1).reduce((end, length) => end + length, 0));
  requireLength(raw, ends.at(-1) ?? 0);
  return ends.map((end, index) => raw.subarray(ends[index - 1] ?? 0, end));
}

/** Throws EncodingError if the encoding contained nothing but a seed. */
function expanded({ privateKey }: PqcPrivateKey): Uint8Array {
  if (privateKey === undefined) throw new EncodingError("the key has only a seed");
  return privateKey;
}

function requireLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new EncodingError(`a part of a key has ${bytes.length} bytes, not ${length}`);
  return bytes;
}
