/** Defines the mechanisms for digests, for HMAC, and for keys that are the hash of another key. */
import { ofHashes, section } from "../definition.ts";
import { none } from "../layout/parameter.ts";

const digests = section({
  title: "Digests",
  standard: "FIPS 180-4, FIPS 202; PKCS #11 v3.2, 6.20 to 6.31",
  vectors: ["ep11/digest.json"],
  remark:
    "IBM's numbers and the standard ones compute the same. DigestKey takes a secret key of 112 bits or more into the digest, if it may leave under any KEK (CKA_EXTRACTABLE).",
  mechanisms: ofHashes("digest", () => none),
});

const hmac = section({
  title: "HMAC",
  standard: "FIPS 198-1, RFC 2104; PKCS #11 v3.2, 6.9 and 6.20 to 6.31",
  vectors: ["ep11/hmac.json", "wycheproof/hmac_*"],
  remark: "Sizes are those IBM's cards report; keys may be longer, up to 256 bytes.",
  mechanisms: ofHashes("hmac", () => none),
});

const keyDerivation = section({
  title: "Keys from hashes",
  standard: "PKCS #11 v3.2, 6.20 to 6.31",
  vectors: ["ep11/key-derivation.json"],
  mechanisms: ofHashes("keyDerivation", () => none),
});

export const HASH_SECTIONS = [digests, hmac, keyDerivation] as const;
