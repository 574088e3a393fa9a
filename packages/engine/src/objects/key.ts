/** Keys as the engine sees them once a blob is open. Plain data: a key can cross to a worker thread. */
import * as ck from "@grep11/cryptoki";

/** The substance of a key before it has rights: what a generator, an import or a derivation made. */
export interface KeyMaterial {
  /** CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY or CKO_DOMAIN_PARAMETERS. */
  readonly objectClass: number;
  /** CKK_*. */
  readonly keyType: number;
  /**
   * The raw bytes of a secret key; PrivateKeyInfo (PKCS #8) of a private key; SubjectPublicKeyInfo of a public key; the
   * clear DER of domain parameters. DER is in EP11's own form (docs/reference/ep11.md#public-keys,
   * docs/reference/ep11.md#private-keys): 25519 and 448 keys are written as id-ecPublicKey with the curve's OID.
   */
  readonly value: Uint8Array;
}

/**
 * Longer bytes are no key, sealed or not, and are not read: twice those of the longest, a Dilithium key. Some checks of a
 * key's numbers take a time that grows with the square of their length.
 */
export const MAX_KEY_BYTES = 16 * 1024;

/** An opened key. */
export interface Key extends KeyMaterial {
  /** The boolean attributes, one bit each (objects/booleans.ts). */
  readonly booleans: number;
  /** Every boolean that was ever set on the key, `booleans` included, in the same bits. */
  readonly everSet: number;
  /**
   * Names the key in the HSM, unchanged by SetAttributeValue and RewrapKeyBlob (objects/key-uid.ts). It never leaves: those
   * who may know which key was used see a keyed hash of it.
   */
  readonly uid: Uint8Array;
  /** Login session the key is bound to; 32 zero bytes: none. */
  readonly session: Uint8Array;
  /** Attributes that are neither booleans nor derivable from `value`, such as CKA_KEY_GEN_MECHANISM. */
  readonly attributes: ck.Template;
}

/** The session of a key that is bound to none. */
export const NO_SESSION: Uint8Array = new Uint8Array(32);

/** Stands in the key's place of operations that have none. */
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
