/**
 * Tests that Init reports errors that do not depend on the data, with the same code as the single call (PKCS #11 v3.2, 5.8 to
 * 5.13).
 */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { ED448, ED25519, P_256 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const engine = testEngine();
const data = new Uint8Array(32);

interface Halves {
  readonly pub: Uint8Array;
  readonly priv: Uint8Array;
}

type Attribute = readonly [number, ck.AttributeValue];
const template = (...attributes: readonly Attribute[]): ck.Template => new Map(attributes);

async function pair(mechanism: number, ...attributes: readonly Attribute[]): Promise<Halves> {
  const templates = { pubKeyTemplate: template(...attributes), privKeyTemplate: template() };
  const { pubKey, privKey } = await engine.generateKeyPair({ mech: { mechanism }, ...templates });
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
}

async function secret(mechanism: number, length: number): Promise<Halves> {
  const { key } = await engine.generateKey({ mech: { mechanism }, template: template([ck.CKA_VALUE_LEN, length]) });
  return { pub: ck.sealedBytes(key), priv: ck.sealedBytes(key) };
}

const KEYS = {
  rsa512: await pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, [ck.CKA_MODULUS_BITS, 512]),
  rsa1024: await pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, [ck.CKA_MODULUS_BITS, 1024]),
  p256: await pair(ck.CKM_EC_KEY_PAIR_GEN, [ck.CKA_EC_PARAMS, P_256.oid]),
  ed25519: await pair(ck.CKM_EC_KEY_PAIR_GEN, [ck.CKA_EC_PARAMS, ED25519.oid]),
  ed448: await pair(ck.CKM_EC_KEY_PAIR_GEN, [ck.CKA_EC_PARAMS, ED448.oid]),
  mlDsa: await pair(ck.CKM_ML_DSA_KEY_PAIR_GEN, [ck.CKA_PARAMETER_SET, ck.CKP_ML_DSA_44]),
  slhDsa: await pair(ck.CKM_SLH_DSA_KEY_PAIR_GEN, [ck.CKA_PARAMETER_SET, ck.CKP_SLH_DSA_SHA2_128F]),
  aes: await secret(ck.CKM_AES_KEY_GEN, 16),
  des3: await secret(ck.CKM_DES3_KEY_GEN, 24),
  xts: await secret(ck.CKM_AES_XTS_KEY_GEN, 32),
  chacha: await secret(ck.CKM_CHACHA20_KEY_GEN, 32),
  generic: await secret(ck.CKM_GENERIC_SECRET_KEY_GEN, 32),
};
type Name = keyof typeof KEYS;
type Row = readonly [key: Name, mechanism: number, parameter: ck.MechanismParameter | undefined, rv?: number];

const PARAM = ck.CKR_MECHANISM_PARAM_INVALID;
const pss = (hashMech: number, mgf: number, saltByteCount: number) =>
  ({ type: "RSAPSSParm", hashMech, mgf, saltByteCount }) as const;
const oaep = (hashMech: number, mgf: number) => ({ type: "RSAOAEPParm", hashMech, mgf }) as const;
const bytes = (length: number) => new Uint8Array(length);

const SIGNATURES: readonly Row[] = [
  // The longest salts of RSA 1024 have 128 - 32 - 2 bytes with SHA-256 and 62 with SHA-512; RSA 512 is too short for SHA-512.
  ["rsa1024", ck.CKM_SHA256_RSA_PKCS_PSS, pss(ck.CKM_SHA256, 2, 94), 0],
  ["rsa1024", ck.CKM_SHA256_RSA_PKCS_PSS, pss(ck.CKM_SHA256, 2, 95)],
  ["rsa1024", ck.CKM_SHA512_RSA_PKCS_PSS, pss(ck.CKM_SHA512, ck.CKG_MGF1_SHA512, 62), 0],
  ["rsa1024", ck.CKM_SHA512_RSA_PKCS_PSS, pss(ck.CKM_SHA512, ck.CKG_MGF1_SHA512, 0xffffffff)],
  ["rsa1024", ck.CKM_RSA_PKCS_PSS, pss(ck.CKM_SHA256, 2, 95)],
  ["rsa1024", ck.CKM_RSA_PKCS_PSS, pss(ck.CKM_SHA256, 2, 512)],
  ["rsa512", ck.CKM_SHA512_RSA_PKCS_PSS, pss(ck.CKM_SHA512, ck.CKG_MGF1_SHA512, 0)],
  ["rsa512", ck.CKM_SHA512_RSA_PKCS, undefined, ck.CKR_KEY_SIZE_RANGE],
  ["rsa1024", ck.CKM_SHA512_RSA_PKCS, undefined, 0],
  ["rsa512", ck.CKM_SHA1_RSA_X9_31, undefined, 0],
  ["rsa1024", ck.CKM_SHA256_RSA_PKCS_PSS, pss(ck.CKM_SHA512, 2, 20)],
  ["p256", ck.CKM_ECDSA_SHA256, bytes(1)],
  ["p256", ck.CKM_IBM_ED25519_SHA512, undefined, ck.CKR_MECHANISM_INVALID],
  ["ed25519", ck.CKM_ECDSA_SHA256, undefined, ck.CKR_MECHANISM_INVALID],
  ["ed25519", ck.CKM_EDDSA, wire(0, 0)],
  ["ed448", ck.CKM_EDDSA, wire(0, 0), 0],
  ["ed448", ck.CKM_EDDSA, wire(0, 256, bytes(256))],
  ["ed25519", ck.CKM_EDDSA, wire(2, 0)],
  ["mlDsa", ck.CKM_ML_DSA, wire(9, 0)],
  ["mlDsa", ck.CKM_HASH_ML_DSA, wire(0, 0, ck.CKM_AES_CBC)],
  ["slhDsa", ck.CKM_SLH_DSA, wire(2, 0)],
  ["aes", ck.CKM_AES_CMAC_GENERAL, wire(16), 0],
  ["aes", ck.CKM_AES_CMAC_GENERAL, wire(17)],
  ["des3", ck.CKM_DES3_CMAC_GENERAL, wire(9)],
  ["generic", ck.CKM_SHA256_HMAC_GENERAL, wire(33)],
  ["generic", ck.CKM_SHA256_HMAC_GENERAL, wire(3)],
  ["aes", ck.CKM_AES_GMAC, bytes(16)],
];

const CIPHERS: readonly Row[] = [
  // RSA 1024 is long enough for two digests of SHA-1 and two bytes, but not for those of SHA-512.
  ["rsa1024", ck.CKM_RSA_PKCS_OAEP, oaep(ck.CKM_SHA_1, ck.CKG_MGF1_SHA1), 0],
  ["rsa1024", ck.CKM_RSA_PKCS_OAEP, oaep(ck.CKM_SHA512, ck.CKG_MGF1_SHA512)],
  ["rsa512", ck.CKM_RSA_PKCS_OAEP, oaep(ck.CKM_SHA256, ck.CKG_MGF1_SHA1)],
  ["rsa1024", ck.CKM_RSA_PKCS_OAEP, oaep(ck.CKM_AES_CBC, ck.CKG_MGF1_SHA1)],
  ["rsa1024", ck.CKM_RSA_PKCS_OAEP, wire(ck.CKM_SHA_1, 1, 0, bytes(3))],
  ["aes", ck.CKM_AES_CTR, wire(0, bytes(16))],
  ["aes", ck.CKM_AES_CTR, wire(129, bytes(16))],
  ["aes", ck.CKM_AES_GCM, wire(12, 96, 0, 64, bytes(12))],
  ["aes", ck.CKM_AES_CCM, wire(32, 12, 0, 5, bytes(12))],
  ["aes", ck.CKM_AES_CBC, bytes(12)],
  ["aes", ck.CKM_AES_KEY_WRAP_KWP, bytes(8)],
  ["xts", ck.CKM_AES_XTS, bytes(8)],
  ["chacha", ck.CKM_CHACHA20, wire(32, 64, bytes(12))],
  ["chacha", ck.CKM_CHACHA20_POLY1305, wire(8, 0, bytes(8))],
];

const named = (rows: readonly Row[]) =>
  rows.map(([key, mechanism, parameter, rv = PARAM], index) => {
    const mech = parameter === undefined ? { mechanism } : { mechanism, parameter };
    return [`${index}: ${ck.ckmName(mechanism)} with ${key}: ${ck.ckrName(rv)}`, KEYS[key], mech, rv] as const;
  });

test.each(named(SIGNATURES))("%s", async (_name, { pub, priv }, mech, rv) => {
  expect(await rvOfCall(engine.signInit({ mech, privKey: priv }))).toBe(rv);
  expect(await rvOfCall(engine.verifyInit({ mech, pubKey: pub }))).toBe(rv);
  if (rv === 0) return;
  expect(await rvOfCall(engine.signSingle({ mech, privKey: priv, data }))).toBe(rv);
  expect(await rvOfCall(engine.verifySingle({ mech, pubKey: pub, data, signature: data }))).toBe(rv);
});

test.each(named(CIPHERS))("%s", async (_name, { pub, priv }, mech, rv) => {
  expect(await rvOfCall(engine.encryptInit({ mech, key: pub }))).toBe(rv);
  expect(await rvOfCall(engine.decryptInit({ mech, key: priv }))).toBe(rv);
  if (rv === 0) return;
  expect(await rvOfCall(engine.encryptSingle({ mech, key: pub, plain: data }))).toBe(rv);
  expect(await rvOfCall(engine.decryptSingle({ mech, key: priv, ciphered: data }))).toBe(rv);
});
