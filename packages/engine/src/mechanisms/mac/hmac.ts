/** CKM_SHA*_HMAC and CKM_SHA*_HMAC_GENERAL (FIPS 198-1; PKCS #11 v3.2, 6.20 to 6.31). */
import type * as ck from "@grep11/cryptoki";
import { truncated } from "../../primitives/mac/mac.ts";
import { hmacWith } from "../../primitives/mac/mac-hmac.ts";
import type { Family } from "../family.ts";
import { macFamily } from "./mac.ts";

/** HMAC of full length with `hash`; the data may be empty. */
export function hmac(hash: ck.HashName): Family<undefined> {
  return macFamily((key) => hmacWith(hash, key.value));
}

/** HMAC cut to its leading bytes; the parameter says how many. */
export function hmacGeneral(hash: ck.HashName): Family<number> {
  return macFamily((key, bytes) => truncated(hmacWith(hash, key.value), bytes));
}
