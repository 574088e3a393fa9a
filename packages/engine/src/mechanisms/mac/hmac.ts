/** HMAC (FIPS 198-1; PKCS #11 v3.2, 6.20 to 6.31). */
import * as ck from "@grep11/cryptoki";
import { truncated } from "../../primitives/mac/mac.ts";
import { hmacWith } from "../../primitives/mac/mac-hmac.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { hmacKeyTypes, outdatedIf, SIGNATURE } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { macFamily } from "./mac.ts";

export function hmac(hash: ck.HashName): Family<undefined> {
  return macFamily((key) => hmacWith(hash, key.value));
}

/** The parameter is the number of leading bytes of the MAC to keep. */
export function hmacGeneral(hash: ck.HashName): Family<number> {
  return macFamily((key, bytes) => truncated(hmacWith(hash, key.value), bytes));
}

/**
 * The minimum key length is half the length of a MAC. The maximum is 32 bytes, as IBM's cards report, although they
 * accept longer keys.
 */
function hmacKeys(hash: ck.HashName) {
  return {
    keyTypes: hmacKeyTypes(hash),
    bytes: [ck.HASHES[hash].bytes / 2, 32],
    flags: SIGNATURE,
    shape: "multi",
    controlPoints: outdatedIf(hash),
    shortKeysWith: ck.XCP_CPB_KEYSZ_HMAC_ANY,
  } as const;
}

export const rows: readonly MechanismRow[] = [
  ...hashRows("hmac", (mechanism, hash) => row(mechanism, { ...hmacKeys(hash), family: hmac(hash) })),
  ...hashRows("hmacGeneral", (mechanism, hash) => row(mechanism, { ...hmacKeys(hash), family: hmacGeneral(hash) })),
];
