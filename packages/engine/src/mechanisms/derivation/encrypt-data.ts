/** Mechanisms whose new key is data encrypted with the base key (PKCS #11 v3.2, 6.17). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import type { Key } from "../../objects/key.ts";
import { blockBytesOf, cryptBlocks, type Iv } from "../cipher/block-mode.ts";
import type { Derived, DeriveInput, Family } from "../family.ts";
import { aes, des3, UNAPPROVED } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { secretFrom, secretShape } from "./derived-secret.ts";

/** The parameter is the data. Errors: CKR_MECHANISM_PARAM_INVALID, those of secretShape and secretFrom. */
export const ecbEncryptData: Family<Uint8Array> = {
  derive: (baseKey, data, input) => encrypted(baseKey!, undefined, data, input),
};

export const cbcEncryptData: Family<ReadBy<typeof ck.CKM_AES_CBC_ENCRYPT_DATA>> = {
  derive: (baseKey, { iv, data }, input) => encrypted(baseKey!, iv, data, input),
};

function encrypted(baseKey: Key, iv: Iv, data: Uint8Array, { template }: DeriveInput): Derived {
  if (data.length % blockBytesOf(baseKey) !== 0) {
    throw ck.CkError.mechanismParamInvalid("the data to encrypt is a whole number of blocks");
  }
  const shape = secretShape(template, ck.CKK_GENERIC_SECRET);
  // Data that is longer than this is not encrypted to its end, because no key is long enough to contain the result.
  const bytes = cryptBlocks("encrypt", baseKey, iv, data.subarray(0, ck.MAX_SECRET_BYTES + blockBytesOf(baseKey)));
  return { key: secretFrom(bytes, shape, "leading") };
}

const UNAPPROVED_DERIVATION = { flags: ck.CKF_DERIVE, controlPoints: UNAPPROVED };

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_ECB_ENCRYPT_DATA, { ...aes, ...UNAPPROVED_DERIVATION, family: ecbEncryptData }),
  row(ck.CKM_AES_CBC_ENCRYPT_DATA, { ...aes, ...UNAPPROVED_DERIVATION, family: cbcEncryptData }),
  row(ck.CKM_DES3_ECB_ENCRYPT_DATA, { ...des3, flags: ck.CKF_DERIVE, family: ecbEncryptData }),
  row(ck.CKM_DES3_CBC_ENCRYPT_DATA, { ...des3, ...UNAPPROVED_DERIVATION, family: cbcEncryptData }),
];
