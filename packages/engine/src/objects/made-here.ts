/** Which keys have a value that nobody outside chose or knows. */
import { CKA_KEY_GEN_MECHANISM, CKA_LOCAL, CKM_PBE_SHA1_DES3_EDE_CBC, CKM_PKCS5_PBKD2 } from "@grep11/cryptoki";
import { hasBoolean } from "./booleans.ts";
import type { Key } from "./key.ts";

/** Generation out of passwords, which are in the request. */
export const FROM_PASSWORDS: ReadonlySet<number> = new Set([CKM_PKCS5_PBKD2, CKM_PBE_SHA1_DES3_EDE_CBC]);

/** Was the value generated here, and not out of a password? */
export function isMadeHere({ booleans, attributes }: Key): boolean {
  return hasBoolean(booleans, CKA_LOCAL) && !FROM_PASSWORDS.has(Number(attributes.get(CKA_KEY_GEN_MECHANISM)));
}
