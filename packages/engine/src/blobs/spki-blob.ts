/**
 * Public keys with MACs under the master key, by which the HSM recognises its own keys and their rights. A SubjectPublicKeyInfo
 * is followed by EP11's trailer of 128 bytes, which is six DER OCTET STRINGs (docs/reference/ep11.md#public-key-blob):
 *
 *   04 10  WKID                  of the master key
 *   04 20  session               zero: not bound to one
 *   04 08  salt                  random
 *   04 08  mode                  1
 *   04 14  attributes            header word, mask (the history) and bits of objects/booleans.ts,
 *                                CKA_IBM_STD_COMPLIANCE1 = 1
 *   04 20  MAC                   HMAC-SHA-256 over everything before it
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { der, readSequenceLength } from "@grep11/encoding";
import type { KeyringView } from "../keyring/keyring.ts";
import type { MasterKey } from "../keyring/master-key.ts";
import { bitOf } from "../objects/booleans.ts";
import { impliedUid, type Key, NO_SESSION } from "../objects/key.ts";
import { keyTypeOf } from "../objects/key-types.ts";
import { PointFormError } from "../primitives/ec/ec-format.ts";
import { encodePublicKey, type PublicKey, parsePublicKey } from "../primitives/keys/key-encodings.ts";
import type { RandomSource } from "../primitives/random.ts";
import { requireSession } from "./g11b.ts";

interface OpenedPublicKey {
  readonly key: Key;
  /** False for a key without a MAC, which may come from anyone. Such a key has the rights {@link BARE_SPKI_BOOLEANS}. */
  readonly maced: boolean;
  readonly wkid: Uint8Array | undefined;
  /** Length of the key in bytes. Other keys may follow it. */
  readonly length: number;
}

/**
 * The rights of a key without a MAC are those that need no secret. CKA_WRAP is not among them, because a caller could choose a
 * KEK to export keys with it; the calling function decides whether to allow that.
 */
export const BARE_SPKI_BOOLEANS = bitOf(ck.CKA_VERIFY) | bitOf(ck.CKA_ENCRYPT) | bitOf(ck.CKA_DERIVE);

/** Length of the trailer in bytes. */
export const SPKI_TRAILER_BYTES = 128;

const OCTET_STRING = 0x04;
const MODE = 1;
/** Says that there are one integer attribute and no attributes of variable length, in version 1 of the format. */
const ATTRIBUTES_HEADER = 0x10010000;
const COMPLIANCE = 1;
const MAC_BYTES = 32;

const NO_ATTRIBUTES: ck.Template = new Map();

/** Where the content of each OCTET STRING is in the trailer. */
const FIELDS = (() => {
  let at = 0;
  const field = (length: number) => {
    const start = at + 2;
    at = start + length;
    return { start, length };
  };
  return {
    wkid: field(16),
    session: field(32),
    salt: field(8),
    mode: field(8),
    attributes: field(20),
    mac: field(MAC_BYTES),
  };
})();

/** The bytes that are the same in all trailers. */
const EMPTY_TRAILER = (() => {
  const trailer = new Uint8Array(SPKI_TRAILER_BYTES);
  for (const { start, length } of Object.values(FIELDS)) trailer.set([OCTET_STRING, length], start - 2);
  const view = viewOf(trailer);
  view.setUint32(FIELDS.mode.start + 4, MODE);
  const attributes = [ATTRIBUTES_HEADER, 0, 0, ck.CKA_IBM_STD_COMPLIANCE1, COMPLIANCE];
  for (const [i, word] of attributes.entries()) view.setUint32(FIELDS.attributes.start + 4 * i, word);
  return trailer;
})();

/** Of the key's attributes, only the booleans are kept. */
export function sealPublicKey(masterKey: MasterKey, key: Key, random: RandomSource): Uint8Array {
  requireSession(key.session);
  const spkiLength = key.value.length;
  const bytes = new Uint8Array(spkiLength + SPKI_TRAILER_BYTES);
  bytes.set(key.value);
  const trailer = bytes.subarray(spkiLength);
  trailer.set(EMPTY_TRAILER);
  trailer.set(masterKey.wkid, FIELDS.wkid.start);
  trailer.set(key.session, FIELDS.session.start);
  trailer.set(random(FIELDS.salt.length), FIELDS.salt.start);
  const view = viewOf(trailer);
  view.setUint32(FIELDS.attributes.start + 4, key.everSet | key.booleans);
  view.setUint32(FIELDS.attributes.start + 8, key.booleans);
  trailer.set(macOf(masterKey, bytes), FIELDS.mac.start);
  return bytes;
}

/**
 * Returns the public key at the beginning of `bytes`, with or without a MAC. Another one may follow; the caller decides whether
 * to accept that. A key without a MAC is converted to EP11's form. Errors: CKR_IBM_WKID_MISMATCH,
 * CKR_IBM_WK_NOT_INITIALIZED, CKR_IBM_BLOB_ERROR for everything else.
 */
export function openPublicKey(keyring: KeyringView, bytes: Uint8Array): OpenedPublicKey {
  const spkiLength = orBlobError(() => readSequenceLength(bytes));
  const spki = new Uint8Array(bytes.subarray(0, spkiLength));
  const behind = bytes[spkiLength];
  if (behind === undefined || behind === der.SEQUENCE_TAG) {
    const parsed = orBlobError(() => parsePublicKey(spki));
    const key = publicKey(parsed, encodePublicKey(parsed), BARE_SPKI_BOOLEANS, BARE_SPKI_BOOLEANS, NO_SESSION);
    return { key, maced: false, wkid: undefined, length: spkiLength };
  }
  const length = spkiLength + SPKI_TRAILER_BYTES;
  const trailer = new Uint8Array(bytes.subarray(spkiLength, length));
  requireShape(trailer);
  const masterKey = keyring.openingKey(contentOf(trailer, "wkid"));
  if (!timingSafeEqual(macOf(masterKey, bytes.subarray(0, length)), contentOf(trailer, "mac")))
    throw ck.CkError.blobError();
  const view = viewOf(trailer);
  const everSet = view.getUint32(FIELDS.attributes.start + 4);
  const booleans = view.getUint32(FIELDS.attributes.start + 8);
  if ((booleans & ~everSet) !== 0) throw ck.CkError.blobError();
  const parsed = orBlobError(() => parsePublicKey(spki));
  const key = publicKey(parsed, spki, booleans, everSet, contentOf(trailer, "session").slice());
  return { key, maced: true, wkid: masterKey.wkid, length };
}

function publicKey(parsed: PublicKey, value: Uint8Array, booleans: number, everSet: number, session: Uint8Array): Key {
  const material = { objectClass: ck.CKO_PUBLIC_KEY, keyType: keyTypeOf(parsed), value };
  return { ...material, booleans, everSet, uid: impliedUid(material), session, attributes: NO_ATTRIBUTES };
}

/** The MAC covers everything but the last 32 bytes. */
function macOf(masterKey: MasterKey, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", masterKey.spkiKey)
    .update(bytes.subarray(0, bytes.length - MAC_BYTES))
    .digest();
}

/** Throws CKR_IBM_BLOB_ERROR unless `trailer` consists of the six OCTET STRINGs. */
function requireShape(trailer: Uint8Array): void {
  if (trailer.length !== SPKI_TRAILER_BYTES) throw ck.CkError.blobError();
  for (const { start, length } of Object.values(FIELDS)) {
    if (trailer[start - 2] !== OCTET_STRING || trailer[start - 1] !== length) throw ck.CkError.blobError();
  }
}

function contentOf(trailer: Uint8Array, field: keyof typeof FIELDS): Uint8Array {
  const { start, length } = FIELDS[field];
  return trailer.subarray(start, start + length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function orBlobError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // The message may be reported: a point's form is not secret, and the key's owner can correct it.
    throw error instanceof PointFormError ? ck.CkError.blobError(error.message) : ck.CkError.blobError();
  }
}
