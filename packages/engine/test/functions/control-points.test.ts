/**
 * Tests what each control point disables: mechanisms (openCryptoki's list for EP11 tokens,
 * docs/reference/ep11.md#control-points) and single calls.
 */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { createMechanisms } from "../../src/mechanisms/resolve.ts";
import { MECHANISM_TABLE } from "../../src/mechanisms/table.ts";
import { adjustPolicy, HPCS_POLICY } from "../../src/objects/policy/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const without = (...off: number[]) => adjustPolicy(HPCS_POLICY, "test", { off });
const ALL = createMechanisms(MECHANISM_TABLE, HPCS_POLICY).list().map(ck.ckmName);

/** Each pattern matches exactly those mechanisms of the HPCS list that the control points disable. */
test.each<[string, RegExp]>([
  ["SIGN_SYMM SIGVERIFY_SYMM", /_HMAC(_GENERAL)?$|CMAC(_GENERAL)?$|GMAC$/],
  [
    "ENCRYPT_SYMM DECRYPT_SYMM WRAP_SYMM UNWRAP_SYMM",
    /^CKM_(AES_(ECB|CBC|CBC_PAD|XTS|CTR|GCM|CCM)|DES3_(ECB|CBC|CBC_PAD))$/,
  ],
  ["KEYGEN_ASYMM", /KEY_PAIR_GEN$/],
  [
    "KEYGEN_SYMM",
    /(AES|DES2|DES3|SECRET|XTS|CHACHA20|\d|HKDF)_KEY_GEN$|^CKM_P(BE|KCS5)_|PARAMETER_GEN$|_KEY_DERIVATION$/,
  ],
  ["DSA_PARAMETER_GEN", /^CKM_DSA_PARAMETER_GEN$/],
  ["ALG_RSA", /RSA/],
  ["ALG_DSA", /^CKM_DSA/],
  ["ALG_EC", /^CKM_(IBM_)?(EC_(?!AGGREGATE)|ECDSA|ECDH1?_|EDDSA|ED25519|ED448|BTC|ETH)|SCHNORR/],
  ["ALG_DH", /^CKM_(DH_|ECDH1_)/],
  ["DERIVE", /_KEY_DERIVATION$|_DERIVE$|ENCRYPT_DATA$|_KDF$|PUB_KEY_FROM/],
  ["ALG_EC_25519", /25519|448|X25519|X448|^CKM_EDDSA$|EDWARDS|MONTGOMERY|^CKM_ECDH_X_/],
  ["ALG_NBSI2017", /RSA_PKCS$/],
  ["ALG_PQC", /DILITHIUM|KYBER|ML_DSA|ML_KEM|SLH_DSA/],
  ["BTC", /BTC_DERIVE|ETH_DERIVE/],
  ["ECDSA_OTHER", /ECDSA_OTHER|SCHNORR/],
  ["ALG_NFIPS2021", /^CKM_RSA_PKCS$|SHA_?1_(RSA|HMAC|KEY_DERIVATION)|ECDSA_SHA1$|^CKM_DES/],
  ["ALG_NFIPS2024", /^CKM_RSA_PKCS$|SHA_?1_(RSA|HMAC|KEY_DERIVATION)|ECDSA_SHA1$|^CKM_DES/],
  ["ALG_RSA_OAEP", /OAEP|RSA_AES/],
  ["ALG_EC_SECGCRV", /SCHNORR_BIP340/],
  ["NON_ATTRBOUND", /(RSA|ECDH|COF|X)_AES_KEY_WRAP$/],
  ["ALG_EC_PAIRING_FRIENDLY", /EC_AGGREGATE|ETH_DERIVE/],
  ["ALG_DILITHIUM", /DILITHIUM/],
  ["ALG_KYBER", /KYBER/],
  ["ALG_ML_DSA", /ML_DSA/],
  ["ALG_ML_KEM", /ML_KEM/],
  ["ALLOW_PASSPHRASE", /^CKM_P(BE|KCS5)_/],
])("%s off hides %s", (names, hidden) => {
  const policy = without(...names.split(" ").map((name) => ck.xcpCpbNumber(name)!));
  const left = createMechanisms(MECHANISM_TABLE, policy).list().map(ck.ckmName);
  expect(ALL.filter((name) => hidden.test(name)).length).toBeGreaterThan(0);
  expect(left.filter((name) => hidden.test(name))).toEqual([]);
});

test("a control point of functions removes their flags from the remaining mechanisms", () => {
  const flags = (off: number, mechanism: number) =>
    createMechanisms(MECHANISM_TABLE, without(off)).info(mechanism).flags;
  expect(flags(ck.XCP_CPB_NON_ATTRBOUND, ck.CKM_AES_CBC_PAD)).toBe(ck.CKF_ENCRYPT | ck.CKF_DECRYPT);
  expect(flags(ck.XCP_CPB_NON_ATTRBOUND, ck.CKM_IBM_ATTRIBUTEBOUND_WRAP)).toBe(ck.CKF_WRAP | ck.CKF_UNWRAP);
  for (const off of [ck.XCP_CPB_DERIVE, ck.XCP_CPB_KEYGEN_SYMM])
    expect(flags(off, ck.CKM_IBM_EC_AGGREGATE)).toBe(ck.CKF_SIGN);
});

test("no derivation works without XCP_CPB_DERIVE, with or without a base key", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_DERIVE) });
  const mech = { mechanism: ck.CKM_IBM_EC_AGGREGATE, parameter: wire(0, 2, 4, 4, new Uint8Array(4)) };
  const request = { mech, baseKey: new Uint8Array(0), template: new Map() };
  expect(await rvOfCall(policed.deriveKey(request))).toBe(ck.CKR_FUNCTION_CANCELED);
});

test("raw RSA is available only with XCP_CPB_ALG_RAW_RSA", () => {
  const policy = adjustPolicy(HPCS_POLICY, "raw", { on: [ck.xcpCpbNumber("ALG_RAW_RSA")!] });
  expect(ALL).not.toContain("CKM_RSA_X_509");
  expect(createMechanisms(MECHANISM_TABLE, policy).list().map(ck.ckmName)).toContain("CKM_RSA_X_509");
});

const engine = testEngine();

async function genericOf(bytes: number): Promise<Uint8Array> {
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, bytes]]);
  return ck.sealedBytes(
    (await engine.generateKey({ mech: { mechanism: ck.CKM_GENERIC_SECRET_KEY_GEN }, template })).key,
  );
}

test("HMAC keys shorter than half the digest need XCP_CPB_KEYSZ_HMAC_ANY", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_KEYSZ_HMAC_ANY) });
  const data = new Uint8Array(3);
  for (const [bytes, rv] of [
    [15, ck.CKR_FUNCTION_CANCELED],
    [16, 0],
  ] as const) {
    const privKey = await genericOf(bytes);
    for (const mech of [
      { mechanism: ck.CKM_SHA256_HMAC },
      { mechanism: ck.CKM_SHA256_HMAC_GENERAL, parameter: wire(8) },
    ]) {
      expect(await rvOfCall(policed.signSingle({ mech, privKey, data }))).toBe(rv);
      expect(await rvOfCall(policed.signInit({ mech, privKey }))).toBe(rv);
      expect(await rvOfCall(engine.signSingle({ mech, privKey, data }))).toBe(0);
    }
  }
});

test("a login by PIN alone needs XCP_CPB_ALLOW_LOGIN_PRE_F2021", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_ALLOW_LOGIN_PRE_F2021) });
  const request = { storeid: Uint8Array.of(1), pin: new TextEncoder().encode("12345678") };
  expect(await rvOfCall(policed.login(request))).toBe(ck.CKR_FUNCTION_CANCELED);
  expect(await rvOfCall(engine.login(request))).toBe(0);
});

test("keys without a login session need XCP_CPB_ALLOW_NONSESSION", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_ALLOW_NONSESSION) });
  const request = { mech: { mechanism: ck.CKM_SHA256_HMAC }, privKey: await genericOf(32), data: new Uint8Array(1) };
  expect(await rvOfCall(policed.signSingle(request))).toBe(ck.CKR_FUNCTION_CANCELED);
});

test.each([ck.XCP_CPB_ALG_NFIPS2021, ck.XCP_CPB_ALG_NFIPS2024])(
  "control point %i also forbids other names of its mechanisms, and SHA-1 in parameters",
  async (off) => {
    const policed = testEngine({ policy: without(off) });
    const des = ck.sealedBytes(
      (await engine.generateKey({ mech: { mechanism: ck.CKM_DES3_KEY_GEN }, template: new Map() })).key,
    );
    const data = new Uint8Array(20);
    const mac = { mech: { mechanism: ck.CKM_IBM_CMAC }, privKey: des, data };
    const { privKey } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[ck.CKA_MODULUS_BITS, 1024]]),
      privKeyTemplate: new Map([[ck.CKA_SIGN, true]]),
    });
    const pss = (hashMech: number) => {
      const parameter = { type: "RSAPSSParm", hashMech, mgf: 0, saltByteCount: 8 } as const;
      return { mech: { mechanism: ck.CKM_RSA_PKCS_PSS, parameter }, privKey };
    };
    const sha256 = { ...pss(ck.CKM_SHA256), data: new Uint8Array(32) };
    for (const request of [mac, { ...pss(ck.CKM_SHA_1), data }]) {
      expect(await rvOfCall(engine.signSingle(request))).toBe(0);
      expect(await rvOfCall(policed.signSingle(request))).toBe(ck.CKR_FUNCTION_CANCELED);
      const { state } = await engine.signInit(request);
      expect(await rvOfCall(policed.sign({ state, data }))).toBe(ck.CKR_FUNCTION_CANCELED);
    }
    expect(await rvOfCall(policed.signSingle(sha256))).toBe(0);
  },
);

test("no derivation makes secret keys without XCP_CPB_KEYGEN_SYMM", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_KEYGEN_SYMM) });
  const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]]);
  const mech = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
  const derive = policed.deriveKey({ mech, template, baseKey: await genericOf(32) });
  expect(await rvOfCall(derive)).toBe(ck.CKR_FUNCTION_CANCELED);
});

test("passphrases need XCP_CPB_ALLOW_PASSPHRASE", async () => {
  const policed = testEngine({ policy: without(ck.XCP_CPB_ALLOW_PASSPHRASE) });
  const parameter = wire(
    ck.CKP_PKCS5_PBKD2_HMAC_SHA256,
    1000,
    8,
    4,
    new Uint8Array(8),
    new TextEncoder().encode("open"),
  );
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, 32]]);
  const request = { mech: { mechanism: ck.CKM_PKCS5_PBKD2, parameter }, template };
  expect(await rvOfCall(policed.generateKey(request))).toBe(ck.CKR_FUNCTION_CANCELED);
  expect(await rvOfCall(engine.generateKey(request))).toBe(0);
});

test("callers can make public keys attribute-bound only with XCP_CPB_USER_SET_ATTRBOUND", async () => {
  const policed = testEngine({ policy: adjustPolicy(HPCS_POLICY, "binding", { on: [ck.XCP_CPB_USER_SET_ATTRBOUND] }) });
  const { pubKey, privKey } = await engine.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const bind = (on: typeof engine, key: typeof pubKey, value = true) =>
    rvOfCall(
      on.setAttributeValue({ object: ck.sealedBytes(key), attributes: new Map([[ck.CKA_IBM_ATTRBOUND, value]]) }),
    );
  expect(await bind(engine, pubKey)).toBe(ck.CKR_ATTRIBUTE_READ_ONLY);
  expect(await bind(policed, privKey)).toBe(ck.CKR_ATTRIBUTE_READ_ONLY);
  expect(await bind(policed, pubKey)).toBe(0);
  expect(await bind(policed, pubKey, false)).toBe(0);
});

test("a public key without MAC is a KEK only with XCP_CPB_WRAP_WITH_RAW_SPKI", async () => {
  const policed = testEngine({ policy: adjustPolicy(HPCS_POLICY, "raw", { on: [ck.XCP_CPB_WRAP_WITH_RAW_SPKI] }) });
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: new Map<number, ck.AttributeValue>([[ck.CKA_MODULUS_BITS, 1024]]),
    privKeyTemplate: new Map(),
  });
  const attributes = [ck.CKA_PUBLIC_KEY_INFO];
  const response = await engine.getAttributeValue({ object: ck.sealedBytes(pubKey), attributes });
  const kek = response.attributes.get(ck.CKA_PUBLIC_KEY_INFO) as Uint8Array;
  const request = { mech: { mechanism: ck.CKM_RSA_PKCS }, key: await genericOf(16), kek };
  expect(await rvOfCall(engine.wrapKey(request))).toBe(ck.CKR_FUNCTION_CANCELED);
  expect(await rvOfCall(policed.wrapKey(request))).toBe(0);
});
