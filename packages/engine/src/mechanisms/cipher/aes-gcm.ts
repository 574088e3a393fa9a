/** CKM_AES_GCM (NIST SP 800-38D; PKCS #11 v3.2, 6.13.2). */
import * as ck from "@grep11/cryptoki";
import { gcm } from "../../primitives/symmetric/gcm.ts";
import { AEAD_SHAPES, aes, CRYPT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { aeadFamily } from "./aead.ts";

export const aesGcm = aeadFamily(gcm);

export const rows: readonly MechanismRow[] = [
  // Does not wrap keys: a caller who wraps two keys with the same IV, which the caller chooses, can compute one key from the
  // other.
  row(ck.CKM_AES_GCM, { ...aes, ...AEAD_SHAPES, flags: CRYPT, family: aesGcm }),
];
