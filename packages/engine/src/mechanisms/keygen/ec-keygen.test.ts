import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { ckr } from "../../../test/keys.ts";
import { hex } from "../../../test/vectors.ts";
import { CURVES, curveOfName, P_256 } from "../../primitives/ec/curves.ts";
import { curveOf, parsePrivateKey } from "../../primitives/keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../../primitives/keys/key-import.ts";
import { publicKeyOfPrivate } from "../../primitives/keys/public-key.ts";
import { ecKeyPairGen } from "./ec-keygen.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const ascii = (text: string) => new TextEncoder().encode(text);
const naming = (parameters: Uint8Array): ck.Template => new Map([[ck.CKA_EC_PARAMS, parameters]]);

function generate(publicTemplate: ck.Template, privateTemplate: ck.Template = new Map()) {
  return ecKeyPairGen.generateKeyPair!(undefined, publicTemplate, privateTemplate, random);
}

describe("every curve OpenSSL has", () => {
  test.each(CURVES.filter(({ opensslName }) => opensslName !== undefined))("$name", (curve) => {
    const { publicKey, privateKey } = generate(naming(curve.oid));
    expect(publicKey).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_EC });
    expect(privateKey).toMatchObject({ objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC });
    expect(curveOf(publicKey.value)).toBe(curve);
    expect(importPublicKey(publicKey.value)).toMatchObject({ curve });
    expect(importPrivateKey(privateKey.value)).toEqual(parsePrivateKey(privateKey.value));
    expect(publicKeyOfPrivate(privateKey.value)).toEqual(publicKey.value);
    expect(generate(naming(curve.oid)).privateKey.value).not.toEqual(privateKey.value);
  });
});

describe("CKA_EC_PARAMS", () => {
  test.each([
    ["P-256", "P-256"],
    ["BP-160R", "brainpoolP160r1"],
    ["BP-512T", "brainpoolP512t1"],
    ["SECP256K1", "secp256k1"],
    ["curve25519", "X25519"],
    ["x448", "X448"],
    ["ed25519", "Ed25519"],
    ["ed448", "Ed448"],
  ])("may be the name %s", (name, curve) => {
    expect(curveOf(generate(naming(ascii(name))).publicKey.value)).toBe(curveOfName(curve));
  });

  test("may be a PrintableString", () => {
    const { publicKey } = generate(naming(Uint8Array.of(0x13, 12, ...ascii("edwards25519"))));
    expect(curveOf(publicKey.value)).toBe(curveOfName("Ed25519"));
  });

  test("may be in the private template alone or in both, but must not differ", () => {
    const template = naming(P_256.oid);
    expect(curveOf(generate(template, naming(P_256.oid.slice())).privateKey.value)).toBe(P_256);
    expect(curveOf(generate(new Map(), template).privateKey.value)).toBe(P_256);
    expect(() => generate(template, naming(ascii("P-384")))).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
  });

  test.each([
    ["absent", undefined, ck.CKR_TEMPLATE_INCOMPLETE],
    ["an unknown OBJECT IDENTIFIER", der.oid("1.2.3"), ck.CKR_CURVE_NOT_SUPPORTED],
    ["a curve of this kind in characteristic 2", der.oid("1.3.132.0.1"), ck.CKR_CURVE_NOT_SUPPORTED],
    ["an unknown name", ascii("P-257"), ck.CKR_CURVE_NOT_SUPPORTED],
    ["a curve given by its equation", der.sequence(der.smallInteger(1)), ck.CKR_CURVE_NOT_SUPPORTED],
    ["empty", new Uint8Array(0), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    ["an OBJECT IDENTIFIER cut off", P_256.oid.subarray(0, 9), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    ["an OBJECT IDENTIFIER and more", Uint8Array.of(...P_256.oid, 0), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    ["of another type", hex("0500"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
  ])("%s", (_, parameters, rv) => {
    const template: ck.Template = parameters === undefined ? new Map() : naming(parameters);
    expect(() => generate(template)).toThrow(ckr(rv));
  });
});
