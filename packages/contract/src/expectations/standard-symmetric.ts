/**
 * What the tests expect of the standard mechanisms that use a secret key or no key (PKCS #11 v3.2). GetMechanismList
 * returns these mechanisms after IBM's.
 */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import * as expectation from "./expectation.ts";

const NONCE = expectation.HASHED_IV.subarray(0, 12);
const AAD = expectation.ascii("associated");
/** The length of truncated MACs in bytes, which is shorter than any full MAC. */
const MAC_BYTES = 7;

const xts = (mechanismNumber: number, flags: number, rest: Partial<expectation.MechanismExpectation> = {}) =>
  expectation.row(mechanismNumber, [32, 64], flags, rest);
const chacha = (mechanismNumber: number, flags: number, rest: Partial<expectation.MechanismExpectation> = {}) =>
  expectation.row(mechanismNumber, [32, 32], flags, { keys: ["ChaCha20"], ...rest });
const keyWrap = (mechanismNumber: number, data: readonly number[]) =>
  expectation.row(mechanismNumber, expectation.AES_BYTES, expectation.ENCRYPTION | expectation.WRAPPING, {
    keys: expectation.AES,
    data,
    parameterOptional: true,
  });
const general = (mechanismNumber: number, min: number) =>
  ({
    ...expectation.hmac(mechanismNumber, min),
    keys: ["generic-32"],
    parameter: wireForm([MAC_BYTES]),
  }) satisfies expectation.MechanismExpectation;
const keyGen = (mechanismNumber: number) => expectation.row(mechanismNumber, [8, 256], ck.CKF_GENERATE);

/** The expectations in the order of GetMechanismList. */
export const STANDARD_SYMMETRIC_EXPECTATIONS: readonly expectation.MechanismExpectation[] = [
  // The card has these digests and HMACs only under IBM's numbers.
  ...[ck.CKM_SHA3_224, ck.CKM_SHA3_256, ck.CKM_SHA3_384, ck.CKM_SHA3_512].map(expectation.digest),
  expectation.hmac(ck.CKM_SHA3_224_HMAC, 14),
  expectation.hmac(ck.CKM_SHA3_256_HMAC, 16),
  expectation.hmac(ck.CKM_SHA3_384_HMAC, 24),
  expectation.hmac(ck.CKM_SHA3_512_HMAC, 32),
  ...[ck.CKM_SHA512_224_KEY_DERIVATION, ck.CKM_SHA512_256_KEY_DERIVATION].map(expectation.shaDerive),
  ...[ck.CKM_SHA3_224_KEY_DERIVATION, ck.CKM_SHA3_256_KEY_DERIVATION].map(expectation.shaDerive),
  ...[ck.CKM_SHA3_384_KEY_DERIVATION, ck.CKM_SHA3_512_KEY_DERIVATION].map(expectation.shaDerive),
  expectation.aes(ck.CKM_AES_CTR, expectation.ENCRYPTION, {
    parameter: mechanism.aesCtr({ block: expectation.HASHED_IV }).parameter!,
  }),
  expectation.aes(ck.CKM_AES_OFB, expectation.ENCRYPTION, { parameter: expectation.HASHED_IV }),
  expectation.aes(ck.CKM_AES_CFB8, expectation.ENCRYPTION, { parameter: expectation.HASHED_IV }),
  expectation.aes(ck.CKM_AES_CFB128, expectation.ENCRYPTION, { parameter: expectation.HASHED_IV }),
  expectation.aes(ck.CKM_AES_GCM, expectation.ENCRYPTION, {
    decryptShape: "one-shot",
    parameter: mechanism.aesGcm({ iv: NONCE, aad: AAD }).parameter!,
  }),
  expectation.aes(
    ck.CKM_AES_CCM,
    expectation.ENCRYPTION,
    // The parameter contains the length of the message, so only this length is tested.
    {
      shape: "one-shot",
      parameter: mechanism.aesCcm({ dataLength: 37, nonce: NONCE, aad: AAD }).parameter!,
      data: [37],
    },
  ),
  xts(ck.CKM_AES_XTS, expectation.ENCRYPTION, {
    keys: ["XTS-128", "XTS-256"],
    parameter: expectation.HASHED_IV,
    data: [16, 32, 37],
  }),
  xts(ck.CKM_AES_XTS_KEY_GEN, ck.CKF_GENERATE),
  keyWrap(ck.CKM_AES_KEY_WRAP, [16, 40]),
  keyWrap(ck.CKM_AES_KEY_WRAP_PAD, [1, 16, 37]),
  keyWrap(ck.CKM_AES_KEY_WRAP_KWP, [1, 16, 37]),
  expectation.aes(ck.CKM_AES_GMAC, expectation.SIGNATURE, { parameter: NONCE }),
  expectation.aes(ck.CKM_AES_CMAC_GENERAL, expectation.SIGNATURE, { parameter: wireForm([MAC_BYTES]) }),
  expectation.des(ck.CKM_DES3_CMAC_GENERAL, expectation.SIGNATURE, { parameter: wireForm([MAC_BYTES]) }),
  general(ck.CKM_SHA_1_HMAC_GENERAL, 10),
  general(ck.CKM_SHA224_HMAC_GENERAL, 14),
  general(ck.CKM_SHA256_HMAC_GENERAL, 16),
  general(ck.CKM_SHA384_HMAC_GENERAL, 24),
  general(ck.CKM_SHA512_HMAC_GENERAL, 32),
  general(ck.CKM_SHA512_224_HMAC_GENERAL, 14),
  general(ck.CKM_SHA512_256_HMAC_GENERAL, 16),
  general(ck.CKM_SHA3_224_HMAC_GENERAL, 14),
  general(ck.CKM_SHA3_256_HMAC_GENERAL, 16),
  general(ck.CKM_SHA3_384_HMAC_GENERAL, 24),
  general(ck.CKM_SHA3_512_HMAC_GENERAL, 32),
  ...[ck.CKM_SHA_1_KEY_GEN, ck.CKM_SHA224_KEY_GEN, ck.CKM_SHA256_KEY_GEN, ck.CKM_SHA384_KEY_GEN].map(keyGen),
  ...[ck.CKM_SHA512_KEY_GEN, ck.CKM_SHA512_224_KEY_GEN, ck.CKM_SHA512_256_KEY_GEN, ck.CKM_SHA3_224_KEY_GEN].map(keyGen),
  ...[ck.CKM_SHA3_256_KEY_GEN, ck.CKM_SHA3_384_KEY_GEN, ck.CKM_SHA3_512_KEY_GEN].map(keyGen),
  expectation.row(ck.CKM_AES_ECB_ENCRYPT_DATA, expectation.AES_BYTES, ck.CKF_DERIVE, {
    keys: expectation.AES,
    parameter: expectation.DATA,
  }),
  expectation.row(ck.CKM_AES_CBC_ENCRYPT_DATA, expectation.AES_BYTES, ck.CKF_DERIVE, {
    keys: expectation.AES,
    parameter: wireForm([], expectation.HASHED_IV, expectation.DATA),
  }),
  expectation.row(ck.CKM_DES3_CBC_ENCRYPT_DATA, expectation.DES_BYTES, ck.CKF_DERIVE, {
    keys: expectation.DES,
    parameter: wireForm([], expectation.HASHED_IV.subarray(0, 8), expectation.DATA),
  }),
  chacha(ck.CKM_CHACHA20_KEY_GEN, ck.CKF_GENERATE),
  chacha(ck.CKM_CHACHA20, expectation.ENCRYPTION, {
    shape: "multi",
    parameter: mechanism.chacha20({ nonce: NONCE }).parameter!,
  }),
  chacha(ck.CKM_CHACHA20_POLY1305, expectation.ENCRYPTION, {
    shape: "multi",
    decryptShape: "one-shot",
    parameter: mechanism.chacha20Poly1305({ nonce: NONCE, aad: AAD }).parameter!,
  }),
];

/** The expectations of derivations from secret keys and passwords, in the order of GetMechanismList. */
export const STANDARD_DERIVATION_EXPECTATIONS: readonly expectation.MechanismExpectation[] = [
  expectation.row(ck.CKM_HKDF_DERIVE, expectation.NO_KEY, ck.CKF_DERIVE, {
    keys: ["HKDF-32", "generic-32", "AES-256"],
    parameter: wireForm(
      [3, ck.CKM_SHA256, ck.CKF_HKDF_SALT_DATA, 4, 0, 4],
      expectation.ascii("salt"),
      expectation.ascii("info"),
    ),
  }),
  keyGen(ck.CKM_HKDF_KEY_GEN),
  sp800(ck.CKM_SP800_108_COUNTER_KDF, wireForm([0, 32])),
  sp800(ck.CKM_SP800_108_FEEDBACK_KDF, new Uint8Array(0)),
  sp800(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, new Uint8Array(0)),
  expectation.row(ck.CKM_PKCS5_PBKD2, expectation.NO_KEY, ck.CKF_GENERATE, {
    parameter: wireForm(
      [ck.CKP_PKCS5_PBKD2_HMAC_SHA256, 1000, 4, 8],
      expectation.ascii("salt"),
      expectation.ascii("password"),
    ),
  }),
];

/** Returns the expectation of a KDF that uses HMAC with SHA-256 over the iteration variable (in `format`) and a label. */
function sp800(mechanismNumber: number, format: Uint8Array): expectation.MechanismExpectation {
  const iteration = wireForm([ck.CK_SP800_108_ITERATION_VARIABLE, format.length], format);
  const label = wireForm([ck.CK_SP800_108_BYTE_ARRAY, 5], expectation.ascii("label"));
  const parameter = wireForm([ck.CKM_SHA256_HMAC, 2, 0], iteration, label);
  return expectation.row(mechanismNumber, expectation.NO_KEY, ck.CKF_DERIVE, {
    keys: ["generic-32", "HKDF-32", "AES-256"],
    parameter,
  });
}
