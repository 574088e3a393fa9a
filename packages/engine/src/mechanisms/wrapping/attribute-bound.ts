/**
 * CKM_IBM_ATTRIBUTEBOUND_WRAP: transport of keys together with their rights (docs/reference/ep11.md#attribute-bound,
 * docs/attribute-bound.md). IBM's format is not public; this is ours. Only what was authenticated is decrypted.
 *
 *      0  4  magic "G11A"
 *      4  1  version 2; version 1 has no history, and still opens
 *      5  1  kind of KEK: 1 RSA, 2 secret key
 *      6  1  kind of code: 1 HMAC-SHA-256, 2 RSA-PSS, 3 ECDSA
 *      7  1  zero
 *      8  4  e, length of the encapsulated content key
 *     12  4  n, length of the encrypted part
 *     16  e  encapsulated content key
 *   16+e  n  u32 class ‖ u32 key type ‖ u32 booleans ‖ u32 history ‖ value, encrypted, with bytes 0 to 15+e authenticated
 * 16+e+n     authentication code of everything before
 */

import * as ck from "@grep11/cryptoki";
import { concatenate, equalBytes } from "@grep11/encoding";
import type { Key } from "../../objects/key.ts";
import type { Unwrapped } from "../../objects/unwrapped.ts";
import type { Family } from "../family.ts";
import { DES_KEYS, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { type KekEncryption, kekEncryptionOf } from "./attribute-bound-encryption.ts";
import { type Integrity, integrityOf } from "./attribute-bound-integrity.ts";

const VERSION = 2;
/** Tokens of version 1 have no history: the present rights of such a key count as its whole history. */
const WITHOUT_HISTORY = 1;
const HEADER_BYTES = 16;
const ATTRIBUTES_BYTES: Readonly<Record<number, number>> = { [WITHOUT_HISTORY]: 12, [VERSION]: 16 };
const MAGIC = new TextEncoder().encode("G11A");

/**
 * KEKs are RSA, AES, DES2 and DES3 keys; MAC keys are secret, RSA and EC keys. Throws CKR_KEY_TYPE_INCONSISTENT for other MAC
 * keys, CKR_WRAPPED_KEY_INVALID if anything is wrong with a wrapped key.
 */
export const attributeBound: Family<undefined> = {
  // Always uses a worker: the KEK and the MAC key may both be RSA keys, and rsaCost considers only the KEK.
  cost: () => "worker",
  wrap(kek, _parameter, key, macKey, random) {
    const encryption = kekEncryptionOf(kek);
    const integrity = integrityOf(macKey!);
    const { contentKey, encapsulated } = encryption.encapsulate(random);
    const clear = concatenate(attributesOf(key), key.value);
    const header = headerOf(VERSION, encryption, integrity, encapsulated.length, clear.length + encryption.overhead);
    const opening = concatenate(header, encapsulated);
    const body = concatenate(opening, encryption.encrypt(contentKey, opening, clear));
    contentKey.fill(0);
    clear.fill(0);
    return concatenate(body, integrity.sign(body, random));
  },
  unwrap(kek, _parameter, wrapped, _target, macKey) {
    const encryption = kekEncryptionOf(kek!);
    const integrity = integrityOf(macKey!);
    try {
      return open(encryption, integrity, wrapped);
    } catch {
      throw ck.CkError.wrappedKeyInvalid();
    }
  },
};

function open(encryption: KekEncryption, integrity: Integrity, wrapped: Uint8Array): Unwrapped {
  const { version, encapsulatedBytes, encryptedBytes } = openingOf(wrapped);
  const opening = wrapped.subarray(0, HEADER_BYTES + encapsulatedBytes);
  const body = wrapped.subarray(0, opening.length + encryptedBytes);
  const header = headerOf(version, encryption, integrity, encapsulatedBytes, encryptedBytes);
  if (!equalBytes(header, wrapped.subarray(0, HEADER_BYTES))) throw ck.CkError.wrappedKeyInvalid();
  if (!integrity.verify(body, wrapped.subarray(body.length))) throw ck.CkError.wrappedKeyInvalid();
  const contentKey = encryption.decapsulate(opening.subarray(HEADER_BYTES));
  const clear = encryption.decrypt(contentKey, opening, body.subarray(opening.length));
  contentKey.fill(0);
  return unwrappedFrom(version, clear);
}

function headerOf(
  version: number,
  encryption: KekEncryption,
  integrity: Integrity,
  encapsulatedBytes: number,
  encryptedBytes: number,
) {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  header.set([version, encryption.kind, integrity.kind], MAGIC.length);
  const view = new DataView(header.buffer);
  view.setUint32(8, encapsulatedBytes);
  view.setUint32(12, encryptedBytes);
  return header;
}

/** Throws CKR_WRAPPED_KEY_INVALID for an unknown version. */
function openingOf(wrapped: Uint8Array): { version: number; encapsulatedBytes: number; encryptedBytes: number } {
  const view = new DataView(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength);
  const version = view.getUint8(MAGIC.length);
  if (ATTRIBUTES_BYTES[version] === undefined) throw ck.CkError.wrappedKeyInvalid();
  return { version, encapsulatedBytes: view.getUint32(8), encryptedBytes: view.getUint32(12) };
}

function attributesOf({ objectClass, keyType, booleans, everSet }: Key): Uint8Array {
  const attributes = new Uint8Array(ATTRIBUTES_BYTES[VERSION]!);
  const view = new DataView(attributes.buffer);
  [objectClass, keyType, booleans, everSet].forEach((attribute, index) => {
    view.setUint32(4 * index, attribute);
  });
  return attributes;
}

function unwrappedFrom(version: number, clear: Uint8Array): Unwrapped {
  const view = new DataView(clear.buffer, clear.byteOffset, clear.byteLength);
  const [objectClass, keyType, booleans] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
  const everSet = version === WITHOUT_HISTORY ? booleans : view.getUint32(12);
  return { value: clear.subarray(ATTRIBUTES_BYTES[version]), bound: { objectClass, keyType, booleans, everSet } };
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ATTRIBUTEBOUND_WRAP, {
    keyTypes: [ck.CKK_RSA, ck.CKK_AES, ...DES_KEYS],
    nominal: [0, 4096],
    flags: TRANSPORT,
    family: attributeBound,
    transport: "attribute-bound",
  }),
];
