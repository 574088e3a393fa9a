/**
 * Public keys: a SubjectPublicKeyInfo in the clear, followed by a trailer of 128 bytes with a MAC under the master key, by which
 * the HSM recognises its own keys and their rights. The trailer is EP11's (docs/reference/ep11.md#public-key-blob): six DER
 * OCTET STRINGs of fixed length.
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
import type { MasterKey } from "../keyring/master-key.ts";
import type { KeyringView } from "../keyring/view.ts";
import { bitOf } from "../objects/booleans.ts";
import { impliedUid, type Key, type KeyMaterial, NO_SESSION } from "../objects/key.ts";
import { keyTypeOf } from "../objects/key-types.ts";
import { PointFormError } from "../primitives/ec/ec-format.ts";
import { encodePublicKey, type PublicKey, parsePublicKey } from "../primitives/keys/key-encodings.ts";
import type { RandomSource } from "../primitives/random.ts";
import { requireSession } from "./g11b.ts";

/** An opened public key. */
interface OpenedPublicKey {
  readonly key: Key;
  /** False for a SubjectPublicKeyInfo without a MAC, which may come from anyone; its rights are {@link BARE_SPKI_BOOLEANS}. */
  readonly maced: boolean;
  /** The WKID next to the MAC. */
  readonly wkid: Uint8Array | undefined;
  /** The length of the key in bytes; other keys may follow it. */
  readonly length: number;
}

/**
 * Rights of a SubjectPublicKeyInfo without a MAC: those that need no secret. They do not include CKA_WRAP, because a caller
 * could choose a KEK to export keys with it; the calling function decides whether to allow that.
 */
export const BARE_SPKI_BOOLEANS = bitOf(ck.CKA_VERIFY) | bitOf(ck.CKA_ENCRYPT) | bitOf(ck.CKA_DERIVE);

/** Length of the trailer after the SubjectPublicKeyInfo, in bytes. */
export const SPKI_TRAILER_BYTES = 128;

const OCTET_STRING = 0x04;
const MODE = 1;
/** Says that there are one integer attribute and no attributes of variable length, in version 1 of the format. */
const ATTRIBUTES_HEADER = 0x10010000;
const COMPLIANCE = 1;
const MAC_BYTES = 32;

const NO_ATTRIBUTES: ck.Template = new Map();

/** The position of the content of each OCTET STRING in the trailer. */
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

/** A trailer that contains only the bytes that are the same in all trailers. */
const EMPTY_TRAILER = (() => {
  const trailer = new Uint8Array(SPKI_TRAILER_BYTES);
  for (const { start, length } of Object.values(FIELDS)) trailer.set([OCTET_STRING, length], start - 2);
  const view = viewOf(trailer);
  view.setUint32(FIELDS.mode.start + 4, MODE);
  const attributes = [ATTRIBUTES_HEADER, 0, 0, ck.CKA_IBM_STD_COMPLIANCE1, COMPLIANCE];
  for (const [i, word] of attributes.entries()) view.setUint32(FIELDS.attributes.start + 4 * i, word);
  return trailer;
})();

/** Returns the public key `key` with a MAC under `masterKey`. Of its attributes, only the booleans are kept. */
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
 * Returns the public key at the beginning of `bytes`: a SubjectPublicKeyInfo with or without a trailer. Another
 * SubjectPublicKeyInfo may follow; the caller decides whether to accept more than one. A key without a trailer is converted
 * to EP11's form. Errors: CKR_IBM_WKID_MISMATCH, CKR_IBM_WK_NOT_INITIALIZED, CKR_IBM_BLOB_ERROR for everything else.
 */
export function openPublicKey(keyring: KeyringView, bytes: Uint8Array): OpenedPublicKey {
  const spkiLength = orBlobError(() => readSequenceLength(bytes));
  const spki = new Uint8Array(bytes.subarray(0, spkiLength));
  const behind = bytes[spkiLength];
  if (behind === undefined || behind === der.SEQUENCE_TAG) {
    const parsed = orBlobError(() => parsePublicKey(spki));
    const material = publicMaterial(parsed, encodePublicKey(parsed));
    const key = {
      ...material,
      booleans: BARE_SPKI_BOOLEANS,
      everSet: BARE_SPKI_BOOLEANS,
      uid: impliedUid(material),
      session: NO_SESSION,
      attributes: NO_ATTRIBUTES,
    };
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
  const material = publicMaterial(
    orBlobError(() => parsePublicKey(spki)),
    spki,
  );
  const key = {
    ...material,
    booleans,
    everSet,
    uid: impliedUid(material),
    session: contentOf(trailer, "session").slice(),
    attributes: NO_ATTRIBUTES,
  };
  return { key, maced: true, wkid: masterKey.wkid, length };
}

function publicMaterial(parsed: PublicKey, value: Uint8Array): KeyMaterial {
  return { objectClass: ck.CKO_PUBLIC_KEY, keyType: keyTypeOf(parsed), value };
}

/** Returns the MAC of `bytes`, a SubjectPublicKeyInfo with its trailer. It covers everything but the last 32 bytes. */
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
    // The message may be reported: the form of a public point is not a secret, and the key's owner can correct it.
    throw error instanceof PointFormError ? ck.CkError.blobError(error.message) : ck.CkError.blobError();
  }
}
