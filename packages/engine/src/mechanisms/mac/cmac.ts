/** CKM_AES_CMAC, CKM_DES3_CMAC, their GENERAL forms and CKM_IBM_CMAC (NIST SP 800-38B). */
import type { Key } from "../../objects/key.ts";
import { type Mac, truncated } from "../../primitives/mac/mac.ts";
import { cmacWith } from "../../primitives/mac/mac-cmac.ts";
import { blockBytesOf, cryptBlocks } from "../cipher/block-mode.ts";
import type { Family } from "../family.ts";
import { macFamily } from "./mac.ts";

/** CMAC of one block by the type of the key: AES or triple DES; the data may be empty. */
export const cmac: Family<undefined> = macFamily(cmacOf);

/** CMAC cut to its leading bytes; the parameter says how many. */
export const cmacGeneral: Family<number> = macFamily((key, bytes) => truncated(cmacOf(key), bytes));

function cmacOf(key: Key): Mac {
  return cmacWith(blockBytesOf(key), (iv, blocks) => cryptBlocks("encrypt", key, iv, blocks));
}
