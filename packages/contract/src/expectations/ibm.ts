/**
 * The key sizes and flags that a real EP11 card and IBM's service report for every mechanism
 * (docs/reference/ep11.md#mechanism-list), in the order of the card. What this project omits on purpose is missing (docs/adr).
 * The file is long because it is one table.
 */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { WEIERSTRASS_CURVES } from "../sample-keys.ts";
import * as expectation from "./expectation.ts";

/** The expectations of IBM's mechanisms, in the order of GetMechanismList. */
export const IBM_EXPECTATIONS: readonly expectation.MechanismExpectation[] = [
  expectation.row(
    ck.CKM_RSA_PKCS,
    expectation.RSA_BITS,
    expectation.ENCRYPTION | expectation.SIGNATURE | expectation.WRAPPING,
    { keys: expectation.RSA },
  ),
  expectation.row(ck.CKM_RSA_PKCS_OAEP, expectation.RSA_BITS, expectation.ENCRYPTION | expectation.WRAPPING, {
    keys: expectation.RSA,
    parameter: mechanism.rsaOaep({ hash: "sha256", mgf: "sha1", label: Uint8Array.of(1, 2, 3) }).parameter!,
  }),
  expectation.row(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, expectation.RSA_BITS, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_RSA_X9_31_KEY_PAIR_GEN, expectation.RSA_BITS, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_RSA_PKCS_PSS, expectation.RSA_BITS, expectation.SIGNATURE, {
    keys: expectation.RSA,
    parameter: mechanism.rsaPss({ hash: "sha256" }).parameter!,
    data: [32],
    randomised: true,
  }),
  expectation.row(ck.CKM_SHA1_RSA_X9_31, expectation.RSA_BITS, expectation.SIGNATURE, {
    shape: "multi",
    keys: expectation.RSA,
  }),
  expectation.rsaPkcs(ck.CKM_SHA1_RSA_PKCS),
  expectation.rsaPss("sha1"),
  expectation.rsaPkcs(ck.CKM_SHA256_RSA_PKCS),
  expectation.rsaPss("sha256"),
  expectation.rsaPkcs(ck.CKM_SHA224_RSA_PKCS),
  expectation.rsaPss("sha224"),
  expectation.rsaPkcs(ck.CKM_SHA384_RSA_PKCS),
  expectation.rsaPss("sha384"),
  expectation.rsaPkcs(ck.CKM_SHA512_RSA_PKCS),
  expectation.rsaPss("sha512"),
  expectation.row(ck.CKM_AES_KEY_GEN, expectation.AES_BYTES, ck.CKF_GENERATE),
  expectation.aes(ck.CKM_AES_ECB, expectation.ENCRYPTION, { data: [0, 16, 48] }),
  expectation.aes(ck.CKM_AES_CBC, expectation.ENCRYPTION | expectation.WRAPPING, {
    data: [0, 16, 48],
    parameter: expectation.HASHED_IV,
  }),
  expectation.aes(ck.CKM_AES_CBC_PAD, expectation.ENCRYPTION | expectation.WRAPPING, {
    data: [0, 1, 16, 37],
    parameter: expectation.HASHED_IV,
  }),
  expectation.row(ck.CKM_DES2_KEY_GEN, [16, 16], ck.CKF_GENERATE),
  expectation.row(ck.CKM_DES3_KEY_GEN, [24, 24], ck.CKF_GENERATE),
  expectation.des(ck.CKM_DES3_ECB, expectation.ENCRYPTION, { data: [0, 8, 40] }),
  expectation.des(ck.CKM_DES3_CBC, expectation.ENCRYPTION | expectation.WRAPPING, {
    data: [0, 8, 40],
    parameter: expectation.HASHED_IV.subarray(0, 8),
  }),
  expectation.des(ck.CKM_DES3_CBC_PAD, expectation.ENCRYPTION | expectation.WRAPPING, {
    data: [0, 1, 8, 37],
    parameter: expectation.HASHED_IV.subarray(0, 8),
  }),
  expectation.row(ck.CKM_GENERIC_SECRET_KEY_GEN, [8, 256], ck.CKF_GENERATE | ck.CKF_DERIVE),
  expectation.digest(ck.CKM_SHA256),
  expectation.shaDerive(ck.CKM_SHA256_KEY_DERIVATION),
  expectation.hmac(ck.CKM_SHA256_HMAC, 16),
  expectation.digest(ck.CKM_SHA224),
  expectation.shaDerive(ck.CKM_SHA224_KEY_DERIVATION),
  expectation.hmac(ck.CKM_SHA224_HMAC, 14),
  expectation.digest(ck.CKM_SHA_1),
  expectation.shaDerive(ck.CKM_SHA1_KEY_DERIVATION),
  expectation.hmac(ck.CKM_SHA_1_HMAC, 10),
  expectation.digest(ck.CKM_SHA384),
  expectation.shaDerive(ck.CKM_SHA384_KEY_DERIVATION),
  expectation.hmac(ck.CKM_SHA384_HMAC, 24),
  expectation.digest(ck.CKM_SHA512),
  expectation.shaDerive(ck.CKM_SHA512_KEY_DERIVATION),
  expectation.hmac(ck.CKM_SHA512_HMAC, 32),
  expectation.digest(ck.CKM_SHA512_256),
  expectation.digest(ck.CKM_IBM_SHA512_256),
  expectation.hmac(ck.CKM_SHA512_256_HMAC, 16),
  expectation.hmac(ck.CKM_IBM_SHA512_256_HMAC, 16),
  expectation.digest(ck.CKM_SHA512_224),
  expectation.digest(ck.CKM_IBM_SHA512_224),
  expectation.hmac(ck.CKM_SHA512_224_HMAC, 14),
  expectation.hmac(ck.CKM_IBM_SHA512_224_HMAC, 14),
  expectation.row(ck.CKM_EC_KEY_PAIR_GEN, expectation.EC_BITS, ck.CKF_GENERATE_KEY_PAIR | expectation.NAMED_CURVES),
  expectation.row(ck.CKM_ECDSA, expectation.EC_BITS, expectation.SIGNATURE | expectation.NAMED_CURVES, {
    keys: WEIERSTRASS_CURVES,
    data: [20, 32, 100],
    randomised: true,
  }),
  expectation.ecdsa(ck.CKM_ECDSA_SHA1),
  expectation.row(ck.CKM_ECDH1_DERIVE, expectation.EC_BITS, ck.CKF_DERIVE | expectation.PRIME_FIELD, {
    keys: WEIERSTRASS_CURVES,
  }),
  expectation.row(ck.CKM_DSA_PARAMETER_GEN, expectation.FIELD_BITS, ck.CKF_GENERATE),
  expectation.row(ck.CKM_DSA_KEY_PAIR_GEN, expectation.FIELD_BITS, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_DSA, expectation.FIELD_BITS, expectation.SIGNATURE, {
    keys: ["DSA-2048"],
    data: [20, 32, 64],
    randomised: true,
  }),
  expectation.row(ck.CKM_DSA_SHA1, expectation.FIELD_BITS, expectation.SIGNATURE, {
    shape: "multi",
    keys: ["DSA-2048"],
    randomised: true,
  }),
  expectation.row(ck.CKM_DH_PKCS_PARAMETER_GEN, expectation.FIELD_BITS, ck.CKF_GENERATE),
  expectation.row(ck.CKM_DH_PKCS_KEY_PAIR_GEN, expectation.FIELD_BITS, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_DH_PKCS_DERIVE, expectation.FIELD_BITS, ck.CKF_DERIVE, { keys: ["DH-2048"] }),
  expectation.row(ck.CKM_IBM_DILITHIUM, [256, 256], expectation.SIGNATURE | ck.CKF_GENERATE_KEY_PAIR, {
    keys: [
      "dilithium-round2-65",
      "dilithium-round2-87",
      "dilithium-round3-44",
      "dilithium-round3-65",
      "dilithium-round3-87",
    ],
    randomised: true,
  }),
  expectation.row(ck.CKM_IBM_KYBER, [256, 256], ck.CKF_DERIVE | ck.CKF_GENERATE_KEY_PAIR, {
    keys: ["kyber-1024", "kyber-768"],
  }),
  expectation.row(ck.CKM_RSA_X9_31, expectation.RSA_BITS, expectation.SIGNATURE, {
    keys: expectation.RSA,
    data: [21, 33],
  }),
  expectation.row(ck.CKM_PBE_SHA1_DES3_EDE_CBC, [24, 24], ck.CKF_GENERATE, {
    parameter: wireForm([0, 4, 8, 1000], expectation.ascii("\0p\0w"), expectation.ascii("saltsalt")),
  }),
  ...[ck.CKM_IBM_SHA3_224, ck.CKM_IBM_SHA3_256, ck.CKM_IBM_SHA3_384, ck.CKM_IBM_SHA3_512].map(expectation.digest),
  expectation.hmac(ck.CKM_IBM_SHA3_224_HMAC, 14),
  expectation.hmac(ck.CKM_IBM_SHA3_256_HMAC, 16),
  expectation.hmac(ck.CKM_IBM_SHA3_384_HMAC, 24),
  expectation.hmac(ck.CKM_IBM_SHA3_512_HMAC, 32),
  expectation.row(ck.CKM_IBM_ATTRIBUTEBOUND_WRAP, [0, 4096], expectation.WRAPPING, {
    keys: ["RSA-2048", ...expectation.AES, ...expectation.DES],
  }),
  ...[ck.CKM_ECDSA_SHA224, ck.CKM_IBM_ECDSA_SHA224].map(expectation.ecdsa),
  ...[ck.CKM_ECDSA_SHA256, ck.CKM_IBM_ECDSA_SHA256].map(expectation.ecdsa),
  ...[ck.CKM_ECDSA_SHA384, ck.CKM_IBM_ECDSA_SHA384].map(expectation.ecdsa),
  ...[ck.CKM_ECDSA_SHA512, ck.CKM_IBM_ECDSA_SHA512].map(expectation.ecdsa),
  expectation.row(ck.CKM_IBM_ECDSA_OTHER, expectation.EC_BITS, expectation.SIGNATURE | expectation.NAMED_CURVES, {
    shape: "single-only",
    keys: ["secp256k1", "P-256", "brainpoolP256r1", "brainpoolP256t1"],
    parameter: { type: "ECSGParm", ecsgType: ck.CKM_IBM_ECSDSA_RAND },
    randomised: true,
  }),
  expectation.row(ck.CKM_IBM_EC_X25519, [256, 256], ck.CKF_DERIVE | expectation.PRIME_FIELD, { keys: ["X25519"] }),
  expectation.row(ck.CKM_IBM_EC_X448, [448, 448], ck.CKF_DERIVE | expectation.PRIME_FIELD, { keys: ["X448"] }),
  expectation.row(ck.CKM_IBM_ED25519_SHA512, [256, 256], expectation.SIGNATURE | expectation.PRIME_FIELD, {
    keys: ["Ed25519"],
  }),
  expectation.row(ck.CKM_IBM_ED448_SHA3, [448, 448], expectation.SIGNATURE | expectation.PRIME_FIELD, {
    keys: ["Ed448"],
  }),
  expectation.cmac(ck.CKM_IBM_CMAC, [...expectation.AES, ...expectation.DES], [16, 32]),
  expectation.cmac(ck.CKM_AES_CMAC, expectation.AES, [16, 32]),
  expectation.cmac(ck.CKM_DES3_CMAC, expectation.DES, [16, 24]),
  expectation.row(ck.CKM_IBM_BTC_DERIVE, [16, 64], ck.CKF_DERIVE, {
    keys: ["generic-32"],
    parameter: {
      type: "BTCDeriveParm",
      deriveType: ck.CK_IBM_BTC_BIP0032_MASTERK,
      childKeyIndex: 0,
      chainCode: new Uint8Array(0),
      version: ck.CK_IBM_BTC_DERIVE_PARAMS_VERSION_1,
    },
  }),
  expectation.row(ck.CKM_IBM_EC_AGGREGATE, expectation.NO_KEY, ck.CKF_SIGN | ck.CKF_DERIVE, {
    shape: "single-only",
    keys: ["BLS12-381"],
  }),
  expectation.row(ck.CKM_IBM_ETH_DERIVE, [32, 256], ck.CKF_DERIVE, {
    keys: ["generic-32"],
    parameter: wireForm([ck.CK_IBM_ETH_EIP2333_MASTERK, 0, 0, 1, ck.CK_IBM_ETH_SIG_VERSION_4]),
  }),
  expectation.row(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, expectation.ML_DSA_BYTES, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_IBM_ML_DSA, expectation.ML_DSA_BYTES, expectation.SIGNATURE, {
    keys: expectation.ML_DSA,
    parameter: wireForm([ck.CKH_IBM_DETERMINISTIC_REQUIRED, 3], expectation.ascii("abc")),
    parameterOptional: true,
  }),
  expectation.row(ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, expectation.ML_KEM_BYTES, ck.CKF_GENERATE_KEY_PAIR),
  expectation.row(ck.CKM_IBM_ML_KEM, expectation.ML_KEM_BYTES, ck.CKF_DERIVE, { keys: expectation.ML_KEM }),
  // IBM's service documents these two mechanisms, but the card's list has neither.
  expectation.row(ck.CKM_DES3_ECB_ENCRYPT_DATA, expectation.DES_BYTES, ck.CKF_DERIVE, {
    keys: expectation.DES,
    parameter: expectation.DATA,
  }),
  expectation.row(ck.CKM_IBM_TRANSPORTKEY, expectation.NO_KEY, ck.CKF_UNWRAP, { listed: false }),
];
