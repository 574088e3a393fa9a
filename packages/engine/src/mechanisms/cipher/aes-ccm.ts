/** CKM_AES_CCM (NIST SP 800-38C; PKCS #11 v3.2, 6.13.4). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { ccmOpen, ccmSeal } from "../../primitives/symmetric/ccm.ts";
import type { Family } from "../family.ts";
import { aes, CRYPT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";

/**
 * CCM authenticates the length of the data first, so the parameter contains it, and data cannot be processed in parts.
 * Throws CKR_DATA_LEN_RANGE or CKR_ENCRYPTED_DATA_LEN_RANGE for data of another length.
 */
export const aesCcm: Family<ReadBy<typeof ck.CKM_AES_CCM>> = {
  encrypt(key, parameter, plain) {
    if (plain.length !== parameter.dataLength) {
      throw ck.CkError.dataLenRange(`the parameter announces ${parameter.dataLength} bytes, not ${plain.length}`);
    }
    return ccmSeal(key.value, parameter, plain);
  },
  decrypt(key, parameter, ciphered) {
    if (ciphered.length !== parameter.dataLength + parameter.macLength) {
      throw ck.CkError.encryptedDataLenRange("the parameter announces data of another length");
    }
    const plain = ccmOpen(key.value, parameter, ciphered);
    if (plain === undefined) throw ck.CkError.encryptedDataInvalid();
    return plain;
  },
};

export const rows: readonly MechanismRow[] = [row(ck.CKM_AES_CCM, { ...aes, flags: CRYPT, family: aesCcm })];
