/**
 * The boolean attributes of a sealed key: one bit each in a 32-bit word that blobs and MACed public keys carry, at the
 * positions of ep11.h (XCP_BLOB_*), so that tools for EP11 blobs read them.
 */
import {
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_ENCRYPT,
  CKA_EXTRACTABLE,
  CKA_IBM_ATTRBOUND,
  CKA_IBM_NEVER_MODIFIABLE,
  CKA_IBM_PROTKEY_EXTRACTABLE,
  CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  CKA_IBM_RESTRICTABLE,
  CKA_IBM_USE_AS_DATA,
  CKA_LOCAL,
  CKA_MODIFIABLE,
  CKA_NEVER_EXTRACTABLE,
  CKA_SIGN,
  CKA_SIGN_RECOVER,
  CKA_TRUSTED,
  CKA_UNWRAP,
  CKA_VERIFY,
  CKA_VERIFY_RECOVER,
  CKA_WRAP,
  CKA_WRAP_WITH_TRUSTED,
} from "@grep11/cryptoki";

/** CKA_* to its bit. */
export const BOOLEAN_BITS: ReadonlyMap<number, number> = new Map([
  [CKA_EXTRACTABLE, 0x000001],
  [CKA_NEVER_EXTRACTABLE, 0x000002],
  [CKA_MODIFIABLE, 0x000004],
  [CKA_IBM_NEVER_MODIFIABLE, 0x000008],
  [CKA_IBM_RESTRICTABLE, 0x000010],
  [CKA_LOCAL, 0x000020],
  [CKA_IBM_ATTRBOUND, 0x000040],
  [CKA_IBM_USE_AS_DATA, 0x000080],
  [CKA_SIGN, 0x000100],
  [CKA_SIGN_RECOVER, 0x000200],
  [CKA_DECRYPT, 0x000400],
  [CKA_ENCRYPT, 0x000800],
  [CKA_DERIVE, 0x001000],
  [CKA_UNWRAP, 0x002000],
  [CKA_WRAP, 0x004000],
  [CKA_VERIFY, 0x008000],
  [CKA_VERIFY_RECOVER, 0x010000],
  [CKA_TRUSTED, 0x020000],
  [CKA_WRAP_WITH_TRUSTED, 0x040000],
  [CKA_IBM_PROTKEY_EXTRACTABLE, 0x200000],
  [CKA_IBM_PROTKEY_NEVER_EXTRACTABLE, 0x400000],
]);

/** Every bit that stands for an attribute. */
export const ALL_BOOLEANS: number = Array.from(BOOLEAN_BITS.values()).reduce((word, bit) => word | bit, 0);

/** The bit of a boolean attribute; 0 for attributes that no bit stands for. */
export function bitOf(attribute: number): number {
  return BOOLEAN_BITS.get(attribute) ?? 0;
}

/** Is `attribute` set in the word? */
export function hasBoolean(booleans: number, attribute: number): boolean {
  return (booleans & bitOf(attribute)) !== 0;
}

/** May a key with these rights leave under any KEK? Not one that stays inside, needs a trusted KEK or takes its rights along. */
export function leavesUnderAnyKek(booleans: number): boolean {
  const bound = hasBoolean(booleans, CKA_WRAP_WITH_TRUSTED) || hasBoolean(booleans, CKA_IBM_ATTRBOUND);
  return hasBoolean(booleans, CKA_EXTRACTABLE) && !bound;
}

/** The word with `attribute` set or cleared. */
export function withBoolean(booleans: number, attribute: number, value: boolean): number {
  const bit = bitOf(attribute);
  return (value ? booleans | bit : booleans & ~bit) >>> 0;
}
