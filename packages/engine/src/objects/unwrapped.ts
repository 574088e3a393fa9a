/** The result of an unwrapping mechanism, before it becomes a key object. */

/** What UnwrapKey expects to find, as the template says. */
export interface UnwrapTarget {
  readonly objectClass: number;
  readonly keyType: number;
  /** CKA_VALUE_LEN in bytes, when the template has one. */
  readonly valueLen: number | undefined;
}

/** What travels with an attribute-bound key. */
export interface BoundFacts {
  readonly objectClass: number;
  readonly keyType: number;
  readonly booleans: number;
  /** Every boolean that was ever set. */
  readonly everSet: number;
}

/** What UnwrapKey found. */
export interface Unwrapped {
  /** Raw secret key, or PrivateKeyInfo, or SubjectPublicKeyInfo: not yet parsed, not yet trusted. */
  readonly value: Uint8Array;
  /** Set by families that carry the attributes with the key: they win over the template. */
  readonly bound?: BoundFacts;
}
