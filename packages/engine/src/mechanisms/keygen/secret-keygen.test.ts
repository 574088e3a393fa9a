import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, secretKey } from "../../../test/keys.ts";
import { hex } from "../../../test/vectors.ts";
import { withOddParity } from "../../objects/key-types.ts";
import { ecb } from "../cipher/block-ciphers.ts";
import { ecbEncryptData } from "../derivation/encrypt-data.ts";
import type { Family } from "../family.ts";
import * as secretKeygen from "./secret-keygen.ts";

const random = (length: number) => Uint8Array.from(randomBytes(length));
const ofLength = (length: number): ck.Template => new Map([[ck.CKA_VALUE_LEN, length]]);

test.each([
  ["AES", secretKeygen.aesKeyGen, ck.CKK_AES, [16, 24, 32], [0, 8, 15, 20, 33, 64]],
  ["XTS", secretKeygen.xtsKeyGen, ck.CKK_AES_XTS, [32, 64], [0, 16, 48]],
  ["generic", secretKeygen.genericSecretKeyGen, ck.CKK_GENERIC_SECRET, [8, 16, 31, 64, 256], [1, 7, 257]],
  ["HMAC", secretKeygen.macKeyGen(ck.CKK_SHA3_256_HMAC), ck.CKK_SHA3_256_HMAC, [8, 32, 256], [1, 7, 257]],
] as const)("%s keys have the length the template asks for", (_name, family, keyType, good, bad) => {
  for (const length of good) {
    const key = family.generateKey!(undefined, ofLength(length), random);
    expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType });
    expect(key.value).toHaveLength(length);
  }
  for (const length of bad) {
    const rv = length === 0 ? ck.CKR_TEMPLATE_INCOMPLETE : ck.CKR_KEY_SIZE_RANGE;
    expect(() => family.generateKey!(undefined, ofLength(length), random)).toThrow(ckr(rv));
  }
  expect(() => family.generateKey!(undefined, new Map(), random)).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
});

test("ChaCha20 keys have 32 bytes, whatever CKA_VALUE_LEN says", () => {
  const key = secretKeygen.chacha20KeyGen.generateKey!(undefined, ofLength(16), random);
  expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_CHACHA20 });
  expect(key.value).toHaveLength(32);
});

describe.each([
  ["DES2", secretKeygen.des2KeyGen, ck.CKK_DES2, 16],
  ["DES3", secretKeygen.des3KeyGen, ck.CKK_DES3, 24],
] as const)("%s", (_name, family, keyType, length) => {
  /** Makes a random source that returns `draws` one after the other. */
  const drawing = (...draws: string[]) => {
    return () => hex(draws.shift()!);
  };
  const good = "2a4f85cb9e6d3170b3c8d9e5f61a2b4c75869798a9bacbdc".slice(0, length * 2);
  const generate = (family as Family).generateKey!;

  test("keys have odd parity and their own length, whatever CKA_VALUE_LEN says", () => {
    const key = generate(undefined, ofLength(32), random);
    expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType });
    expect(key.value).toHaveLength(length);
    expect(key.value).toEqual(withOddParity(key.value));
  });

  test("weak and repeated parts are drawn again", () => {
    const repeated = good.slice(0, 16) + good.slice(0, 16) + good.slice(32);
    const weak = `fee0fee0fef1fef1${good.slice(16)}`;
    const weakButForParity = `${good.slice(0, 16)}0001000100010001${good.slice(32)}`;
    const key = generate(undefined, new Map(), drawing(repeated, weak, weakButForParity, good));
    expect(key.value).toEqual(withOddParity(hex(good)));
  });

  test("a broken random source is an error, not an endless loop", () => {
    expect(() => generate(undefined, new Map(), (count) => new Uint8Array(count))).toThrow(ckr(ck.CKR_DEVICE_ERROR));
  });
});

describe("DES3_ECB_ENCRYPT_DATA", () => {
  const base = secretKey(ck.CKK_DES3, hex("0123456789abcdeffedcba987654321089abcdef01234567"));
  const data = Uint8Array.from({ length: 32 }, (_, index) => index);
  const derive = (entries: [number, number][], input = data) =>
    ecbEncryptData.derive!(
      base,
      input,
      { template: new Map(entries), data: new Uint8Array(0), parameterKeys: [] },
      random,
    ).key;
  const ciphered = ecb.encrypt!(base, undefined, data, random);

  test("the key is the leading end of the encrypted data", () => {
    expect(derive([])).toMatchObject({ keyType: ck.CKK_GENERIC_SECRET, value: ciphered });
    expect(derive([[ck.CKA_VALUE_LEN, 20]]).value).toEqual(ciphered.subarray(0, 20));
    const aes = derive([
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 16],
    ]);
    expect(aes).toMatchObject({ keyType: ck.CKK_AES, value: ciphered.slice(0, 16) });
    expect(derive([[ck.CKA_KEY_TYPE, ck.CKK_DES3]]).value).toEqual(withOddParity(ciphered.slice(0, 24)));
  });

  test("errors", () => {
    expect(() => derive([], data.subarray(1))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    expect(() => derive([[ck.CKA_VALUE_LEN, 33]])).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    expect(() => derive([[ck.CKA_KEY_TYPE, ck.CKK_AES]])).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
  });
});
