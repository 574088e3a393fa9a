/** Parsed asymmetric keys. Numbers are big-endian without leading zeros; points and private values have a fixed length. */

import type { DerReader } from "@grep11/encoding";
import type { Curve } from "../ec/curves.ts";
import type { PqcSet } from "../lattice/pqc-sets.ts";

export interface RsaPublicKey {
  readonly type: "rsa";
  readonly modulus: Uint8Array;
  readonly publicExponent: Uint8Array;
}

/** This private key includes all CRT values (RFC 8017, A.1.2). */
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
  /** An uncompressed point, or the raw public key of 25519 and 448. */
  readonly point: Uint8Array;
}

export interface EcPrivateKey {
  readonly type: "ec";
  readonly curve: Curve;
  /** A scalar, or the seed of an Edwards key. */
  readonly privateValue: Uint8Array;
  /** Undefined if the encoding does not contain the public key. Our encodings always do. */
  readonly point: Uint8Array | undefined;
}

/** The numbers p, q and g (FIPS 186-4, 4.1). */
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

/** The numbers p and g (PKCS #3). */
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

export interface PqcPublicKey {
  readonly type: "pqc";
  readonly set: PqcSet;
  /** The raw key, whose format depends on the parameter set. */
  readonly publicKey: Uint8Array;
}

export interface PqcPrivateKey {
  readonly type: "pqc";
  readonly set: PqcSet;
  /** The raw expanded key; undefined if the encoding has only the seed. Our encodings always have both. */
  readonly privateKey: Uint8Array | undefined;
  readonly seed: Uint8Array | undefined;
  readonly publicKey: Uint8Array | undefined;
}

/** The public and the private form of each `type` of key. */
export interface KeyKinds {
  readonly rsa: { readonly public: RsaPublicKey; readonly private: RsaPrivateKey };
  readonly ec: { readonly public: EcPublicKey; readonly private: EcPrivateKey };
  readonly dsa: { readonly public: DsaPublicKey; readonly private: DsaPrivateKey };
  readonly dh: { readonly public: DhPublicKey; readonly private: DhPrivateKey };
  readonly pqc: { readonly public: PqcPublicKey; readonly private: PqcPrivateKey };
}

export type PublicKey = KeyKinds[keyof KeyKinds]["public"];
export type PrivateKey = KeyKinds[keyof KeyKinds]["private"];

/** Parses keys of one kind. Both methods throw EncodingError if an argument is invalid or contains extra bytes. */
export interface KeyReader<Public, Private> {
  /**
   * Reads a SubjectPublicKeyInfo. `parameters` follow the OBJECT IDENTIFIER in its AlgorithmIdentifier. `content` is the
   * content of its BIT STRING.
   */
  readPublic(parameters: DerReader, content: Uint8Array): Public;
  /** Reads a PrivateKeyInfo. `content` is the content of its OCTET STRING `privateKey`. */
  readPrivate(parameters: DerReader, content: Uint8Array): Private;
}

export interface KeyWriter<Public, Private> {
  /** Returns the elements of the AlgorithmIdentifier: OBJECT IDENTIFIER, then parameters. */
  algorithm(key: Public | Private): readonly Uint8Array[];
  /** Returns the content of the BIT STRING. */
  publicContent(key: Public): Uint8Array;
  /** Returns the content of the OCTET STRING. */
  privateContent(key: Private): Uint8Array;
}

export interface KeyFormat<Public, Private> extends KeyReader<Public, Private>, KeyWriter<Public, Private> {}
