/** CKM_AES_XTS (IEEE 1619, NIST SP 800-38E; PKCS #11 v3.2, 6.15.4). */
import * as ck from "@grep11/cryptoki";
import { hasEqualHalves, XTS_MAX_BYTES, XTS_MIN_BYTES, xts } from "../../primitives/symmetric/xts.ts";
import type { Family } from "../family.ts";
import { CRYPT, xtsKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

const UNIT = `a data unit has ${XTS_MIN_BYTES} to ${XTS_MAX_BYTES} bytes`;

/**
 * Each call processes one data unit, such as a disk sector. The parameter is the 16-byte tweak. Throws CKR_DATA_LEN_RANGE or
 * CKR_ENCRYPTED_DATA_LEN_RANGE for units of invalid length, CKR_KEY_TYPE_INCONSISTENT for a key whose two halves are equal.
 */
export const aesXts: Family<Uint8Array> = {
  requireKey(key) {
    if (hasEqualHalves(key.value)) throw ck.CkError.keyTypeInconsistent("the halves of an XTS key differ");
  },
  encrypt(key, tweak, plain) {
    if (!isUnit(plain)) throw ck.CkError.dataLenRange(UNIT);
    return xts("encrypt", key.value, tweak, plain);
  },
  decrypt(key, tweak, ciphered) {
    if (!isUnit(ciphered)) throw ck.CkError.encryptedDataLenRange(UNIT);
    return xts("decrypt", key.value, tweak, ciphered);
  },
};

function isUnit(data: Uint8Array): boolean {
  return data.length >= XTS_MIN_BYTES && data.length <= XTS_MAX_BYTES;
}

export const rows: readonly MechanismRow[] = [row(ck.CKM_AES_XTS, { ...xtsKeys, flags: CRYPT, family: aesXts })];
