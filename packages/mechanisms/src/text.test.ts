import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { createMechanism, definitionOf } from "./mechanisms.ts";
import { carriedLength, ParameterTextError, parseParameter, textMembers, withCarried } from "./text.ts";

const parse = (mechanism: number, texts: Record<string, string>) =>
  parseParameter(definitionOf(mechanism)!.parameter, new Map(Object.entries(texts)));

test("text says what builders say", () => {
  expect(parse(ck.CKM_AES_GCM, { iv: "0102", tag: "13" })).toEqual(
    createMechanism(ck.CKM_AES_GCM, { iv: Uint8Array.of(1, 2), tagLength: 13 }).parameter,
  );
  expect(parse(ck.CKM_RSA_PKCS_OAEP, { hash: "SHA-512", mgf: "sha3_256", label: "0x" })).toEqual(
    createMechanism(ck.CKM_RSA_PKCS_OAEP, { hash: "sha512", mgf: "sha3-256", label: new Uint8Array(0) }).parameter,
  );
  expect(parse(ck.CKM_ML_DSA, { deterministic: "true" })).toEqual(
    createMechanism(ck.CKM_ML_DSA, { deterministic: true }).parameter,
  );
  expect(parse(ck.CKM_RSA_AES_KEY_WRAP, { bits: "128" })).toEqual(
    createMechanism(ck.CKM_RSA_AES_KEY_WRAP, { aesBits: 128, hash: "sha256" }).parameter,
  );
});

test("what may be left out", () => {
  expect(parse(ck.CKM_RSA_PKCS_PSS, {})).toEqual(createMechanism(ck.CKM_RSA_PKCS_PSS, { hash: "sha256" }).parameter);
  expect(parse(ck.CKM_EDDSA, {})).toBeUndefined();
  expect(parse(ck.CKM_AES_GMAC, {})).toBeUndefined();
  expect(parse(ck.CKM_ECDH1_DERIVE, {})).toMatchObject({ kdf: ck.CKD_NULL, publicData: new Uint8Array(0) });
});

test("IVs that are not written are carried", () => {
  const { parameter } = definitionOf(ck.CKM_AES_GCM)!;
  expect(carriedLength(parameter)).toBe(12);
  expect(parse(ck.CKM_AES_GCM, {})).toBeUndefined();
  expect(() => parse(ck.CKM_AES_GCM, { tag: "16" })).toThrow("tag without iv=");
  const iv = new Uint8Array(12);
  expect(withCarried(parameter, iv)).toEqual(createMechanism(ck.CKM_AES_GCM, { iv }).parameter);
  expect(carriedLength(definitionOf(ck.CKM_AES_XTS)!.parameter)).toBeUndefined();
});

test("keys and passwords are not text", () => {
  expect(textMembers(definitionOf(ck.CKM_HKDF_DERIVE)!.parameter).map(({ key }) => key)).not.toContain("saltKey");
  expect(() => parse(ck.CKM_PKCS5_PBKD2, { password: "00" })).toThrow(ParameterTextError);
});

test.each([
  [ck.CKM_AES_CBC, { iv: "" }],
  [ck.CKM_AES_CBC, { iv: "0g" }],
  [ck.CKM_AES_CBC, { block: "00" }],
  [ck.CKM_AES_CCM, { nonce: "00" }],
  [ck.CKM_SHA256_HMAC_GENERAL, { length: "4.5" }],
  [ck.CKM_SHA256_HMAC_GENERAL, {}],
  [ck.CKM_EDDSA, { prehash: "yes" }],
  [ck.CKM_IBM_ECDSA_OTHER, { type: "rsa" }],
  [ck.CKM_IBM_ECDSA_OTHER, {}],
  [ck.CKM_SHA256, { iv: "00" }],
])("CKM_ %i does not take %o", (mechanism, texts) => {
  expect(() => parse(mechanism, texts)).toThrow(ParameterTextError);
});
