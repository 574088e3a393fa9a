/** CKM_AES_GMAC (NIST SP 800-38D, 3; PKCS #11 v3.2, 6.13.6). */
import { gmacWith } from "../../primitives/mac/mac-gmac.ts";
import type { Family } from "../family.ts";
import { macFamily } from "./mac.ts";

/** The parameter is the initialisation vector of 12 bytes; the code has 16. */
export const aesGmac: Family<Uint8Array> = macFamily((key, iv) => gmacWith(key.value, iv));
