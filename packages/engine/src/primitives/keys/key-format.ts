/** How one kind of key is encoded inside SubjectPublicKeyInfo and PrivateKeyInfo. */
import type { DerReader } from "@grep11/encoding";

/** Parses keys of one format. Readers must read the parameters to their end, and throw EncodingError. */
export interface KeyReader<Public, Private> {
  /** `parameters` follow the OBJECT IDENTIFIER in the AlgorithmIdentifier; `content` is that of the BIT STRING. */
  readPublic(parameters: DerReader, content: Uint8Array): Public;
  /** `content` is the content of the OCTET STRING. */
  readPrivate(parameters: DerReader, content: Uint8Array): Private;
}

/** Encodes keys of one format. */
export interface KeyWriter<Public, Private> {
  /** Returns the elements of the AlgorithmIdentifier: OBJECT IDENTIFIER, then parameters. */
  algorithm(key: Public | Private): readonly Uint8Array[];
  /** Returns the content of the BIT STRING. */
  publicContent(key: Public): Uint8Array;
  /** Returns the content of the OCTET STRING. */
  privateContent(key: Private): Uint8Array;
}

export interface KeyFormat<Public, Private> extends KeyReader<Public, Private>, KeyWriter<Public, Private> {}
