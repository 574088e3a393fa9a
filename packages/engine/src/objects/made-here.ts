/** Which keys have a value that no caller chose or knows. */
import * as ck from "@grep11/cryptoki";
import { hasBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";

/** Generation from passwords, which are in the request. */
export const FROM_PASSWORDS: ReadonlySet<number> = new Set([ck.CKM_PKCS5_PBKD2, ck.CKM_PBE_SHA1_DES3_EDE_CBC]);

/** Was the value generated here, and not from a password? */
export function isMadeHere({ booleans, attributes }: Key): boolean {
  return hasBoolean(booleans, ck.CKA_LOCAL) && !FROM_PASSWORDS.has(Number(attributes.get(ck.CKA_KEY_GEN_MECHANISM)));
}
