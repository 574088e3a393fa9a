/** CKM_AES_CMAC, CKM_DES3_CMAC and CKM_IBM_CMAC (NIST SP 800-38B). */
import { cmacWith } from "../primitives/mac-cmac.ts";
import { blockBytesOf, cryptBlocks } from "./block-mode.ts";
import type { Family } from "./family.ts";
import { macFamily } from "./mac.ts";

/** CMAC of one block by the type of the key: AES or triple DES; the data may be empty. */
export const cmac: Family<undefined> = macFamily((key) =>
  cmacWith(blockBytesOf(key), (iv, blocks) => cryptBlocks("encrypt", key, iv, blocks)),
);
