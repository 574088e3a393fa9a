/** Defines the mechanisms of DSA and of Diffie-Hellman over prime fields. */
import * as ck from "@grep11/cryptoki";
import { all, section } from "../definition.ts";
import { byteString, none } from "../layout/parameter.ts";

const publicValue = byteString(
  { key: "public", form: "the peer's public value, big-endian" },
  1,
  Number.POSITIVE_INFINITY,
);

export const DSA_DH_SECTIONS = [
  section({
    title: "DSA",
    standard: "FIPS 186-4; PKCS #11 v3.2, 6.2",
    vectors: ["ep11/dsa-dh.json", "wycheproof/dsa_*"],
    remark: "Domain parameters are DER (p, q, g) in CKA_IBM_STRUCT_PARAMS. CKM_DSA signs a digest.",
    mechanisms: all(
      none,
      ck.CKM_DSA_PARAMETER_GEN,
      ck.CKM_DSA_KEY_PAIR_GEN,
      ck.CKM_DSA,
      ck.CKM_DSA_SHA1,
      ck.CKM_DSA_SHA224,
      ck.CKM_DSA_SHA256,
      ck.CKM_DSA_SHA384,
      ck.CKM_DSA_SHA512,
    ),
  }),
  section({
    title: "Diffie-Hellman",
    standard: "PKCS #3, SP 800-56A, RFC 7919, RFC 3526; PKCS #11 v3.2, 6.4.8 to 6.4.10",
    vectors: ["ep11/dsa-dh.json"],
    remark: "Generated parameters are a group of RFC 7919 (2048, 3072 bits) or RFC 3526, never fresh primes.",
    mechanisms: [
      ...all(none, ck.CKM_DH_PKCS_PARAMETER_GEN, ck.CKM_DH_PKCS_KEY_PAIR_GEN),
      [ck.CKM_DH_PKCS_DERIVE, publicValue],
    ],
  }),
] as const;
