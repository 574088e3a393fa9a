/** Opened keys. They are plain data, so that they can be sent to a worker thread. */
import * as ck from "@grep11/cryptoki";

/** A key without attributes, as generation, import or derivation returns it. */
export interface KeyMaterial {
  /** CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY or CKO_DOMAIN_PARAMETERS. */
  readonly objectClass: number;
  /** CKK_*. */
  readonly keyType: number;
  /**
   * The raw bytes of a secret key; PrivateKeyInfo (PKCS #8) of a private key; SubjectPublicKeyInfo of a public key; the
   * DER of domain parameters. DER is in EP11's own form (docs/reference/ep11.md#public-keys,
   * docs/reference/ep11.md#private-keys): 25519 and 448 keys are written as id-ecPublicKey with the curve's OID.
   */
  readonly value: Uint8Array;
}

/**
 * Maximum length in bytes of a key that is accepted, sealed or not. It is twice the length of the longest key, a Dilithium
 * key. The time of some checks of a key's numbers grows with the square of their length.
 */
export const MAX_KEY_BYTES = 16 * 1024;

/** An opened key. */
export interface Key extends KeyMaterial {
  /** The boolean attributes, one bit each (objects/booleans.ts). */
  readonly booleans: number;
  /** Every boolean that was ever set on the key, `booleans` included, in the same bits. */
  readonly everSet: number;
  /**
   * Identifies the key; SetAttributeValue and RewrapKeyBlob do not change it (objects/key-uid.ts). It never leaves the
   * engine: those who may know which key was used get a keyed hash of it.
   */
  readonly uid: Uint8Array;
  /** The login session to which the key is bound; 32 zero bytes if there is none. */
  readonly session: Uint8Array;
  /** Attributes that are neither booleans nor derivable from `value`, such as CKA_KEY_GEN_MECHANISM. */
  readonly attributes: ck.Template;
}

/** The session of a key that is not bound to a login session. */
export const NO_SESSION: Uint8Array = new Uint8Array(32);

/** The key of operations without a key. */
export const NO_KEY: Key = {
  objectClass: ck.CKO_DATA,
  keyType: ck.CKK_VENDOR_DEFINED,
  value: new Uint8Array(0),
  booleans: 0,
  everSet: 0,
  uid: new Uint8Array(16),
  session: NO_SESSION,
  attributes: new Map(),
};
