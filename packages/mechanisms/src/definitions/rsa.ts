/** Defines the mechanisms that encrypt, sign and wrap keys with RSA. */
import * as ck from "@grep11/cryptoki";
import { all, ofHashes, section } from "../definition.ts";
import { bytes, implied, lengthOf, number } from "../layout/field.ts";
import { none, type Parameter } from "../layout/parameter.ts";
import { aesBits, hash, mgf, withMgf } from "../layout/shared.ts";
import { structure } from "../layout/structure.ts";

/** The hash, MGF1 and label of OAEP. The source is CKZ_DATA_SPECIFIED (1) if there is a label, otherwise 0. */
const oaepFields = {
  hash: hash(),
  mgf: mgf(),
  source: implied(
    ({ label }) => (label === undefined ? 0 : ck.CKZ_DATA_SPECIFIED),
    (source, { label }) => source === ck.CKZ_DATA_SPECIFIED || (source === 0 && lengthOf(label) === 0),
  ).with({ form: "1 with a label, else 0" }),
  /** The label has at most 1024 bytes (ep11.h). */
  label: bytes(0, 1024, "rest").optional(),
};

/** The structure CK_RSA_PKCS_OAEP_PARAMS. */
const oaep = structure(oaepFields, {
  message: { type: "RSAOAEPParm", members: { hash: "hashMech", mgf: "mgf", label: "encodingParm" } },
}).map(withMgf);

/** The structure CK_RSA_AES_KEY_WRAP_PARAMS. */
const rsaAes = structure({ aesBits: aesBits(), ...oaepFields }).map(withMgf);

/** This salt length means that the salt is as long as the hash. */
const SALT_OF_HASH_LENGTH = 0xffffffff;

/** The structure CK_RSA_PKCS_PSS_PARAMS. */
const pss = structure(
  {
    hash: hash(),
    mgf: mgf().withoutText(),
    saltLength: number()
      .optional(({ hash }: { readonly hash: ck.HashName }) => ck.HASHES[hash].bytes)
      .with({ form: "at most 512, or 0xFFFFFFFF for the length of the hash", text: { key: "salt" } }),
  },
  { message: { type: "RSAPSSParm", members: { hash: "hashMech", mgf: "mgf", saltLength: "saltByteCount" } } },
)
  .map(withMgf)
  .map(({ saltLength, ...value }) => ({
    ...value,
    saltLength: saltLength === SALT_OF_HASH_LENGTH ? ck.HASHES[value.hash].bytes : saltLength,
  }))
  .require(({ saltLength }) => saltLength <= 512, "the salt is longer than any modulus");

/** The parameter of RSA-PSS mechanisms whose name includes the hash. */
type Pss = typeof pss extends Parameter<infer V, infer I> ? Parameter<V, Omit<I, "hash">> : never;

/** Returns `pss` with the hash of the mechanism, which the caller need not give. */
function pssOf(hash: ck.HashName): Pss {
  return pss.fixing({ hash }).require((value) => value.hash === hash, "the hash is not that of the mechanism");
}

export const RSA_SECTIONS = [
  section({
    title: "RSA key pairs",
    standard: "FIPS 186-5, A.1; PKCS #11 v3.2, 6.1.4, 6.1.5",
    vectors: ["ep11/rsa.json"],
    remark:
      "Both make the same keys, with random primes as FIPS 186-5 (A.1.3) wants them: X9.31 signatures work with any, and the strong primes of X9.31 are needed no longer.",
    mechanisms: all(none, ck.CKM_RSA_PKCS_KEY_PAIR_GEN, ck.CKM_RSA_X9_31_KEY_PAIR_GEN),
  }),
  section({
    title: "Raw RSA",
    standard: "RFC 8017, 5; PKCS #11 v3.2, 6.1.12",
    vectors: ["ep11/rsa.json"],
    remark: "Off in both policies: a policy of one's own must turn XCP_CPB_ALG_RAW_RSA on.",
    mechanisms: [[ck.CKM_RSA_X_509, none]],
  }),
  section({
    title: "RSA PKCS #1 v1.5",
    standard: "RFC 8017, 7.2 and 8.2; PKCS #11 v3.2, 6.1.6, 6.1.14",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
    remark:
      "CKM_RSA_PKCS signs what the caller has encoded (DigestInfo). Decrypting returns a substitute for wrong padding, which no caller can tell from a message.",
    mechanisms: [[ck.CKM_RSA_PKCS, none], ...ofHashes("rsaPkcs", () => none)],
  }),
  section({
    title: "RSA-PSS",
    standard: "RFC 8017, 8.1; PKCS #11 v3.2, 6.1.10, 6.1.15",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
    remark: "CKM_RSA_PKCS_PSS signs a digest; the others hash the message with the hash of their name.",
    mechanisms: [[ck.CKM_RSA_PKCS_PSS, pss], ...ofHashes("rsaPss", pssOf)],
  }),
  section({
    title: "RSA-OAEP",
    standard: "RFC 8017, 7.1; PKCS #11 v3.2, 6.1.8",
    vectors: ["ep11/rsa.json", "wycheproof/rsa_*"],
    remark: "In the message, EncodingParmType is 1 with a label, else 0.",
    mechanisms: [[ck.CKM_RSA_PKCS_OAEP, oaep]],
  }),
  section({
    title: "RSA X9.31",
    standard: "ANSI X9.31; PKCS #11 v3.2, 6.1.13, 6.1.16",
    vectors: ["ep11/rsa.json"],
    mechanisms: all(none, ck.CKM_RSA_X9_31, ck.CKM_SHA1_RSA_X9_31),
  }),
  section({
    title: "RSA with AES key wrap",
    standard: "PKCS #11 v3.2, 6.1.19, 6.1.20; RFC 5649",
    vectors: [],
    remark: "A fresh AES key under RSA-OAEP, then the key under that AES key with CKM_AES_KEY_WRAP_KWP.",
    mechanisms: [[ck.CKM_RSA_AES_KEY_WRAP, rsaAes]],
  }),
] as const;
