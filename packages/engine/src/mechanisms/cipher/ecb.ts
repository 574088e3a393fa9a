/** CKM_AES_ECB and CKM_DES3_ECB (NIST SP 800-38A, 6.1). */
import type { Family } from "../family.ts";
import { rawBlockFamily } from "./raw-block-family.ts";

/** ECB by the type of the key; EP11 offers no key transport with it. */
export const ecb: Family<undefined> = rawBlockFamily;
