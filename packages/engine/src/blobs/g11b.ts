/**
 * G11B, the format of everything that is sealed under a master key (docs/adr/0004, docs/adr/0017). Integers are big-endian.
 * Session, WKID and attribute bits have the same offsets as in EP11 blobs, so that tools for EP11 can read them. Version 2 is
 * written, version 1 is still read.
 *
 *      0  32  session           zero: not bound to one; never starts with 0x30
 *     32  16  WKID              of the master key
 *     48   4  history           every attribute bit that the key ever had (version 1: zero)
 *     52   4  attribute bits    objects/booleans.ts
 *     56   4  mode              CKK or CKM
 *     60   2  domain            0
 *     62   1  seal version      of the payload's encoding; 1 (version 1: zero)
 *     63   1  reserved          0
 *     64   2  magic             0x4732, "G2" (version 1: 0x4731, "G1")
 *     66   1  blob class
 *     67   1  suite             1: XAES-256-GCM with a hedged nonce
 *     68   4  payload length    a multiple of 16 (version 1: any)
 *     72  24  nonce
 *     96   n  payload           canonical TLV (sealing/tlv.ts) and 1 to 16 bytes of padding (RFC 5652, 6.3), encrypted
 *                               (version 1: no padding)
 *   96+n  16  tag               over the payload and bytes 0..95
 *
 * The length of a blob is a multiple of 16, so that programs can encrypt blobs with block ciphers.
 */
import * as ck from "@grep11/cryptoki";
import type { KeyringView } from "../keyring/keyring.ts";
import type { MasterKey } from "../keyring/master-key.ts";
import { NO_SESSION } from "../objects/key.ts";
import type { RandomSource } from "../primitives/random.ts";
import { padded, paddingLength } from "../primitives/symmetric/block-cipher.ts";
import { XAES_TAG_BYTES } from "../primitives/symmetric/xaes.ts";
import { hedgedNonce } from "../sealing/hedged-nonce.ts";

/** Each class is sealed with a different key, so that a blob of one class never opens as another. */
export const BLOB_CLASS = {
  secretKey: 0x01,
  privateKey: 0x02,
  digest: 0x10,
  encrypt: 0x11,
  decrypt: 0x12,
  sign: 0x13,
  verify: 0x14,
} as const;

export type BlobClass = (typeof BLOB_CLASS)[keyof typeof BLOB_CLASS];

/** The authenticated part of a blob that is not encrypted. */
export interface BlobHeader {
  readonly blobClass: BlobClass;
  /** 32 bytes, all of which are zero without a session ({@link NO_SESSION}). */
  readonly session: Uint8Array;
  /** The bits of objects/booleans.ts. */
  readonly booleans: number;
  /** Every boolean that was ever set. Sealing adds `booleans`; blobs of version 1 have no others. */
  readonly everSet: number;
  /** CKK_* of a key, or CKM_* of an operation's state. */
  readonly mode: number;
}

export interface OpenedBlob {
  /** The version determines which fields the payload has. */
  readonly version: 1 | 2;
  readonly header: BlobHeader;
  readonly payload: Uint8Array;
}

const SESSION_AT = 0;
const WKID_AT = 32;
const HISTORY_AT = 48;
const BOOLEANS_AT = 52;
const MODE_AT = 56;
const SEAL_AT = 60;
const MAGIC_AT = 64;
const CLASS_AT = 66;
const SUITE_AT = 67;
const LENGTH_AT = 68;
const NONCE_AT = 72;
const PAYLOAD_AT = 96;

const VERSIONS: ReadonlyMap<number, 1 | 2> = new Map([
  [0x4731, 1],
  [0x4732, 2],
]);
const MAGIC = 0x4732;
/** For each version, the domain (u16), the seal version (u8) and a zero byte as one number. */
const SEAL_WORDS = { 1: 0, 2: 0x0000_0100 } as const;
const SUITE = 1;
const BLOCK_BYTES = 16;

/** How many bytes longer a blob is than its padded payload. */
export const G11B_OVERHEAD_BYTES = PAYLOAD_AT + XAES_TAG_BYTES;

/** Throws CKR_ATTRIBUTE_VALUE_INVALID for an invalid session. With 0x30 as its first byte, the blob would look like DER. */
export function requireSession(session: Uint8Array): void {
  if (session.length === NO_SESSION.length && session[0] !== 0x30) return;
  throw ck.CkError.attributeValueInvalid(
    ck.CKA_IBM_LOGIN_SESSION,
    "must have 32 bytes, the first of which is not 0x30",
  );
}

/** Returns the WKID of the blob's master key. */
export function wkidOf(blob: Uint8Array): Uint8Array {
  return blob.subarray(WKID_AT, HISTORY_AT);
}

/** Throws CKR_ATTRIBUTE_VALUE_INVALID for an invalid session. */
export function seal(
  masterKey: MasterKey,
  header: BlobHeader,
  payload: Uint8Array,
  random: RandomSource,
): Uint8Array<ArrayBuffer> {
  requireSession(header.session);
  const whole = padded(payload, BLOCK_BYTES);
  const blob = new Uint8Array(G11B_OVERHEAD_BYTES + whole.length);
  const view = new DataView(blob.buffer);
  blob.set(header.session, SESSION_AT);
  blob.set(masterKey.wkid, WKID_AT);
  view.setUint32(HISTORY_AT, header.everSet | header.booleans);
  view.setUint32(BOOLEANS_AT, header.booleans);
  view.setUint32(MODE_AT, header.mode);
  view.setUint32(SEAL_AT, SEAL_WORDS[2]);
  view.setUint16(MAGIC_AT, MAGIC);
  view.setUint8(CLASS_AT, header.blobClass);
  view.setUint8(SUITE_AT, SUITE);
  view.setUint32(LENGTH_AT, whole.length);
  blob.set(hedgedNonce(masterKey.hedgeKey, random, blob.subarray(0, NONCE_AT), whole), NONCE_AT);
  const cipher = masterKey.blobCipher(header.blobClass);
  blob.set(cipher.seal(blob.subarray(NONCE_AT, PAYLOAD_AT), whole, blob.subarray(0, PAYLOAD_AT)), PAYLOAD_AT);
  whole.fill(0);
  return blob;
}

/**
 * Opens a blob whose class is one of `allowed`; returns undefined if anything about it is wrong. Throws
 * CKR_IBM_WKID_MISMATCH and CKR_IBM_WK_NOT_INITIALIZED like {@link KeyringView.openingKey}, because these two errors reveal
 * nothing secret: a blob contains its WKID in the clear.
 */
export function open(keyring: KeyringView, blob: Uint8Array, allowed: readonly BlobClass[]): OpenedBlob | undefined {
  if (blob.length < G11B_OVERHEAD_BYTES) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const version = VERSIONS.get(view.getUint16(MAGIC_AT));
  const blobClass = allowed.find((candidate) => candidate === view.getUint8(CLASS_AT));
  if (version === undefined || blobClass === undefined || view.getUint8(SUITE_AT) !== SUITE) return undefined;
  if (view.getUint32(SEAL_AT) !== SEAL_WORDS[version]) return undefined;
  if (view.getUint32(LENGTH_AT) !== blob.length - G11B_OVERHEAD_BYTES) return undefined;
  const masterKey = keyring.openingKey(wkidOf(blob));
  const whole = masterKey
    .blobCipher(blobClass)
    .open(blob.subarray(NONCE_AT, PAYLOAD_AT), blob.subarray(PAYLOAD_AT), blob.subarray(0, PAYLOAD_AT));
  if (whole === undefined) return undefined;
  const payload = version === 1 ? whole : unpadded(whole);
  const everSet = historyIn(view, version);
  if (payload === undefined || everSet === undefined) {
    whole.fill(0);
    return undefined;
  }
  const header = {
    blobClass,
    session: Uint8Array.prototype.slice.call(blob, SESSION_AT, WKID_AT),
    booleans: view.getUint32(BOOLEANS_AT),
    everSet,
    mode: view.getUint32(MODE_AT),
  };
  return { version, header, payload };
}

/** Returns undefined unless the padding is exactly what sealing adds. */
function unpadded(whole: Uint8Array): Uint8Array | undefined {
  if (whole.length === 0 || whole.length % BLOCK_BYTES !== 0) return undefined;
  const length = paddingLength(whole.subarray(-BLOCK_BYTES));
  return length === 0 ? undefined : whole.subarray(0, whole.length - length);
}

/** Returns every boolean that was ever set; undefined if the header contradicts itself. */
function historyIn(view: DataView, version: 1 | 2): number | undefined {
  const [history, booleans] = [view.getUint32(HISTORY_AT), view.getUint32(BOOLEANS_AT)];
  if (version === 1) return history === 0 ? booleans : undefined;
  return (booleans & ~history) === 0 ? history : undefined;
}
