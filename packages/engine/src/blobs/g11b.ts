/**
 * G11B v1, the container of everything that is sealed under a master key: an authenticated header of 96 bytes, an
 * encrypted payload, a tag of 16 bytes. Integers are big-endian. Session, WKID and attribute bits stand where EP11 has
 * them, so that inspection tools for EP11 blobs read them; the magic tells the two apart (security design 2.3).
 *
 *      0  32  session           zero: bound to none; never starts with 0x30
 *     32  16  WKID              names the master key
 *     48   8  attribute bits    objects/booleans.ts in the low 32 bits
 *     56   8  mode              u32 CKK or CKM, u32 flags (0)
 *     64   2  magic             0x4731
 *     66   1  blob class
 *     67   1  suite             1: XAES-256-GCM with a hedged nonce
 *     68   4  payload length
 *     72  24  nonce
 *     96   n  payload           canonical TLV (tlv.ts), encrypted
 *   96+n  16  tag               over the payload and bytes 0..95
 */
import { CKA_IBM_LOGIN_SESSION, CkError } from "@grep11/cryptoki";
import type { MasterKey } from "../keyring/master-key.ts";
import type { KeyringView } from "../keyring/view.ts";
import type { RandomSource } from "../mechanisms/family.ts";
import { NO_SESSION } from "../objects/key.ts";
import { XAES_TAG_BYTES } from "../primitives/xaes.ts";
import { hedgedNonce } from "./hedged-nonce.ts";

/** What a blob is. Each class has its own key, so none can stand in for another. */
export const BLOB_CLASS = {
  secretKey: 0x01,
  privateKey: 0x02,
  digest: 0x10,
  encrypt: 0x11,
  decrypt: 0x12,
  sign: 0x13,
  verify: 0x14,
} as const;

/** One of {@link BLOB_CLASS}. */
export type BlobClass = (typeof BLOB_CLASS)[keyof typeof BLOB_CLASS];

/** The clear, authenticated part of a blob. */
export interface BlobHeader {
  readonly blobClass: BlobClass;
  /** 32 bytes; {@link NO_SESSION}: none. */
  readonly session: Uint8Array;
  /** objects/booleans.ts */
  readonly booleans: number;
  /** CKK_* of a key, CKM_* of a state. */
  readonly mode: number;
}

const SESSION_AT = 0;
const WKID_AT = 32;
const ATTRIBUTES_AT = 48;
const MODE_AT = 56;
const MAGIC_AT = 64;
const CLASS_AT = 66;
const SUITE_AT = 67;
const LENGTH_AT = 68;
const NONCE_AT = 72;
const PAYLOAD_AT = 96;

const MAGIC = 0x4731;
const SUITE = 1;

/** What sealing adds to a payload, in bytes. */
export const G11B_OVERHEAD_BYTES = PAYLOAD_AT + XAES_TAG_BYTES;

/** Throws CKR_ATTRIBUTE_VALUE_INVALID unless a blob can carry `session`: a first byte 0x30 would make it look like DER. */
export function requireSession(session: Uint8Array): void {
  if (session.length === NO_SESSION.length && session[0] !== 0x30) return;
  throw CkError.attributeValueInvalid(CKA_IBM_LOGIN_SESSION, "has 32 bytes, the first of which is not 0x30");
}

/** `payload` sealed under `masterKey`. Throws CKR_ATTRIBUTE_VALUE_INVALID for a session that no blob can carry. */
export function seal(
  masterKey: MasterKey,
  header: BlobHeader,
  payload: Uint8Array,
  random: RandomSource,
): Uint8Array<ArrayBuffer> {
  requireSession(header.session);
  const blob = new Uint8Array(G11B_OVERHEAD_BYTES + payload.length);
  const view = new DataView(blob.buffer);
  blob.set(header.session, SESSION_AT);
  blob.set(masterKey.wkid, WKID_AT);
  view.setUint32(ATTRIBUTES_AT + 4, header.booleans);
  view.setUint32(MODE_AT, header.mode);
  view.setUint16(MAGIC_AT, MAGIC);
  view.setUint8(CLASS_AT, header.blobClass);
  view.setUint8(SUITE_AT, SUITE);
  view.setUint32(LENGTH_AT, payload.length);
  blob.set(hedgedNonce(masterKey.hedgeKey, random, blob.subarray(0, NONCE_AT), payload), NONCE_AT);
  const [ciphertext, tag] = masterKey
    .blobCipher(header.blobClass)
    .seal(blob.subarray(NONCE_AT, PAYLOAD_AT), payload, blob.subarray(0, PAYLOAD_AT));
  blob.set(ciphertext, PAYLOAD_AT);
  blob.set(tag, PAYLOAD_AT + payload.length);
  return blob;
}

/**
 * Header and payload of a blob whose class is one of `allowed`; undefined if anything about it is wrong. Throws
 * CKR_IBM_WKID_MISMATCH and CKR_IBM_WK_NOT_INITIALIZED as {@link KeyringView.openingKey} does: which master key a blob
 * names is public.
 */
export function open(
  keyring: KeyringView,
  blob: Uint8Array,
  allowed: readonly BlobClass[],
): { readonly header: BlobHeader; readonly payload: Uint8Array } | undefined {
  if (blob.length < G11B_OVERHEAD_BYTES) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  if (view.getUint16(MAGIC_AT) !== MAGIC) return undefined;
  const blobClass = allowed.find((candidate) => candidate === view.getUint8(CLASS_AT));
  if (blobClass === undefined || view.getUint8(SUITE_AT) !== SUITE) return undefined;
  if (view.getUint32(LENGTH_AT) !== blob.length - G11B_OVERHEAD_BYTES) return undefined;
  const masterKey = keyring.openingKey(blob.subarray(WKID_AT, ATTRIBUTES_AT));
  const payload = masterKey
    .blobCipher(blobClass)
    .open(blob.subarray(NONCE_AT, PAYLOAD_AT), blob.subarray(PAYLOAD_AT), blob.subarray(0, PAYLOAD_AT));
  if (payload === undefined) return undefined;
  const header = {
    blobClass,
    session: Uint8Array.prototype.slice.call(blob, SESSION_AT, WKID_AT),
    booleans: view.getUint32(ATTRIBUTES_AT + 4),
    mode: view.getUint32(MODE_AT),
  };
  return { header, payload };
}
