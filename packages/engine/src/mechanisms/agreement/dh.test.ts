import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { fromBigInt, padLeft, toBigInt } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, publicKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { parseDhParameters } from "../../primitives/keys/integer-formats.ts";
import { encodePrivateKey, parsePrivateKey, parsePublicKey } from "../../primitives/keys/key-encodings.ts";
import { importPrivateKey } from "../../primitives/keys/key-import.ts";
import type { DhPrivateKey, DhPublicKey } from "../../primitives/keys/keys.ts";
import { publicKeyOfPrivate } from "../../primitives/keys/public-key.ts";
import { dhDerive, dhKeyPairGen, dhParameterGen } from "./dh.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const NONE: ck.Template = new Map();
const SECRET: ck.Template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]]);
const NO_INPUT = { data: new Uint8Array(0), parameterKeys: [] };

function derive(pkcs8: Uint8Array, publicValue: Uint8Array, template = SECRET) {
  return dhDerive.derive!(privateKey(ck.CKK_DH, pkcs8), publicValue, { template, ...NO_INPUT }, random).key;
}

/** Maximum length of a key in bytes. Only this many bytes of a shared secret are compared. */
const LONGEST = 256;
const longest: ck.Template = new Map([...SECRET, [ck.CKA_VALUE_LEN, LONGEST]]);

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly prime: string;
  readonly base: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly peerPrivateKey?: string;
  readonly peerPublicKey: string;
  readonly sharedSecret: string;
  readonly domainParameters: string;
  readonly pkcs8: string;
}

describeVectors<{ cases: Case[] }>("ep11/dsa-dh.json", ({ cases }) => {
  const exchanges = cases.filter(({ kind }) => kind === "DH");
  const pkcs8Of = ({ prime, base, privateKey: value }: Case) =>
    encodePrivateKey({ type: "dh", prime: hex(prime), base: hex(base), privateValue: hex(value) });

  test.each(exchanges.filter(({ sharedSecret }) => sharedSecret !== undefined))("$name", (vector) => {
    const peer = hex(vector.peerPublicKey);
    const template = vector.prime.length > 2 * LONGEST ? longest : SECRET;
    const secret = hex(vector.sharedSecret).slice(-LONGEST);
    expect(derive(hex(vector.pkcs8), peer, template).value).toEqual(secret);
    const peerKey = pkcs8Of({ ...vector, privateKey: vector.peerPrivateKey! });
    expect(derive(peerKey, hex(vector.publicKey), template).value).toEqual(secret);
    const minimal = peer.subarray(peer.findIndex((byte) => byte !== 0));
    expect(derive(hex(vector.pkcs8), minimal, template).value).toEqual(secret);
    expect(derive(hex(vector.pkcs8), Uint8Array.of(0, ...peer), template).value).toEqual(secret);
  });

  test.each(exchanges.filter(({ sharedSecret }) => sharedSecret === undefined))("$name", (vector) => {
    expect(() => derive(pkcs8Of(vector), hex(vector.peerPublicKey))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });

  const modp = exchanges.find(({ name }) => name === "dh-modp-2048-0")!;

  test("peers outside the group", () => {
    const p = toBigInt(hex(modp.prime));
    // The base is a square, so all members of its group are squares. p - 4 is not a square, because p is 3 modulo 4.
    for (const value of [0n, 1n, p - 1n, p, p + 1n, p - 4n, p + 4n, p << 16n]) {
      expect(() => derive(hex(modp.pkcs8), fromBigInt(value))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
    expect(derive(hex(modp.pkcs8), fromBigInt(4n)).value.length).toBe(256);
    expect(() => derive(hex(modp.pkcs8), new Uint8Array(0))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });

  test("the trailing bytes make the key", () => {
    const aes: ck.Template = new Map([
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 16],
    ]);
    const secret = hex(modp.sharedSecret);
    expect(derive(hex(modp.pkcs8), hex(modp.peerPublicKey), aes)).toMatchObject({ value: secret.slice(-16) });
    const asking = (template: ck.Template) => () => derive(hex(modp.pkcs8), hex(modp.peerPublicKey), template);
    expect(asking(NONE)).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    expect(asking(new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]]))).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    expect(asking(new Map([...SECRET, [ck.CKA_VALUE_LEN, 257]]))).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    const small = exchanges.find(({ name }) => name === "dh-1024")!;
    expect(() => derive(hex(small.pkcs8), hex(small.peerPublicKey), longest)).toThrow(
      ckr(ck.CKR_TEMPLATE_INCONSISTENT),
    );
  });

  test("the base key is a private key", () => {
    const key = publicKey(ck.CKK_DH, publicKeyOfPrivate(hex(modp.pkcs8)));
    expect(() => dhDerive.requireKey!(key, fromBigInt(4n))).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
  });

  describe("key pairs of given parameters", () => {
    const small = exchanges.find(({ name }) => name === "dh-1024")!;
    const [prime, base] = [hex(small.prime), hex(small.base)];
    const p = toBigInt(prime);
    const separate = (): Map<number, Uint8Array> =>
      new Map([
        [ck.CKA_PRIME, prime],
        [ck.CKA_BASE, base],
      ]);
    const structured = (parameters: Uint8Array): ck.Template => new Map([[ck.CKA_IBM_STRUCT_PARAMS, parameters]]);

    test.each([
      ["a SEQUENCE", structured(hex(small.domainParameters))],
      ["concatenated numbers", structured(Uint8Array.of(...prime, ...padLeft(base, 128)))],
      ["single attributes", separate()],
    ])("from %s", (_, template: ck.Template) => {
      expectAgreement(template, NONE);
    });

    test.each([
      ["nothing", NONE, ck.CKR_TEMPLATE_INCOMPLETE],
      ["no base", new Map([[ck.CKA_PRIME, prime]]), ck.CKR_TEMPLATE_INCOMPLETE],
      ["DSA parameters", structured(Uint8Array.of(0x30, 3, 2, 1, 5)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["an odd length", structured(new Uint8Array(255).fill(0xff)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a short prime", separate().set(ck.CKA_PRIME, prime.subarray(64)), ck.CKR_KEY_SIZE_RANGE],
      ["a p that is not prime", separate().set(ck.CKA_PRIME, fromBigInt(p + 4n)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a base of 1", separate().set(ck.CKA_BASE, Uint8Array.of(1)), ck.CKR_DOMAIN_PARAMS_INVALID],
      ["a base of p - 1", separate().set(ck.CKA_BASE, fromBigInt(p - 1n)), ck.CKR_DOMAIN_PARAMS_INVALID],
    ])("refused: %s", (_, template: ck.Template, rv) => {
      expect(() => dhKeyPairGen.generateKeyPair!(undefined, template, NONE, random)).toThrow(ckr(rv));
    });
  });
});

function expectAgreement(publicTemplate: ck.Template, privateTemplate: ck.Template): DhPrivateKey {
  const [ours, theirs] = [0, 1].map(() =>
    dhKeyPairGen.generateKeyPair!(undefined, publicTemplate, privateTemplate, random),
  );
  expect(ours!.publicKey).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_DH });
  expect(ours!.privateKey).toMatchObject({ objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_DH });
  expect(importPrivateKey(ours!.privateKey.value)).toEqual(parsePrivateKey(ours!.privateKey.value));
  const value = (spki: Uint8Array) => (parsePublicKey(spki) as DhPublicKey).publicValue;
  const template: ck.Template = new Map([...SECRET, [ck.CKA_VALUE_LEN, 100]]);
  const secret = derive(ours!.privateKey.value, value(theirs!.publicKey.value), template);
  expect(derive(theirs!.privateKey.value, value(ours!.publicKey.value), template)).toEqual(secret);
  return parsePrivateKey(ours!.privateKey.value) as DhPrivateKey;
}

describe("groups", () => {
  const ofSize = (bits: number): ck.Template => new Map([[ck.CKA_PRIME_BITS, bits]]);

  test.each([1024, 1536, 2048, 3072])("of %i bits", (bits) => {
    const made = dhParameterGen.generateKey!(undefined, ofSize(bits), random);
    expect(made).toMatchObject({ objectClass: ck.CKO_DOMAIN_PARAMETERS, keyType: ck.CKK_DH });
    expect(parseDhParameters(made.value).prime.length).toBe(bits / 8);
    const template: ck.Template = new Map([[ck.CKA_IBM_STRUCT_PARAMS, made.value]]);
    expect(expectAgreement(template, NONE).privateValue.length).toBeLessThanOrEqual(40);
    expect(expectAgreement(template, new Map([[ck.CKA_VALUE_BITS, 0]])).privateValue.length).toBeLessThanOrEqual(40);
    expect(expectAgreement(template, new Map([[ck.CKA_VALUE_BITS, 200]])).privateValue.length).toBeLessThanOrEqual(25);
    const longest = expectAgreement(template, new Map([[ck.CKA_VALUE_BITS, bits]]));
    expect(longest.privateValue.length).toBeGreaterThan(bits / 8 - 8);
    const weak = () => dhKeyPairGen.generateKeyPair!(undefined, template, new Map([[ck.CKA_VALUE_BITS, 100]]), random);
    expect(weak).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
  });

  test("of other sizes there are none", () => {
    for (const bits of [512, 2047, 4096]) {
      expect(() => dhParameterGen.generateKey!(undefined, ofSize(bits), random)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    }
    expect(() => dhParameterGen.generateKey!(undefined, NONE, random)).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
  });
});
