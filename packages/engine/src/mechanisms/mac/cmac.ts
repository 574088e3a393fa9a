/** CKM_AES_CMAC, CKM_DES3_CMAC, their GENERAL forms and CKM_IBM_CMAC (NIST SP 800-38B). */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { type Mac, truncated } from "../../primitives/mac/mac.ts";
import { cmacWith } from "../../primitives/mac/mac-cmac.ts";
import { blockBytesOf, cryptBlocks, inlineBytesWith } from "../cipher/block-mode.ts";
import { type Family, INLINE_BYTES } from "../family.ts";
import { aes, DES_KEYS, des3, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { macFamily } from "./mac.ts";

const inlineBytes = inlineBytesWith(INLINE_BYTES);

/** CMAC with the cipher of the key's type, AES or triple DES. The MAC is one block long; the data may be empty. */
export const cmac: Family<undefined> = { ...macFamily(cmacOf), inlineBytes };

/** CMAC truncated to its leading bytes; the parameter is the number of bytes. */
export const cmacGeneral: Family<number> = {
  ...macFamily((key, bytes: number) => truncated(cmacOf(key), bytes)),
  inlineBytes,
};

function cmacOf(key: Key): Mac {
  return cmacWith(blockBytesOf(key), (iv, blocks) => cryptBlocks("encrypt", key, iv, blocks));
}

const MULTI = { flags: SIGNATURE, shape: "multi" } as const;

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_CMAC, { ...aes, ...MULTI, keyTypes: [ck.CKK_AES, ...DES_KEYS], family: cmac }),
  row(ck.CKM_AES_CMAC, { ...aes, ...MULTI, family: cmac }),
  row(ck.CKM_DES3_CMAC, { ...des3, ...MULTI, family: cmac }),
  row(ck.CKM_AES_CMAC_GENERAL, { ...aes, ...MULTI, family: cmacGeneral }),
  row(ck.CKM_DES3_CMAC_GENERAL, { ...des3, ...MULTI, family: cmacGeneral }),
];
