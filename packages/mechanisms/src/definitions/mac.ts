/** Defines the MACs that use a cipher, and those whose length the caller chooses. */
import * as ck from "@grep11/cryptoki";
import { all, ofHashes, section } from "../definition.ts";
import { macLength } from "../layout/mac-length.ts";
import { byteString, none } from "../layout/parameter.ts";

export const MAC_SECTIONS = [
  section({
    title: "CMAC and GMAC",
    standard: "SP 800-38B, SP 800-38D; PKCS #11 v3.2, 6.13.6, 6.14, 6.19",
    vectors: ["ep11/aes.json", "ep11/des3.json", "wycheproof/aes_*"],
    remark: "The IV of GMAC must never be used twice with a key.",
    mechanisms: [
      ...all(none, ck.CKM_IBM_CMAC, ck.CKM_AES_CMAC, ck.CKM_DES3_CMAC),
      [ck.CKM_AES_GMAC, byteString({ key: "iv", form: "IV" }, 12)],
    ],
  }),
  section({
    title: "Shortened CMAC",
    standard: "SP 800-38B; PKCS #11 v3.2, 6.14, 6.19",
    vectors: ["ep11/aes.json", "ep11/des3.json"],
    mechanisms: [
      [ck.CKM_AES_CMAC_GENERAL, macLength(16)],
      [ck.CKM_DES3_CMAC_GENERAL, macLength(8)],
    ],
  }),
  section({
    title: "Shortened HMAC",
    standard: "PKCS #11 v3.2, 6.9 and 6.20 to 6.31",
    vectors: ["ep11/hmac.json"],
    mechanisms: ofHashes("hmacGeneral", (hash) => macLength(ck.HASHES[hash].bytes)),
  }),
] as const;
