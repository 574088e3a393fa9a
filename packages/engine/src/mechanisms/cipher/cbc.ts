/** CKM_AES_CBC and CKM_DES3_CBC (NIST SP 800-38A, 6.2) with the initialisation vector as parameter. */

import * as ck from "@grep11/cryptoki";
import type { Family } from "../family.ts";
import { aes, CRYPT, des3, TRANSPORT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { blockBytesOf, cryptBlocks } from "./block-mode.ts";
import { rawBlockFamily } from "./raw-block-family.ts";

/** CBC with the cipher of the key's type. It wraps only secret keys that consist of whole blocks; private keys need CBC_PAD. */
export const cbc: Family<Uint8Array> = {
  ...rawBlockFamily,
  wrap(kek, iv, key) {
    if (key.objectClass !== ck.CKO_SECRET_KEY || key.value.length % blockBytesOf(kek) !== 0) {
      throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "CBC without padding wraps secret keys of whole blocks only");
    }
    return cryptBlocks("encrypt", kek, iv, key.value);
  },
  unwrap(kek, iv, wrapped, target) {
    if (target.objectClass !== ck.CKO_SECRET_KEY) {
      throw ck.CkError.templateInconsistent("CBC without padding transports secret keys only");
    }
    if (wrapped.length === 0 || wrapped.length % blockBytesOf(kek!) !== 0) {
      throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "a wrapped key is a whole number of blocks");
    }
    return { value: cryptBlocks("decrypt", kek!, iv, wrapped) };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_CBC, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", family: cbc }),
  row(ck.CKM_DES3_CBC, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", family: cbc }),
];
