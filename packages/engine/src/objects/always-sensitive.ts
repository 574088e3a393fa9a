/**
 * CKA_ALWAYS_SENSITIVE. EP11 has no bit for it (docs/reference/ep11.md#attribute-bits). Generated keys, which have CKA_LOCAL,
 * have always been sensitive; keys derived only from such keys store the attribute (PKCS #11 v3.2, 4.9, 4.10 and 5.18.5). The
 * history of an unwrapped key is unknown.
 */
import * as ck from "@grep11/cryptoki";
import { hasBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";

/** Whether the value of `key` has never left the HSM in the clear. False for public keys. */
export function alwaysSensitive({ objectClass, booleans, attributes }: Key): boolean {
  if (objectClass === ck.CKO_PUBLIC_KEY) return false;
  return hasBoolean(booleans, ck.CKA_LOCAL) || attributes.get(ck.CKA_ALWAYS_SENSITIVE) === true;
}
