import { createHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, publicKey } from "../../../test/keys.ts";
import { reader } from "../../../test/parameters.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { wire } from "../../../test/wire.ts";
import { type Curve, ED448, ED25519, P_256, SECP256K1, X448, X25519 } from "../../primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../primitives/ec/ec-point.ts";
import { PURE } from "../../primitives/ec/eddsa.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import type { Family } from "../family.ts";
import { edwardsKeyPairGen, montgomeryKeyPairGen } from "../keygen/ec-keygen.ts";
import { rsaPkcsKeyPairGen } from "../rsa/rsa-keygen.ts";
import { rsaX509 } from "../rsa/rsa-x509.ts";
import { ed448, ed25519, eddsa } from "./eddsa.ts";
import { schnorrBip340 } from "./schnorr-bip340.ts";

const eddsaForm = reader(ck.CKM_EDDSA);
const random = (length: number) => createHash("shake256", { outputLength: length }).update("random").digest();
const text = new TextEncoder().encode("some words");

function pairOf(curve: Curve) {
  const key = generateEcKeyPair(curve, (length) => new Uint8Array(length).fill(1));
  return { priv: privateKey(ck.CKK_EC, encodePrivateKey(key)), pub: publicKey(ck.CKK_EC, encodePublicKey(key)) };
}

describe("CKM_EDDSA", () => {
  test("without parameter is the plain signature of either curve", () => {
    for (const [curve, plain] of [
      [ED25519, ed25519],
      [ED448, ed448],
    ] as const) {
      const { priv, pub } = pairOf(curve);
      eddsa.requireKey!(priv, eddsaForm(undefined));
      const signature = eddsa.sign!(priv, eddsaForm(new Uint8Array(0)), text, random);
      expect(signature).toEqual(plain.sign!(priv, undefined, text, random));
      expect(plain.verify!(pub, undefined, text, signature)).toBe(true);
      expect(() => eddsa.verify!(pub, undefined, text, signature.subarray(1))).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    }
  });

  test("takes context and pre-hash from the parameter", () => {
    const { priv, pub } = pairOf(ED25519);
    const form = eddsaForm(wire(1, 3, Uint8Array.of(1, 2, 3)));
    expect(form).toEqual({ prehash: true, context: Uint8Array.of(1, 2, 3) });
    const signature = eddsa.sign!(priv, form, text, random);
    expect(eddsa.verify!(pub, form, text, signature)).toBe(true);
    expect(eddsa.verify!(pub, undefined, text, signature)).toBe(false);
  });

  test("refuses other curves and parameters", () => {
    expect(() => eddsa.requireKey!(pairOf(X25519).priv, undefined)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
    expect(() => eddsa.requireKey!(pairOf(ED25519).priv, PURE)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    eddsa.requireKey!(pairOf(ED448).priv, PURE);
    for (const wrong of [wire(0), wire(2, 0), wire(0, 1), wire(0, 256, new Uint8Array(256)), wire(0, 0, 0)]) {
      expect(() => eddsaForm(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });
});

test.each<[string, Family<undefined>, readonly Curve[]]>([
  ["CKM_EC_EDWARDS_KEY_PAIR_GEN", edwardsKeyPairGen, [ED25519, ED448]],
  ["CKM_EC_MONTGOMERY_KEY_PAIR_GEN", montgomeryKeyPairGen, [X25519, X448]],
])("%s makes keys on its own curves only", (_name, family, curves) => {
  for (const curve of [ED25519, ED448, X25519, X448, P_256]) {
    const generate = () =>
      family.generateKeyPair!(undefined, new Map([[ck.CKA_EC_PARAMS, curve.oid]]), new Map(), random);
    if (curves.includes(curve)) expect(generate().publicKey.keyType).toBe(ck.CKK_EC);
    else expect(generate).toThrow(ckr(ck.CKR_CURVE_NOT_SUPPORTED));
  }
});

describe("CKM_GREP11_SCHNORR_BIP340", () => {
  test("signs and verifies on secp256k1 only", () => {
    const { priv, pub } = pairOf(SECP256K1);
    schnorrBip340.requireKey!(priv, undefined);
    const signature = schnorrBip340.sign!(priv, undefined, text, random);
    expect(schnorrBip340.verify!(pub, undefined, text, signature)).toBe(true);
    expect(schnorrBip340.verify!(pub, undefined, signature, signature)).toBe(false);
    const short = () => schnorrBip340.verify!(pub, undefined, text, signature.subarray(1));
    expect(short).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    expect(() => schnorrBip340.requireKey!(pairOf(P_256).pub, undefined)).toThrow(ckr(ck.CKR_MECHANISM_INVALID));
  });
});

interface RawCase {
  readonly name: string;
  readonly scheme: string;
  readonly input: string;
  readonly privateOperation: string;
  readonly publicOperation: string;
  readonly keyOf: string;
  readonly key: { readonly spki: string; readonly pkcs8: string };
}

describeVectors<{ cases: readonly RawCase[] }>("ep11/rsa.json", ({ cases }) => {
  test.each(cases.filter(({ scheme }) => scheme === "RAW"))("$name", ({ keyOf, input, ...expected }) => {
    const { key } = cases.find(({ name }) => name === keyOf)!;
    const [priv, pub] = [privateKey(ck.CKK_RSA, hex(key.pkcs8)), publicKey(ck.CKK_RSA, hex(key.spki))];
    expect(rsaX509.sign!(priv, undefined, hex(input), random)).toEqual(hex(expected.privateOperation));
    expect(rsaX509.decrypt!(priv, undefined, hex(input))).toEqual(hex(expected.privateOperation));
    expect(rsaX509.encrypt!(pub, undefined, hex(input), random)).toEqual(hex(expected.publicOperation));
    expect(rsaX509.verify!(pub, undefined, hex(input), hex(expected.privateOperation))).toBe(true);
    expect(rsaX509.verify!(pub, undefined, hex(input), hex(expected.publicOperation))).toBe(false);
  });
});

test("CKM_RSA_X_509 takes numbers below the modulus, however short", () => {
  const pair = rsaPkcsKeyPairGen.generateKeyPair!(undefined, new Map([[ck.CKA_MODULUS_BITS, 1024]]), new Map(), random);
  const [priv, pub] = [openedKey(pair.privateKey), openedKey(pair.publicKey)];
  for (const number of [new Uint8Array(0), Uint8Array.of(7), new Uint8Array(128).fill(1)]) {
    const signature = rsaX509.sign!(priv, undefined, number, random);
    expect(signature).toHaveLength(128);
    expect(rsaX509.verify!(pub, undefined, number, signature)).toBe(true);
    const plain = rsaX509.decrypt!(priv, undefined, rsaX509.encrypt!(pub, undefined, number, random));
    expect(plain.subarray(128 - number.length)).toEqual(number);
  }
  expect(() => rsaX509.sign!(priv, undefined, new Uint8Array(129), random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  const large = new Uint8Array(128).fill(0xff);
  expect(() => rsaX509.encrypt!(pub, undefined, large, random)).toThrow(ckr(ck.CKR_DATA_INVALID));
  expect(() => rsaX509.decrypt!(priv, undefined, new Uint8Array(127))).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
});
