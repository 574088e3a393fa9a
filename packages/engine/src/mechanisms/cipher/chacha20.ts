/** CKM_CHACHA20 (RFC 8439, 2.4; PKCS #11 v3.2, 6.58.5). */
import * as ck from "@grep11/cryptoki";
import { chacha20 as apply, type ChaChaStart, chachaBytesBeforeWrap } from "../../primitives/symmetric/chacha20.ts";
import type { Family } from "../family.ts";
import { CRYPT, chachaKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { streamFamily } from "./stream-cipher.ts";

/** The stream cipher without authentication. Throws CKR_DATA_LEN_RANGE before a counter value would repeat. */
export const chacha20: Family<ChaChaStart> = streamFamily({
  length: chachaBytesBeforeWrap,
  apply: (key, start, offset, data) => apply(key.value, start, offset, data),
});

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_CHACHA20, { ...chachaKeys, flags: CRYPT, shape: "multi", family: chacha20 }),
];
