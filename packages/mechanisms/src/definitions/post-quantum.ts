/** Defines the mechanisms for post-quantum signatures and key encapsulation. */
import * as ck from "@grep11/cryptoki";
import { all, ofHashes, section } from "../definition.ts";
import { bytes, choice, constant, flag, NOTHING, sealedKey } from "../layout/field.ts";
import { none } from "../layout/parameter.ts";
import { deterministic, hash } from "../layout/shared.ts";
import { structure } from "../layout/structure.ts";

const context = bytes(0, 255).optional(NOTHING);
const PLAIN = { deterministic: false, context: NOTHING } as const;

/** CK_SIGN_ADDITIONAL_CONTEXT. Without a parameter, signing is hedged and the context is empty. */
const signature = structure({ deterministic: deterministic(), context }).orNone(PLAIN);
const ibmSignature = structure({ deterministic: deterministic(1), context }).orNone(PLAIN);
const hedgedSignature = structure({ deterministic: deterministic().withoutText(), context }).orNone(PLAIN);

/** The structure CK_HASH_SIGN_ADDITIONAL_CONTEXT. */
const digestSignature = structure({ deterministic: deterministic(), context, hash: hash() });

/** CK_IBM_KYBER_PARAMS and CK_IBM_ML_KEM_PARAMS. The KDF `concatenate` uses the bytes of both secrets without hashing them. */
const kem = structure(
  {
    version: constant(ck.CK_IBM_ML_KEM_VERSION),
    mode: choice({ encapsulate: ck.CK_IBM_ML_KEM_ENCAPSULATE, decapsulate: ck.CK_IBM_ML_KEM_DECAPSULATE }),
    kdf: choice({
      null: ck.CKD_NULL,
      concatenate: ck.CKD_IBM_HYBRID_NULL,
      sha1: ck.CKD_IBM_HYBRID_SHA1_KDF,
      sha224: ck.CKD_IBM_HYBRID_SHA224_KDF,
      sha256: ck.CKD_IBM_HYBRID_SHA256_KDF,
      sha384: ck.CKD_IBM_HYBRID_SHA384_KDF,
      sha512: ck.CKD_IBM_HYBRID_SHA512_KDF,
    }).optional("null"),
    prepend: flag().optional(false),
    ciphertext: bytes().optional(NOTHING),
    sharedData: bytes().optional(NOTHING),
    secret: sealedKey().optional(NOTHING),
  },
  {
    wire: false,
    message: {
      type: "KyberKEMParm",
      members: {
        version: "version",
        mode: "mode",
        kdf: "kdf",
        prepend: "prepend",
        ciphertext: "cipherText",
        sharedData: "sharedData",
        secret: "blob",
      },
    },
  },
)
  .map((value) => ({
    ...value,
    /** The hash of the X9.63 KDF; undefined if the KDF uses the secrets without hashing them. */
    hash: value.kdf === "null" || value.kdf === "concatenate" ? undefined : value.kdf,
  }))
  .require(({ kdf, secret }) => kdf === "null" || secret.length > 0, "a hybrid KDF mixes in a second secret")
  .require(({ hash, sharedData }) => hash !== undefined || sharedData.length === 0, "only a hash takes shared data")
  .require(
    ({ mode, ciphertext }) => mode === "decapsulate" || ciphertext.length === 0,
    "encapsulation makes the ciphertext and takes none",
  );

const CONTEXT_REMARK = "The context has at most 255 bytes; signer and verifier name the same.";

export const POST_QUANTUM_SECTIONS = [
  section({
    title: "Dilithium",
    standard: "CRYSTALS-Dilithium, NIST PQC round 2 and round 3",
    vectors: ["ep11/dilithium.json"],
    remark:
      "CKA_IBM_PQC_PARAMS (an OBJECT IDENTIFIER) names the set: round 2 6-5 (default) and 8-7, round 3 4-4, 6-5 and 8-7. These are not ML-DSA.",
    mechanisms: [[ck.CKM_IBM_DILITHIUM, none]],
  }),
  section({
    title: "Kyber",
    standard: "CRYSTALS-Kyber, NIST PQC round 2",
    vectors: ["ep11/kyber-round2.json"],
    remark:
      "Key pairs take no parameter. CKA_IBM_PQC_PARAMS names the set: 768 or 1024. Encapsulation returns check value ‖ ciphertext as CheckSum. Blob is a sealed generic secret with CKA_IBM_USE_AS_DATA that CKD_IBM_HYBRID_* mix in. Without a hash, a part of the two secrets or a key of another type than CKK_GENERIC_SECRET is made only under `hpcs`, and only of a Blob that may leave under any KEK.",
    mechanisms: [[ck.CKM_IBM_KYBER, kem.orNone(undefined)]],
  }),
  section({
    title: "ML-KEM",
    standard: "FIPS 203; PKCS #11 v3.2, 6.68",
    vectors: ["ep11/ml-kem.json", "wycheproof/mlkem_*"],
    remark:
      "CKA_PARAMETER_SET (also CKA_IBM_PARAMETER_SET): CKP_ML_KEM_512, _768, _1024. Encapsulation returns what Kyber's does.",
    mechanisms: [
      ...all(none, ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, ck.CKM_ML_KEM_KEY_PAIR_GEN),
      ...all(kem, ck.CKM_IBM_ML_KEM, ck.CKM_ML_KEM),
    ],
  }),
  section({
    title: "ML-DSA",
    standard: "FIPS 204; PKCS #11 v3.2, 6.67",
    vectors: ["ep11/ml-dsa.json", "wycheproof/mldsa_*"],
    remark: `CKA_PARAMETER_SET (also CKA_IBM_PARAMETER_SET): CKP_ML_DSA_44, _65, _87. ${CONTEXT_REMARK}`,
    mechanisms: [
      ...all(none, ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, ck.CKM_ML_DSA_KEY_PAIR_GEN),
      [ck.CKM_IBM_ML_DSA, ibmSignature],
      [ck.CKM_ML_DSA, signature],
    ],
  }),
  section({
    title: "HashML-DSA",
    standard: "FIPS 204, 5.4; PKCS #11 v3.2, 6.67.6, 6.67.7",
    vectors: ["ep11/ml-dsa.json"],
    remark: "CKM_HASH_ML_DSA signs a digest; the others hash the message with the hash of their name.",
    mechanisms: [
      [ck.CKM_HASH_ML_DSA, digestSignature],
      ...ofHashes("hashMlDsa", () => signature),
      ...all(signature, ck.CKM_HASH_ML_DSA_SHAKE128, ck.CKM_HASH_ML_DSA_SHAKE256),
    ],
  }),
  section({
    title: "SLH-DSA",
    standard: "FIPS 205; PKCS #11 v3.2, 6.69",
    vectors: [],
    remark: "CKA_PARAMETER_SET: all twelve of FIPS 205. Computed by OpenSSL; deterministic signatures are not offered.",
    mechanisms: [
      [ck.CKM_SLH_DSA_KEY_PAIR_GEN, none],
      [ck.CKM_SLH_DSA, hedgedSignature],
    ],
  }),
] as const;
