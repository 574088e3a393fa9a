/** MACs made of block ciphers: CMAC (NIST SP 800-38B) and AES-GMAC. */
import * as ck from "@grep11/cryptoki";
import type { Key } from "../../objects/key.ts";
import { type Mac, truncated } from "../../primitives/mac/mac.ts";
import { cmacWith } from "../../primitives/mac/mac-cmac.ts";
import { gmacWith } from "../../primitives/mac/mac-gmac.ts";
import { blockBytesOf, cryptBlocks, inlineBytesWith } from "../cipher/block-mode.ts";
import { type Family, INLINE_BYTES } from "../family.ts";
import { aes, DES_KEYS, des3, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { macFamily } from "./mac.ts";

const inlineBytes = inlineBytesWith(INLINE_BYTES);

/** The MAC is one block long; the data may be empty. */
export const cmac: Family<undefined> = { ...macFamily(cmacOf), inlineBytes };

/** The parameter is the number of leading bytes of the MAC to keep. */
export const cmacGeneral: Family<number> = {
  ...macFamily((key, bytes: number) => truncated(cmacOf(key), bytes)),
  inlineBytes,
};

function cmacOf(key: Key): Mac {
  return cmacWith(blockBytesOf(key), (iv, blocks) => cryptBlocks("encrypt", key, iv, blocks));
}

const MULTI = { flags: SIGNATURE, shape: "multi" } as const;

/** AES-GMAC (NIST SP 800-38D, 3; PKCS #11 v3.2, 6.13.6). The parameter is the 12-byte initialisation vector. */
export const aesGmac: Family<Uint8Array> = macFamily((key, iv) => gmacWith(key.value, iv));

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_CMAC, { ...aes, ...MULTI, keyTypes: [ck.CKK_AES, ...DES_KEYS], family: cmac }),
  row(ck.CKM_AES_CMAC, { ...aes, ...MULTI, family: cmac }),
  row(ck.CKM_DES3_CMAC, { ...des3, ...MULTI, family: cmac }),
  row(ck.CKM_AES_CMAC_GENERAL, { ...aes, ...MULTI, family: cmacGeneral }),
  row(ck.CKM_DES3_CMAC_GENERAL, { ...des3, ...MULTI, family: cmacGeneral }),
  row(ck.CKM_AES_GMAC, { ...aes, flags: SIGNATURE, shape: "multi", family: aesGmac }),
];
