/** CKM_AES_CTR (NIST SP 800-38A, 6.5; PKCS #11 v3.2, 6.11.3). */
import * as ck from "@grep11/cryptoki";
import { aesCtr as apply, bytesBeforeWrap, type CounterBlock } from "../../primitives/symmetric/counter-mode.ts";
import type { Family } from "../family.ts";
import { aes, CRYPT } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { streamFamily } from "./stream-cipher.ts";

/** Counter mode. Throws CKR_DATA_LEN_RANGE before a counter value would repeat. */
export const aesCtr: Family<CounterBlock> = streamFamily({
  length: bytesBeforeWrap,
  apply: (key, counter, offset, data) => apply(key.value, counter, offset, data),
});

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_AES_CTR, { ...aes, flags: CRYPT, shape: "multi", family: aesCtr }),
];
