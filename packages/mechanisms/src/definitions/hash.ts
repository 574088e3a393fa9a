/** Digests, HMAC, and derivation of a key as the hash of another. */
import * as ck from "@grep11/cryptoki";
import { all, section } from "../definition.ts";
import { none } from "../layout/parameter.ts";

const digests = section({
  title: "Digests",
  standard: "FIPS 180-4, FIPS 202; PKCS #11 v3.2, 6.20 to 6.31",
  vectors: ["ep11/digest.json"],
  remark:
    "IBM's numbers and the standard ones compute the same. DigestKey takes a secret key of 112 bits or more into the digest, if it may leave under any KEK (CKA_EXTRACTABLE).",
  mechanisms: all(
    none,
    ck.CKM_SHA_1,
    ck.CKM_SHA224,
    ck.CKM_SHA256,
    ck.CKM_SHA384,
    ck.CKM_SHA512,
    ck.CKM_SHA512_224,
    ck.CKM_SHA512_256,
    ck.CKM_IBM_SHA512_224,
    ck.CKM_IBM_SHA512_256,
    ck.CKM_IBM_SHA3_224,
    ck.CKM_IBM_SHA3_256,
    ck.CKM_IBM_SHA3_384,
    ck.CKM_IBM_SHA3_512,
    ck.CKM_SHA3_224,
    ck.CKM_SHA3_256,
    ck.CKM_SHA3_384,
    ck.CKM_SHA3_512,
  ),
});

const hmac = section({
  title: "HMAC",
  standard: "FIPS 198-1, RFC 2104; PKCS #11 v3.2, 6.9 and 6.20 to 6.31",
  vectors: ["ep11/hmac.json", "wycheproof/hmac_*"],
  remark: "Sizes are those IBM's cards report; keys may be longer, up to 256 bytes.",
  mechanisms: all(
    none,
    ck.CKM_SHA_1_HMAC,
    ck.CKM_SHA224_HMAC,
    ck.CKM_SHA256_HMAC,
    ck.CKM_SHA384_HMAC,
    ck.CKM_SHA512_HMAC,
    ck.CKM_SHA512_224_HMAC,
    ck.CKM_SHA512_256_HMAC,
    ck.CKM_IBM_SHA512_224_HMAC,
    ck.CKM_IBM_SHA512_256_HMAC,
    ck.CKM_IBM_SHA3_224_HMAC,
    ck.CKM_IBM_SHA3_256_HMAC,
    ck.CKM_IBM_SHA3_384_HMAC,
    ck.CKM_IBM_SHA3_512_HMAC,
    ck.CKM_SHA3_224_HMAC,
    ck.CKM_SHA3_256_HMAC,
    ck.CKM_SHA3_384_HMAC,
    ck.CKM_SHA3_512_HMAC,
  ),
});

const keyDerivation = section({
  title: "Keys from hashes",
  standard: "PKCS #11 v3.2, 6.20 to 6.31",
  vectors: ["ep11/key-derivation.json"],
  mechanisms: all(
    none,
    ck.CKM_SHA1_KEY_DERIVATION,
    ck.CKM_SHA224_KEY_DERIVATION,
    ck.CKM_SHA256_KEY_DERIVATION,
    ck.CKM_SHA384_KEY_DERIVATION,
    ck.CKM_SHA512_KEY_DERIVATION,
    ck.CKM_SHA512_224_KEY_DERIVATION,
    ck.CKM_SHA512_256_KEY_DERIVATION,
    ck.CKM_SHA3_224_KEY_DERIVATION,
    ck.CKM_SHA3_256_KEY_DERIVATION,
    ck.CKM_SHA3_384_KEY_DERIVATION,
    ck.CKM_SHA3_512_KEY_DERIVATION,
  ),
});

export const HASH_SECTIONS = [digests, hmac, keyDerivation] as const;
