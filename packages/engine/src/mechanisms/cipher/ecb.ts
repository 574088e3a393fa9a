/** CKM_AES_ECB and CKM_DES3_ECB (NIST SP 800-38A, 6.1). */
import * as ck from "@grep11/cryptoki";
import type { Family } from "../family.ts";
import { aes, CRYPT, des3 } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { rawBlockFamily } from "./raw-block-family.ts";

/** ECB with the cipher of the key's type; EP11 does not wrap keys with it. */
export const ecb: Family<undefined> = rawBlockFamily;

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_ECB, { ...aes, flags: CRYPT, shape: "multi", family: ecb }),
  row(ck.CKM_DES3_ECB, { ...des3, flags: CRYPT, shape: "multi", family: ecb }),
];
