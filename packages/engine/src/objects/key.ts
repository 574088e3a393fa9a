import { hash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";

/** A key without attributes. Keys are plain data, so that they can be sent to a worker thread. */
export interface KeyMaterial {
  /** CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY or CKO_DOMAIN_PARAMETERS. */
  readonly objectClass: number;
  /** CKK_*. */
  readonly keyType: number;
  /**
   * A secret key's raw bytes, a private key's PrivateKeyInfo (PKCS #8), a public key's SubjectPublicKeyInfo, or the DER of
   * domain parameters. DER is in EP11's form (docs/reference/ep11.md#public-keys, docs/reference/ep11.md#private-keys).
   */
  readonly value: Uint8Array;
}

/**
 * Maximum length of an accepted key in bytes, which is twice the length of the longest key, a Dilithium key. The limit
 * matters because the time of some checks of a key's numbers grows with the square of their length.
 */
export const MAX_KEY_BYTES = 16 * 1024;

export interface Key extends KeyMaterial {
  /** The boolean attributes, one bit each (objects/booleans.ts). */
  readonly booleans: number;
  /** Every boolean that was ever set on the key, `booleans` included, in the same bits. */
  readonly everSet: number;
  /**
   * Identifies the key. SetAttributeValue and RewrapKeyBlob do not change it. It never leaves the engine. Callers that
   * may know which key was used get a keyed hash of the uid.
   */
  readonly uid: Uint8Array;
  /** The login session to which the key is bound; 32 zero bytes if it is bound to no session. */
  readonly session: Uint8Array;
  /** Attributes that are neither booleans nor derivable from `value`, such as CKA_KEY_GEN_MECHANISM. */
  readonly attributes: ck.Template;
}

export const NO_SESSION: Uint8Array = new Uint8Array(32);

/** Stands for the key in operations that have no key. */
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

export const KEY_UID_BYTES = 16;

const LABEL = new TextEncoder().encode("g11 key uid");

/**
 * Returns the uid of a key that was stored without one, such as a public key: the start of SHA-256 over a label, class, type
 * and value, so that it does not depend on the attributes. It must not leave the engine, because it is a hash of the value.
 */
export function impliedUid({ objectClass, keyType, value }: KeyMaterial): Uint8Array {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, objectClass);
  view.setUint32(4, keyType);
  const input = concatenate(LABEL, numbers, value);
  const uid = new Uint8Array(hash("sha256", input, "buffer").subarray(0, KEY_UID_BYTES));
  input.fill(0);
  return uid;
}
