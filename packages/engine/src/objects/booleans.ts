/**
 * The boolean attributes of a sealed key. Each is one bit of a 32-bit word, at the positions of ep11.h (XCP_BLOB_*), so that
 * tools for EP11 blobs can read the words.
 */
import * as ck from "@grep11/cryptoki";

/** Maps CKA_* to bits. */
export const BOOLEAN_BITS: ReadonlyMap<number, number> = new Map([
  [ck.CKA_EXTRACTABLE, 0x000001],
  [ck.CKA_NEVER_EXTRACTABLE, 0x000002],
  [ck.CKA_MODIFIABLE, 0x000004],
  [ck.CKA_IBM_NEVER_MODIFIABLE, 0x000008],
  [ck.CKA_IBM_RESTRICTABLE, 0x000010],
  [ck.CKA_LOCAL, 0x000020],
  [ck.CKA_IBM_ATTRBOUND, 0x000040],
  [ck.CKA_IBM_USE_AS_DATA, 0x000080],
  [ck.CKA_SIGN, 0x000100],
  [ck.CKA_SIGN_RECOVER, 0x000200],
  [ck.CKA_DECRYPT, 0x000400],
  [ck.CKA_ENCRYPT, 0x000800],
  [ck.CKA_DERIVE, 0x001000],
  [ck.CKA_UNWRAP, 0x002000],
  [ck.CKA_WRAP, 0x004000],
  [ck.CKA_VERIFY, 0x008000],
  [ck.CKA_VERIFY_RECOVER, 0x010000],
  [ck.CKA_TRUSTED, 0x020000],
  [ck.CKA_WRAP_WITH_TRUSTED, 0x040000],
  [ck.CKA_IBM_PROTKEY_EXTRACTABLE, 0x200000],
  [ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE, 0x400000],
]);

export const ALL_BOOLEANS: number = Array.from(BOOLEAN_BITS.values()).reduce((word, bit) => word | bit, 0);

/** Returns the bit of a boolean attribute; 0 for attributes without a bit. */
export function bitOf(attribute: number): number {
  return BOOLEAN_BITS.get(attribute) ?? 0;
}

export function hasBoolean(booleans: number, attribute: number): boolean {
  return (booleans & bitOf(attribute)) !== 0;
}

/**
 * Whether every KEK may wrap a key with these booleans: the key is extractable, is not attribute-bound, and does not
 * need a trusted KEK.
 */
export function leavesUnderAnyKek(booleans: number): boolean {
  const bound = hasBoolean(booleans, ck.CKA_WRAP_WITH_TRUSTED) || hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND);
  return hasBoolean(booleans, ck.CKA_EXTRACTABLE) && !bound;
}

/** Returns `booleans` with `attribute` set or cleared. */
export function withBoolean(booleans: number, attribute: number, value: boolean): number {
  const bit = bitOf(attribute);
  return (value ? booleans | bit : booleans & ~bit) >>> 0;
}
