/**
 * The mechanism table: one row per CKM, in the order GetMechanismList answers (that of IBM's cards, CKM_RSA_PKCS first,
 * the standard mechanisms behind it). Lists, infos, the legality of every call, docs/MECHANISMS.md and the tests that walk
 * all mechanisms derive from it. Sizes and flags: docs/reference/ep11.md#mechanism-list.
 */
import * as ck from "@grep11/cryptoki";
import { dhDerive, dhKeyPairGen, dhParameterGen } from "./agreement/dh.ts";
import { ecdh1, x448, x25519 } from "./agreement/ecdh.ts";
import { cbc } from "./cipher/cbc.ts";
import { cbcPad } from "./cipher/cbc-pad.ts";
import { ecb } from "./cipher/ecb.ts";
import { btcDerive } from "./derivation/btc-derive.ts";
import { ecAggregate } from "./derivation/ec-aggregate.ts";
import { ecbEncryptData } from "./derivation/encrypt-data.ts";
import { ethDerive } from "./derivation/eth-derive.ts";
import { kyber } from "./kem/kyber.ts";
import { ecKeyPairGen } from "./keygen/ec-keygen.ts";
import { pbeDes3KeyGen } from "./keygen/password-keygen.ts";
import { aesKeyGen, des2KeyGen, des3KeyGen, genericSecretKeyGen } from "./keygen/secret-keygen.ts";
import { bytesParameter, iv, noParameter, oaep, pss } from "./parameters/classic.ts";
import { pbe } from "./parameters/derivation.ts";
import {
  aggregateParameter,
  aggregateParameterKeys,
  btcParameter,
  ecsgParameter,
  ethParameter,
  kemOrNoParameter,
  kemParameterKeys,
} from "./parameters/vendor.ts";
import type { MechanismRow } from "./row.ts";
import * as facts from "./rows/facts.ts";
import { row } from "./rows/facts.ts";
import * as kinds from "./rows/kinds.ts";
import { IBM_POST_QUANTUM_ROWS, STANDARD_POST_QUANTUM_ROWS } from "./rows/post-quantum.ts";
import { STANDARD_ASYMMETRIC_ROWS } from "./rows/standard-asymmetric.ts";
import { STANDARD_SYMMETRIC_ROWS } from "./rows/standard-symmetric.ts";
import { rsaPkcsKeyPairGen, rsaX931KeyPairGen } from "./rsa/rsa-keygen.ts";
import { rsaOaep } from "./rsa/rsa-oaep.ts";
import { rsaPkcs } from "./rsa/rsa-pkcs1.ts";
import { rsaPss } from "./rsa/rsa-pss.ts";
import { rsaX931, rsaX931Hash } from "./rsa/rsa-x931.ts";
import { dilithium } from "./signature/dilithium.ts";
import { dsa, dsaKeyPairGen, dsaParameterGen } from "./signature/dsa.ts";
import { ecdsa } from "./signature/ecdsa.ts";
import { ecdsaOther } from "./signature/ecdsa-other.ts";
import { ed448, ed25519 } from "./signature/eddsa.ts";
import { attributeBound } from "./wrapping/attribute-bound.ts";
import { transportKey } from "./wrapping/transport-key.ts";

const { CKF_GENERATE, CKF_GENERATE_KEY_PAIR, CKF_DERIVE, CKF_UNWRAP } = ck;
const { CRYPT, TRANSPORT, SIGNATURE, NAMED_CURVES, DES_KEYS, OUTDATED, PKCS1 } = facts;
const { rsa, aes, des3, ec, dsaKeys, dhKeys } = facts;
const { digestRow, hmacRow, cmacRow, shaDeriveRow, rsaPkcsRow, rsaPssRow, ecdsaRow, dsaRow, ecdhRow, eddsaRow } = kinds;
const rsaPair = { ...rsa, flags: CKF_GENERATE_KEY_PAIR, parameter: noParameter };

/** All rows, in list order. */
export const MECHANISM_TABLE: readonly MechanismRow[] = [
  row(ck.CKM_RSA_PKCS, {
    ...rsa,
    flags: CRYPT | SIGNATURE | TRANSPORT,
    parameter: noParameter,
    controlPoints: [...PKCS1, ...OUTDATED],
    family: rsaPkcs,
    needs: { feature: "implicit-rejection", flags: ck.CKF_DECRYPT | ck.CKF_UNWRAP },
  }),
  row(ck.CKM_RSA_PKCS_OAEP, {
    ...rsa,
    flags: CRYPT | TRANSPORT,
    parameter: oaep,
    controlPoints: [...rsa.controlPoints, ck.XCP_CPB_ALG_RSA_OAEP],
    family: rsaOaep,
  }),
  row(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, { ...rsaPair, family: rsaPkcsKeyPairGen }),
  row(ck.CKM_RSA_X9_31_KEY_PAIR_GEN, { ...rsaPair, family: rsaX931KeyPairGen }),
  row(ck.CKM_RSA_PKCS_PSS, { ...rsa, flags: SIGNATURE, parameter: pss, family: rsaPss }),
  row(ck.CKM_SHA1_RSA_X9_31, {
    ...rsa,
    flags: SIGNATURE,
    shape: "multi",
    parameter: noParameter,
    controlPoints: [...rsa.controlPoints, ...OUTDATED],
    family: rsaX931Hash("sha1"),
  }),
  rsaPkcsRow(ck.CKM_SHA1_RSA_PKCS, "sha1"),
  rsaPssRow(ck.CKM_SHA1_RSA_PKCS_PSS, "sha1"),
  rsaPkcsRow(ck.CKM_SHA256_RSA_PKCS, "sha256"),
  rsaPssRow(ck.CKM_SHA256_RSA_PKCS_PSS, "sha256"),
  rsaPkcsRow(ck.CKM_SHA224_RSA_PKCS, "sha224"),
  rsaPssRow(ck.CKM_SHA224_RSA_PKCS_PSS, "sha224"),
  rsaPkcsRow(ck.CKM_SHA384_RSA_PKCS, "sha384"),
  rsaPssRow(ck.CKM_SHA384_RSA_PKCS_PSS, "sha384"),
  rsaPkcsRow(ck.CKM_SHA512_RSA_PKCS, "sha512"),
  rsaPssRow(ck.CKM_SHA512_RSA_PKCS_PSS, "sha512"),
  row(ck.CKM_AES_KEY_GEN, { ...aes, flags: CKF_GENERATE, parameter: noParameter, family: aesKeyGen }),
  row(ck.CKM_AES_ECB, { ...aes, flags: CRYPT, shape: "multi", parameter: noParameter, family: ecb }),
  row(ck.CKM_AES_CBC, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", parameter: iv(16), family: cbc }),
  row(ck.CKM_AES_CBC_PAD, { ...aes, flags: CRYPT | TRANSPORT, shape: "multi", parameter: iv(16), family: cbcPad }),
  row(ck.CKM_DES2_KEY_GEN, {
    keyTypes: [ck.CKK_DES2],
    bytes: [16, 16],
    flags: CKF_GENERATE,
    parameter: noParameter,
    controlPoints: OUTDATED,
    family: des2KeyGen,
  }),
  row(ck.CKM_DES3_KEY_GEN, {
    keyTypes: [ck.CKK_DES3],
    bytes: [24, 24],
    flags: CKF_GENERATE,
    parameter: noParameter,
    controlPoints: OUTDATED,
    family: des3KeyGen,
  }),
  row(ck.CKM_DES3_ECB, { ...des3, flags: CRYPT, shape: "multi", parameter: noParameter, family: ecb }),
  row(ck.CKM_DES3_CBC, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", parameter: iv(8), family: cbc }),
  row(ck.CKM_DES3_CBC_PAD, { ...des3, flags: CRYPT | TRANSPORT, shape: "multi", parameter: iv(8), family: cbcPad }),
  row(ck.CKM_GENERIC_SECRET_KEY_GEN, {
    keyTypes: [ck.CKK_GENERIC_SECRET],
    bytes: [8, 256],
    // Cards report DERIVE here as well; no function of EP11 goes with it.
    flags: CKF_GENERATE | CKF_DERIVE,
    parameter: noParameter,
    family: genericSecretKeyGen,
  }),
  digestRow(ck.CKM_SHA256, "sha256"),
  shaDeriveRow(ck.CKM_SHA256_KEY_DERIVATION, "sha256"),
  hmacRow(ck.CKM_SHA256_HMAC, "sha256", 16),
  digestRow(ck.CKM_SHA224, "sha224"),
  shaDeriveRow(ck.CKM_SHA224_KEY_DERIVATION, "sha224"),
  hmacRow(ck.CKM_SHA224_HMAC, "sha224", 14),
  digestRow(ck.CKM_SHA_1, "sha1"),
  shaDeriveRow(ck.CKM_SHA1_KEY_DERIVATION, "sha1"),
  hmacRow(ck.CKM_SHA_1_HMAC, "sha1", 10),
  digestRow(ck.CKM_SHA384, "sha384"),
  shaDeriveRow(ck.CKM_SHA384_KEY_DERIVATION, "sha384"),
  hmacRow(ck.CKM_SHA384_HMAC, "sha384", 24),
  digestRow(ck.CKM_SHA512, "sha512"),
  shaDeriveRow(ck.CKM_SHA512_KEY_DERIVATION, "sha512"),
  hmacRow(ck.CKM_SHA512_HMAC, "sha512", 32),
  digestRow(ck.CKM_SHA512_256, "sha512-256"),
  digestRow(ck.CKM_IBM_SHA512_256, "sha512-256"),
  hmacRow(ck.CKM_SHA512_256_HMAC, "sha512-256", 16),
  hmacRow(ck.CKM_IBM_SHA512_256_HMAC, "sha512-256", 16),
  digestRow(ck.CKM_SHA512_224, "sha512-224"),
  digestRow(ck.CKM_IBM_SHA512_224, "sha512-224"),
  hmacRow(ck.CKM_SHA512_224_HMAC, "sha512-224", 14),
  hmacRow(ck.CKM_IBM_SHA512_224_HMAC, "sha512-224", 14),
  row(ck.CKM_EC_KEY_PAIR_GEN, {
    ...ec,
    flags: CKF_GENERATE_KEY_PAIR | NAMED_CURVES,
    parameter: noParameter,
    family: ecKeyPairGen,
  }),
  row(ck.CKM_ECDSA, { ...ec, flags: SIGNATURE | NAMED_CURVES, parameter: noParameter, family: ecdsa }),
  ecdsaRow(ck.CKM_ECDSA_SHA1, "sha1"),
  ecdhRow(ck.CKM_ECDH1_DERIVE, [192, 521], ecdh1),
  row(ck.CKM_DSA_PARAMETER_GEN, {
    ...dsaKeys,
    flags: CKF_GENERATE,
    parameter: noParameter,
    controlPoints: [...dsaKeys.controlPoints, ck.XCP_CPB_DSA_PARAMETER_GEN],
    family: dsaParameterGen,
    makesParameters: true,
  }),
  row(ck.CKM_DSA_KEY_PAIR_GEN, {
    ...dsaKeys,
    flags: CKF_GENERATE_KEY_PAIR,
    parameter: noParameter,
    family: dsaKeyPairGen,
  }),
  row(ck.CKM_DSA, { ...dsaKeys, flags: SIGNATURE, parameter: noParameter, family: dsa }),
  dsaRow(ck.CKM_DSA_SHA1, "sha1"),
  row(ck.CKM_DH_PKCS_PARAMETER_GEN, {
    ...dhKeys,
    flags: CKF_GENERATE,
    parameter: noParameter,
    family: dhParameterGen,
    makesParameters: true,
  }),
  row(ck.CKM_DH_PKCS_KEY_PAIR_GEN, {
    ...dhKeys,
    flags: CKF_GENERATE_KEY_PAIR,
    parameter: noParameter,
    family: dhKeyPairGen,
  }),
  row(ck.CKM_DH_PKCS_DERIVE, { ...dhKeys, flags: CKF_DERIVE, parameter: bytesParameter, family: dhDerive }),
  row(ck.CKM_IBM_DILITHIUM, {
    keyTypes: [ck.CKK_IBM_PQC_DILITHIUM],
    nominal: [256, 256],
    flags: SIGNATURE | CKF_GENERATE_KEY_PAIR,
    parameter: noParameter,
    controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_DILITHIUM],
    family: dilithium,
  }),
  row(ck.CKM_IBM_KYBER, {
    keyTypes: [ck.CKK_IBM_PQC_KYBER],
    nominal: [256, 256],
    flags: CKF_GENERATE_KEY_PAIR | CKF_DERIVE,
    parameter: kemOrNoParameter,
    parameterKeys: kemParameterKeys,
    controlPoints: [ck.XCP_CPB_ALG_PQC, ck.XCP_CPB_ALG_KYBER],
    family: kyber,
  }),
  row(ck.CKM_RSA_X9_31, { ...rsa, flags: SIGNATURE, parameter: noParameter, family: rsaX931 }),
  row(ck.CKM_PBE_SHA1_DES3_EDE_CBC, {
    keyTypes: [ck.CKK_DES3],
    bytes: [24, 24],
    flags: CKF_GENERATE,
    parameter: pbe,
    controlPoints: [...OUTDATED, ck.XCP_CPB_ALLOW_PASSPHRASE],
    family: pbeDes3KeyGen,
  }),
  digestRow(ck.CKM_IBM_SHA3_224, "sha3-224"),
  digestRow(ck.CKM_IBM_SHA3_256, "sha3-256"),
  digestRow(ck.CKM_IBM_SHA3_384, "sha3-384"),
  digestRow(ck.CKM_IBM_SHA3_512, "sha3-512"),
  hmacRow(ck.CKM_IBM_SHA3_224_HMAC, "sha3-224", 14),
  hmacRow(ck.CKM_IBM_SHA3_256_HMAC, "sha3-256", 16),
  hmacRow(ck.CKM_IBM_SHA3_384_HMAC, "sha3-384", 24),
  hmacRow(ck.CKM_IBM_SHA3_512_HMAC, "sha3-512", 32),
  row(ck.CKM_IBM_ATTRIBUTEBOUND_WRAP, {
    keyTypes: [ck.CKK_RSA, ck.CKK_AES, ...DES_KEYS],
    nominal: [0, 4096],
    flags: TRANSPORT,
    parameter: noParameter,
    family: attributeBound,
    transport: "attribute-bound",
  }),
  ecdsaRow(ck.CKM_ECDSA_SHA224, "sha224"),
  ecdsaRow(ck.CKM_IBM_ECDSA_SHA224, "sha224"),
  ecdsaRow(ck.CKM_ECDSA_SHA256, "sha256"),
  ecdsaRow(ck.CKM_IBM_ECDSA_SHA256, "sha256"),
  ecdsaRow(ck.CKM_ECDSA_SHA384, "sha384"),
  ecdsaRow(ck.CKM_IBM_ECDSA_SHA384, "sha384"),
  ecdsaRow(ck.CKM_ECDSA_SHA512, "sha512"),
  ecdsaRow(ck.CKM_IBM_ECDSA_SHA512, "sha512"),
  row(ck.CKM_IBM_ECDSA_OTHER, {
    ...ec,
    flags: SIGNATURE | NAMED_CURVES,
    shape: "single-only",
    parameter: ecsgParameter("possession"),
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_ECDSA_OTHER],
    family: ecdsaOther,
    sumsPublicKeys: true,
  }),
  ecdhRow(ck.CKM_IBM_EC_X25519, [256, 256], x25519),
  ecdhRow(ck.CKM_IBM_EC_X448, [448, 448], x448),
  eddsaRow(ck.CKM_IBM_ED25519_SHA512, 256, ed25519),
  eddsaRow(ck.CKM_IBM_ED448_SHA3, 448, ed448),
  cmacRow(ck.CKM_IBM_CMAC, [ck.CKK_AES, ...DES_KEYS], [16, 32]),
  cmacRow(ck.CKM_AES_CMAC, [ck.CKK_AES], [16, 32]),
  cmacRow(ck.CKM_DES3_CMAC, DES_KEYS, [16, 24]),
  row(ck.CKM_IBM_BTC_DERIVE, {
    keyTypes: [ck.CKK_EC, ck.CKK_GENERIC_SECRET],
    nominal: [16, 64],
    flags: CKF_DERIVE,
    parameter: btcParameter,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_BTC],
    family: btcDerive,
  }),
  row(ck.CKM_IBM_EC_AGGREGATE, {
    flags: ck.CKF_SIGN | CKF_DERIVE,
    shape: "single-only",
    parameter: aggregateParameter,
    parameterKeys: aggregateParameterKeys,
    controlPoints: [ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY],
    family: ecAggregate,
  }),
  row(ck.CKM_IBM_ETH_DERIVE, {
    keyTypes: [ck.CKK_EC, ck.CKK_GENERIC_SECRET],
    nominal: [32, 256],
    flags: CKF_DERIVE,
    parameter: ethParameter,
    controlPoints: [...ec.controlPoints, ck.XCP_CPB_BTC, ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY],
    family: ethDerive,
  }),
  ...IBM_POST_QUANTUM_ROWS,
  // Documented by IBM's cloud service, though no sampled card lists them.
  row(ck.CKM_DES3_ECB_ENCRYPT_DATA, {
    ...des3,
    flags: CKF_DERIVE,
    parameter: bytesParameter,
    family: ecbEncryptData,
  }),
  row(ck.CKM_IBM_TRANSPORTKEY, {
    flags: CKF_UNWRAP,
    parameter: noParameter,
    family: transportKey,
    transport: "public-keys",
    listed: false,
  }),
  ...STANDARD_SYMMETRIC_ROWS,
  ...STANDARD_ASYMMETRIC_ROWS,
  ...STANDARD_POST_QUANTUM_ROWS,
];

const ROWS: ReadonlyMap<number, MechanismRow> = new Map(MECHANISM_TABLE.map((entry) => [entry.mechanism, entry]));

/** The row of `mechanism`, whatever the policy says; undefined for what the engine does not know. */
export function findRow(mechanism: number): MechanismRow | undefined {
  return ROWS.get(mechanism);
}
