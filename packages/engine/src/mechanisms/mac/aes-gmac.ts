/** CKM_AES_GMAC (NIST SP 800-38D, 3; PKCS #11 v3.2, 6.13.6). */
import * as ck from "@grep11/cryptoki";
import { gmacWith } from "../../primitives/mac/mac-gmac.ts";
import type { Family } from "../family.ts";
import { aes, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { macFamily } from "./mac.ts";

/** The parameter is the 12-byte initialisation vector; the MAC has 16 bytes. */
export const aesGmac: Family<Uint8Array> = macFamily((key, iv) => gmacWith(key.value, iv));

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_GMAC, { ...aes, flags: SIGNATURE, shape: "multi", family: aesGmac }),
];
