/** Which keys have a value that no caller chose or knows. */
import * as ck from "@grep11/cryptoki";
import { takesPassword } from "@grep11/mechanisms";
import { hasBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";

/** Was the value generated here, and not from a password? */
export function isMadeHere({ booleans, attributes }: Key): boolean {
  return hasBoolean(booleans, ck.CKA_LOCAL) && !takesPassword(Number(attributes.get(ck.CKA_KEY_GEN_MECHANISM)));
}
