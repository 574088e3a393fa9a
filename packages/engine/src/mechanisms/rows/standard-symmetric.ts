/** Rows of PKCS #11 v3.2 behind IBM's list that work with secret keys or with none. */
import * as ck from "@grep11/cryptoki";
import { KEY_WRAP_IV } from "../../primitives/symmetric/aes-key-wrap.ts";
import { aesCcm } from "../cipher/aes-ccm.ts";
import { aesCtr } from "../cipher/aes-ctr.ts";
import { aesGcm } from "../cipher/aes-gcm.ts";
import { aesXts } from "../cipher/aes-xts.ts";
import { chacha20 } from "../cipher/chacha20.ts";
import { chacha20Poly1305 } from "../cipher/chacha20-poly1305.ts";
import { cbcEncryptData, ecbEncryptData } from "../derivation/encrypt-data.ts";
import { chacha20KeyGen, macKeyGen, xtsKeyGen } from "../keygen/secret-keygen.ts";
import { aesGmac } from "../mac/aes-gmac.ts";
import { cmacGeneral } from "../mac/cmac.ts";
import { hmacGeneral } from "../mac/hmac.ts";
import { hmacKeyTypes } from "../mac/hmac-keys.ts";
import { bytesParameter, iv, noParameter } from "../parameters/classic.ts";
import * as standard from "../parameters/symmetric.ts";
import type { MechanismRow } from "../row.ts";
import { aesKeyWrap } from "../wrapping/aes-key-wrap.ts";
import { aes, CRYPT, des3, row, SIGNATURE, TRANSPORT } from "./facts.ts";
import { digestRow, hmacRow, outdatedIf, shaDeriveRow } from "./kinds.ts";

const { CKF_GENERATE, CKF_DERIVE } = ck;

/** Algorithms that neither FIPS nor the BSI has ever approved. */
const UNAPPROVED = [
  ck.XCP_CPB_ALG_NFIPS2009,
  ck.XCP_CPB_ALG_NBSI2009,
  ck.XCP_CPB_ALG_NFIPS2011,
  ck.XCP_CPB_ALG_NBSI2011,
  ck.XCP_CPB_ALG_NBSI2017,
  ck.XCP_CPB_ALG_NFIPS2021,
  ck.XCP_CPB_ALG_NFIPS2024,
];
const xts = { keyTypes: [ck.CKK_AES_XTS], bytes: [32, 64] as const, ibm: false };
const chacha = { keyTypes: [ck.CKK_CHACHA20], bytes: [32, 32] as const, controlPoints: UNAPPROVED, ibm: false };
/** Encryption in parts; decryption keeps the plain text inside until the tag is verified (docs/adr/0007). */
const AEAD_SHAPES = { shape: "multi", decryptShape: "one-shot" } as const;

function hmacGeneralRow(mechanism: number, hash: ck.HashName, minBytes: number): MechanismRow {
  return row(mechanism, {
    keyTypes: hmacKeyTypes(hash),
    bytes: [minBytes, 32],
    flags: SIGNATURE,
    shape: "multi",
    parameter: standard.macLength(ck.HASHES[hash].bytes),
    controlPoints: outdatedIf(hash),
    shortKeysWith: ck.XCP_CPB_KEYSZ_HMAC_ANY,
    family: hmacGeneral(hash),
    ibm: false,
  });
}

function hashKeyGenRow(mechanism: number, keyType: number): MechanismRow {
  return row(mechanism, {
    keyTypes: [keyType],
    bytes: [8, 256],
    flags: CKF_GENERATE,
    parameter: noParameter,
    family: macKeyGen(keyType),
    ibm: false,
  });
}

function keyWrapRow(mechanism: number, kind: "kw" | "kwp"): MechanismRow {
  const parameter = standard.optionalIv(KEY_WRAP_IV[kind]);
  return row(mechanism, { ...aes, flags: CRYPT | TRANSPORT, parameter, family: aesKeyWrap(kind), ibm: false });
}

/** In list order. */
export const STANDARD_SYMMETRIC_ROWS: readonly MechanismRow[] = [
  // Standard names (PKCS #11 v3.2) of what stands above under IBM's.
  digestRow(ck.CKM_SHA3_224, "sha3-224", false),
  digestRow(ck.CKM_SHA3_256, "sha3-256", false),
  digestRow(ck.CKM_SHA3_384, "sha3-384", false),
  digestRow(ck.CKM_SHA3_512, "sha3-512", false),
  hmacRow(ck.CKM_SHA3_224_HMAC, "sha3-224", 14, false),
  hmacRow(ck.CKM_SHA3_256_HMAC, "sha3-256", 16, false),
  hmacRow(ck.CKM_SHA3_384_HMAC, "sha3-384", 24, false),
  hmacRow(ck.CKM_SHA3_512_HMAC, "sha3-512", 32, false),
  shaDeriveRow(ck.CKM_SHA512_224_KEY_DERIVATION, "sha512-224", false),
  shaDeriveRow(ck.CKM_SHA512_256_KEY_DERIVATION, "sha512-256", false),
  // What IBM's cards do not have.
  shaDeriveRow(ck.CKM_SHA3_224_KEY_DERIVATION, "sha3-224", false),
  shaDeriveRow(ck.CKM_SHA3_256_KEY_DERIVATION, "sha3-256", false),
  shaDeriveRow(ck.CKM_SHA3_384_KEY_DERIVATION, "sha3-384", false),
  shaDeriveRow(ck.CKM_SHA3_512_KEY_DERIVATION, "sha3-512", false),
  row(ck.CKM_AES_CTR, { ...aes, flags: CRYPT, shape: "multi", parameter: standard.ctr, family: aesCtr, ibm: false }),
  row(ck.CKM_AES_GCM, {
    ...aes,
    ...AEAD_SHAPES,
    // No key transport: who wraps two keys with one IV of his choice learns one from the other.
    flags: CRYPT,
    parameter: standard.gcm,
    family: aesGcm,
    ibm: false,
  }),
  row(ck.CKM_AES_CCM, { ...aes, flags: CRYPT, parameter: standard.ccm, family: aesCcm, ibm: false }),
  row(ck.CKM_AES_XTS, { ...xts, flags: CRYPT, parameter: iv(16), family: aesXts }),
  row(ck.CKM_AES_XTS_KEY_GEN, { ...xts, flags: CKF_GENERATE, parameter: noParameter, family: xtsKeyGen }),
  keyWrapRow(ck.CKM_AES_KEY_WRAP, "kw"),
  keyWrapRow(ck.CKM_AES_KEY_WRAP_PAD, "kwp"),
  keyWrapRow(ck.CKM_AES_KEY_WRAP_KWP, "kwp"),
  row(ck.CKM_AES_GMAC, { ...aes, flags: SIGNATURE, shape: "multi", parameter: iv(12), family: aesGmac, ibm: false }),
  row(ck.CKM_AES_CMAC_GENERAL, {
    ...aes,
    flags: SIGNATURE,
    shape: "multi",
    parameter: standard.macLength(16),
    family: cmacGeneral,
    ibm: false,
  }),
  row(ck.CKM_DES3_CMAC_GENERAL, {
    ...des3,
    flags: SIGNATURE,
    shape: "multi",
    parameter: standard.macLength(8),
    family: cmacGeneral,
    ibm: false,
  }),
  hmacGeneralRow(ck.CKM_SHA_1_HMAC_GENERAL, "sha1", 10),
  hmacGeneralRow(ck.CKM_SHA224_HMAC_GENERAL, "sha224", 14),
  hmacGeneralRow(ck.CKM_SHA256_HMAC_GENERAL, "sha256", 16),
  hmacGeneralRow(ck.CKM_SHA384_HMAC_GENERAL, "sha384", 24),
  hmacGeneralRow(ck.CKM_SHA512_HMAC_GENERAL, "sha512", 32),
  hmacGeneralRow(ck.CKM_SHA512_224_HMAC_GENERAL, "sha512-224", 14),
  hmacGeneralRow(ck.CKM_SHA512_256_HMAC_GENERAL, "sha512-256", 16),
  hmacGeneralRow(ck.CKM_SHA3_224_HMAC_GENERAL, "sha3-224", 14),
  hmacGeneralRow(ck.CKM_SHA3_256_HMAC_GENERAL, "sha3-256", 16),
  hmacGeneralRow(ck.CKM_SHA3_384_HMAC_GENERAL, "sha3-384", 24),
  hmacGeneralRow(ck.CKM_SHA3_512_HMAC_GENERAL, "sha3-512", 32),
  hashKeyGenRow(ck.CKM_SHA_1_KEY_GEN, ck.CKK_SHA_1_HMAC),
  hashKeyGenRow(ck.CKM_SHA224_KEY_GEN, ck.CKK_SHA224_HMAC),
  hashKeyGenRow(ck.CKM_SHA256_KEY_GEN, ck.CKK_SHA256_HMAC),
  hashKeyGenRow(ck.CKM_SHA384_KEY_GEN, ck.CKK_SHA384_HMAC),
  hashKeyGenRow(ck.CKM_SHA512_KEY_GEN, ck.CKK_SHA512_HMAC),
  hashKeyGenRow(ck.CKM_SHA512_224_KEY_GEN, ck.CKK_SHA512_224_HMAC),
  hashKeyGenRow(ck.CKM_SHA512_256_KEY_GEN, ck.CKK_SHA512_256_HMAC),
  hashKeyGenRow(ck.CKM_SHA3_224_KEY_GEN, ck.CKK_SHA3_224_HMAC),
  hashKeyGenRow(ck.CKM_SHA3_256_KEY_GEN, ck.CKK_SHA3_256_HMAC),
  hashKeyGenRow(ck.CKM_SHA3_384_KEY_GEN, ck.CKK_SHA3_384_HMAC),
  hashKeyGenRow(ck.CKM_SHA3_512_KEY_GEN, ck.CKK_SHA3_512_HMAC),
  row(ck.CKM_AES_ECB_ENCRYPT_DATA, {
    ...aes,
    flags: CKF_DERIVE,
    parameter: bytesParameter,
    controlPoints: UNAPPROVED,
    family: ecbEncryptData,
    ibm: false,
  }),
  row(ck.CKM_AES_CBC_ENCRYPT_DATA, {
    ...aes,
    flags: CKF_DERIVE,
    parameter: standard.encryptData(16),
    controlPoints: UNAPPROVED,
    family: cbcEncryptData,
    ibm: false,
  }),
  row(ck.CKM_DES3_CBC_ENCRYPT_DATA, {
    ...des3,
    flags: CKF_DERIVE,
    parameter: standard.encryptData(8),
    controlPoints: UNAPPROVED,
    family: cbcEncryptData,
    ibm: false,
  }),
  row(ck.CKM_CHACHA20_KEY_GEN, { ...chacha, flags: CKF_GENERATE, parameter: noParameter, family: chacha20KeyGen }),
  row(ck.CKM_CHACHA20, { ...chacha, flags: CRYPT, shape: "multi", parameter: standard.chacha20, family: chacha20 }),
  row(ck.CKM_CHACHA20_POLY1305, {
    ...chacha,
    ...AEAD_SHAPES,
    flags: CRYPT,
    parameter: standard.chacha20Poly1305,
    family: chacha20Poly1305,
  }),
];
