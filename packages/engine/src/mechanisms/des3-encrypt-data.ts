/** CKM_DES3_ECB_ENCRYPT_DATA (PKCS #11 v2.40, 2.43): the new key is the encryption of data under the base key. */
import { CKK_GENERIC_SECRET, CkError } from "@grep11/cryptoki";
import { blockBytesOf, cryptBlocks } from "./block-mode.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";
import type { Family } from "./family.ts";

/**
 * The parameter is the data, whole blocks; what the new key does not need is dropped from the trailing end. Errors:
 * CKR_MECHANISM_PARAM_INVALID, and those of secretShape and secretFrom.
 */
export const des3EcbEncryptData: Family<Uint8Array> = {
  derive(baseKey, data, { template }) {
    if (data.length % blockBytesOf(baseKey!) !== 0) {
      throw CkError.mechanismParamInvalid("the data to encrypt is a whole number of blocks");
    }
    const shape = secretShape(template, CKK_GENERIC_SECRET);
    const bytes = cryptBlocks("encrypt", baseKey!, undefined, data);
    const key = secretFrom(bytes, shape, "leading");
    bytes.fill(0);
    return { key };
  },
};
