/** CKM_AES_GCM (NIST SP 800-38D; PKCS #11 v3.2, 6.13.2). */
import { gcm } from "../../primitives/symmetric/gcm.ts";
import { aeadFamily } from "./aead.ts";

export const aesGcm = aeadFamily(gcm);
