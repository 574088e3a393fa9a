import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, secretKey } from "../../../test/keys.ts";
import type { Key } from "../../objects/key.ts";
import { encodePrivateKey, parsePrivateKey, parsePublicKey } from "../../primitives/keys/key-encodings.ts";
import * as rsa from "../../primitives/rsa/rsa.ts";
import { privateOperation } from "../../primitives/rsa/rsa-private.ts";
import { substituteSecret } from "../../primitives/rsa/rsa-substitute.ts";
import type { Family } from "../family.ts";
import { rsaPkcsKeyPairGen, rsaX931KeyPairGen } from "./rsa-keygen.ts";
import { rsaOaep } from "./rsa-oaep.ts";
import { rsaPkcs, rsaPkcsHash } from "./rsa-pkcs1.ts";
import { rsaPss, rsaPssHash } from "./rsa-pss.ts";
import { rsaX931, rsaX931Hash } from "./rsa-x931.ts";

const random = (length: number) => Uint8Array.from(randomBytes(length));

function pairOf(template: ck.Template, family: Family<undefined> = rsaPkcsKeyPairGen): { signer: Key; verifier: Key } {
  const pair = family.generateKeyPair!(undefined, template, new Map(), random);
  return { signer: openedKey(pair.privateKey), verifier: openedKey(pair.publicKey) };
}

const { signer, verifier } = pairOf(new Map([[ck.CKA_MODULUS_BITS, 1024]]));
const text = new TextEncoder().encode("some words that are not secret");
const oaep = { hash: "sha256", mgf: "sha256", label: new Uint8Array(0) } as const;
const oaepMixed = { hash: "sha256", mgf: "sha1", label: text } as const;
const pss = { hash: "sha256", mgf: "sha1", saltLength: 20 } as const;

describe("key generation", () => {
  test.each([
    [17, 17],
    [65537, 65537],
    [0xffffffff, 0xffffffff],
    [Uint8Array.of(1, 0, 1), 65537],
    [Uint8Array.of(0, 0, 0, 0, 17), 17],
    [undefined, 65537],
  ])("public exponent %s", (asked, expected) => {
    const template = new Map<number, number | Uint8Array>([[ck.CKA_MODULUS_BITS, 520]]);
    if (asked !== undefined) template.set(ck.CKA_PUBLIC_EXPONENT, asked);
    const key = parsePublicKey(pairOf(template).verifier.value);
    if (key.type !== "rsa") throw new Error("not RSA");
    expect(key.modulus).toHaveLength(65);
    expect(Number(`0x${Buffer.from(key.publicExponent).toString("hex")}`)).toBe(expected);
  });

  const wrongSizes: [ck.Template, number][] = [
    [new Map(), ck.CKR_TEMPLATE_INCOMPLETE],
    [new Map([[ck.CKA_MODULUS_BITS, 504]]), ck.CKR_KEY_SIZE_RANGE],
    [new Map([[ck.CKA_MODULUS_BITS, 4104]]), ck.CKR_KEY_SIZE_RANGE],
    [new Map([[ck.CKA_MODULUS_BITS, 1025]]), ck.CKR_KEY_SIZE_RANGE],
  ];
  const wrongExponents = [0, 1, 3, 15, 18, 65536, 2 ** 32 + 1, Uint8Array.of(1, 0, 0, 0, 1), new Uint8Array(0), true];

  test.each([
    ...wrongSizes,
    ...wrongExponents.map((exponent): [ck.Template, number] => [
      new Map<number, ck.AttributeValue>([
        [ck.CKA_MODULUS_BITS, 512],
        [ck.CKA_PUBLIC_EXPONENT, exponent],
      ]),
      ck.CKR_ATTRIBUTE_VALUE_INVALID,
    ]),
  ])("refuses %s", (template, rv) => {
    expect(() => pairOf(template)).toThrow(ckr(rv));
  });

  test("X9.31 keys sign", () => {
    const pair = pairOf(new Map([[ck.CKA_MODULUS_BITS, 512]]), rsaX931KeyPairGen);
    const family = rsaX931Hash("sha1");
    const signature = family.sign!(pair.signer, undefined, text, random);
    expect(family.verify!(pair.verifier, undefined, text, signature)).toBe(true);
  });
});

describe("encryption", () => {
  test.each([
    ["PKCS #1", rsaPkcs as Family, undefined, 117],
    ["OAEP", rsaOaep as Family, oaep, 62],
    ["OAEP with two hashes", rsaOaep as Family, oaepMixed, 62],
  ])("%s: there and back, at every length", (_name, family, parameter, longest) => {
    for (const length of [0, 1, 16, longest]) {
      const plain = new Uint8Array(length).fill(length);
      const ciphered = family.encrypt!(verifier, parameter, plain, random);
      expect(ciphered).toHaveLength(128);
      expect(family.decrypt!(signer, parameter, ciphered)).toEqual(plain);
    }
    const tooLong = () => family.encrypt!(verifier, parameter, new Uint8Array(longest + 1), random);
    expect(tooLong).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    for (const length of [0, 127, 129]) {
      const decrypt = () => family.decrypt!(signer, parameter, new Uint8Array(length));
      expect(decrypt).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
    const notBelow = () => family.decrypt!(signer, parameter, new Uint8Array(128).fill(0xff));
    expect(notBelow).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
  });

  test("a hash too long for the key leaves no room for a message", () => {
    const parameter = { hash: "sha512", mgf: "sha1", label: text } as const;
    expect(() => rsaOaep.encrypt!(verifier, parameter, text, random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    const decrypt = () => rsaOaep.decrypt!(signer, parameter, new Uint8Array(128).fill(1));
    expect(decrypt).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
  });

  test("the random bytes of PKCS #1 padding are never zero", () => {
    let calls = 0;
    const mostlyZero = (length: number) => new Uint8Array(length).fill(++calls, 0, Math.ceil(length / 2));
    const ciphered = rsaPkcs.encrypt!(verifier, undefined, text, mostlyZero);
    expect(rsaPkcs.decrypt!(signer, undefined, ciphered)).toEqual(text);
    expect(calls).toBeGreaterThan(1);
  });

  test.each([
    ["one hash", oaep],
    ["two hashes", oaepMixed],
  ] as const)("every broken OAEP is one error: %s", (_name, parameter) => {
    const ciphered = rsaOaep.encrypt!(verifier, parameter, text, random);
    const encoded = privateOperation(rsa.rsaPrivateKey(signer.value), ciphered);
    const broken = Array.from(encoded.keys(), (index) => encoded.with(index, encoded[index]! ^ 1));
    for (const block of [...broken, new Uint8Array(128), new Uint8Array(128).fill(1)]) {
      const other = rsa.publicOperation(rsa.rsaPublicKey(verifier.value), block);
      if (other === undefined) continue;
      expect(() => rsaOaep.decrypt!(signer, parameter, other)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    }
    const otherLabel = { ...parameter, label: Uint8Array.of(1) };
    expect(() => rsaOaep.decrypt!(signer, otherLabel, ciphered)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
  });
});

describe("signatures", () => {
  const digest = new Uint8Array(32).fill(3);

  test.each([
    ["PKCS #1", rsaPkcs as Family, undefined, digest],
    ["PKCS #1 of nothing", rsaPkcs as Family, undefined, new Uint8Array(0)],
    ["SHA-224 with PKCS #1", rsaPkcsHash("sha224") as Family, undefined, text],
    ["SHA-512/256 with PKCS #1", rsaPkcsHash("sha512-256") as Family, undefined, text],
    ["SHA3-384 with PKCS #1", rsaPkcsHash("sha3-384") as Family, undefined, text],
    ["PSS", rsaPss as Family, pss, digest],
    ["PSS with the longest salt", rsaPss as Family, { ...pss, saltLength: 94 }, digest],
    ["SHA-256 with PSS", rsaPssHash("sha256") as Family, pss, text],
    ["X9.31", rsaX931 as Family, undefined, digest],
    ["X9.31 with the longest data", rsaX931 as Family, undefined, new Uint8Array(126).fill(7)],
    ["SHA-224 with X9.31", rsaX931Hash("sha224") as Family, undefined, text],
  ])("%s", (_name, family, parameter, data) => {
    const signature = family.sign!(signer, parameter, data, random);
    expect(signature).toHaveLength(128);
    expect(family.verify!(verifier, parameter, data, signature)).toBe(true);
    expect(family.verify!(verifier, parameter, data, signature.with(77, signature[77]! ^ 4))).toBe(false);
    expect(family.verify!(verifier, parameter, data, new Uint8Array(128))).toBe(false);
    expect(family.verify!(verifier, parameter, data, new Uint8Array(128).fill(0xff))).toBe(false);
    if (data.length > 0) expect(family.verify!(verifier, parameter, data.with(0, 99), signature)).toBe(false);
    for (const length of [0, 127, 129]) {
      const verify = () => family.verify!(verifier, parameter, data, new Uint8Array(length));
      expect(verify).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    }
  });

  test("lengths of data", () => {
    const sign = (family: Family, length: number, parameter?: unknown) => () =>
      family.sign!(signer, parameter, new Uint8Array(length), random);
    expect(sign(rsaPkcs as Family, 117)()).toHaveLength(128);
    expect(sign(rsaPkcs as Family, 118)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(sign(rsaX931 as Family, 127)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(sign(rsaPss as Family, 31, pss)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(sign(rsaPss as Family, 32, { ...pss, saltLength: 95 })).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });

  test("a key too small for the hash", () => {
    const small = pairOf(new Map([[ck.CKA_MODULUS_BITS, 512]])).signer;
    expect(() => rsaPkcsHash("sha512").sign!(small, undefined, text, random)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    expect(() => rsaX931Hash("sha512").sign!(small, undefined, text, random)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    const scheme = { hash: "sha512", mgf: "sha512", saltLength: 0 } as const;
    expect(() => rsaPssHash("sha512").sign!(small, scheme, text, random)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
  });

  test("X9.31 needs a modulus of whole bytes", () => {
    const odd = privateKey(ck.CKK_RSA, rsa.generateRsaKeyPair(513, 65537).pkcs8);
    expect(() => rsaX931.requireKey!(odd, undefined)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    expect(() => rsaX931.requireKey!(verifier, undefined)).not.toThrow();
  });

  test("a running state of another hash is refused", () => {
    const family = rsaPkcsHash("sha256");
    const foreign = rsaPkcsHash("sha512").signatureInit!(signer, undefined);
    for (const runningState of [foreign, new Uint8Array(0)]) {
      expect(() => family.signatureUpdate!(signer, undefined, runningState, text)).toThrow(
        ckr(ck.CKR_SAVED_STATE_INVALID),
      );
      expect(() => family.signFinal!(signer, undefined, runningState, random)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
    }
  });

  test("a fault in the private key gives no wrong signature", () => {
    const key = parsePrivateKey(signer.value);
    if (key.type !== "rsa") throw new Error("not RSA");
    const right = rsaPkcs.sign!(signer, undefined, text, random);
    for (const part of ["coefficient", "exponent1", "exponent2"] as const) {
      const faulty = encodePrivateKey({ ...key, [part]: key[part].with(-1, key[part].at(-1)! ^ 2) });
      const signature = attempt(() => rsaPkcs.sign!(privateKey(ck.CKK_RSA, faulty), undefined, text, random));
      if (signature !== undefined) expect(signature).toEqual(right);
    }
  });
});

describe("key transport", () => {
  const target = secretKey(
    ck.CKK_AES,
    Uint8Array.from({ length: 32 }, (_, index) => index),
  );
  const aesTarget = { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, valueLen: 32 };

  test.each([
    ["PKCS #1", rsaPkcs as Family, undefined],
    ["OAEP", rsaOaep as Family, oaep],
    ["OAEP with two hashes", rsaOaep as Family, oaepMixed],
  ])("%s", (_name, family, parameter) => {
    const wrapped = family.wrap!(verifier, parameter, target, undefined, random);
    expect(family.unwrap!(signer, parameter, wrapped, aesTarget, undefined).value).toEqual(target.value);
    expect(family.decrypt!(signer, parameter, wrapped)).toEqual(target.value);
    const wrap = (key: Key) => () => family.wrap!(verifier, parameter, key, undefined, random);
    expect(wrap(privateKey(ck.CKK_EC, target.value))).toThrow(ckr(ck.CKR_KEY_NOT_WRAPPABLE));
    expect(wrap(secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(128)))).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    const unwrap = (bytes: Uint8Array) => () => family.unwrap!(signer, parameter, bytes, aesTarget, undefined);
    expect(unwrap(wrapped.subarray(1))).toThrow(ckr(ck.CKR_WRAPPED_KEY_LEN_RANGE));
    expect(unwrap(new Uint8Array(128).fill(0xff))).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test("OAEP refuses what it cannot open", () => {
    const unwrap = () => rsaOaep.unwrap!(signer, oaep, new Uint8Array(128).fill(1), aesTarget, undefined);
    expect(unwrap).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test("PKCS #1 must be told how long the key is", () => {
    const wrapped = rsaPkcs.wrap!(verifier, undefined, target, undefined, random);
    const unwrap = (keyType: number, valueLen: number | undefined) => () =>
      rsaPkcs.unwrap!(signer, undefined, wrapped, { objectClass: ck.CKO_SECRET_KEY, keyType, valueLen }, undefined)
        .value;
    expect(unwrap(ck.CKK_AES, undefined)).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    expect(unwrap(ck.CKK_AES, 20)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
    expect(unwrap(ck.CKK_EC, 32)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    // If the template asks for a length that the wrapped key does not have, the result is a substitute key, which is
    // always the same.
    expect(unwrap(ck.CKK_DES3, undefined)()).toEqual(substituteSecret(signer.value, wrapped, 24));
    expect(unwrap(ck.CKK_AES, 16)()).toEqual(substituteSecret(signer.value, wrapped, 16));
    expect(unwrap(ck.CKK_GENERIC_SECRET, 32)()).toEqual(target.value);
  });

  test("bad PKCS #1 padding unwraps to a key of the wanted length, the same each time", () => {
    const values = Array.from({ length: 64 }, (_, index) => {
      const wrapped = new Uint8Array(128).fill(index + 1, 1);
      const unwrap = () => rsaPkcs.unwrap!(signer, undefined, wrapped, aesTarget, undefined).value;
      expect(unwrap()).toEqual(unwrap());
      expect(unwrap()).toHaveLength(32);
      return Buffer.from(unwrap()).toString("hex");
    });
    expect(new Set(values).size).toBe(values.length);
  });

  test("substitutes are as long as asked and differ with key and ciphertext", () => {
    const long = substituteSecret(signer.value, text, 256);
    expect(long).toHaveLength(256);
    expect(substituteSecret(signer.value, text, 40)).toEqual(long.slice(0, 40));
    expect(substituteSecret(verifier.value, text, 40)).not.toEqual(long.slice(0, 40));
    expect(substituteSecret(signer.value, text.subarray(1), 40)).not.toEqual(long.slice(0, 40));
  });
});

test("this OpenSSL rejects implicitly", () => {
  expect(rsa.rejectsImplicitly()).toBe(true);
});

test("private operations of large keys run on workers, key generation apart", () => {
  const large = privateKey(ck.CKK_RSA, rsa.generateRsaKeyPair(3072, 65537).pkcs8);
  for (const family of [rsaPkcs, rsaPkcsHash("sha256"), rsaOaep, rsaPss, rsaX931] as Family[]) {
    expect(family.cost!("sign", large, [])).toBe("worker");
    expect(family.cost!("unwrap", large, [])).toBe("worker");
    expect(family.cost!("signatureUpdate", large, [])).toBe("inline");
    expect(family.cost!("sign", signer, [])).toBe("inline");
    expect(family.cost!("verify", verifier, [])).toBe("inline");
  }
  expect(rsaPkcsKeyPairGen.cost!("generateKeyPair", undefined, [])).toBe("generation");
});

/** Returns the result of `call`; undefined if it throws. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
