import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, secretKey } from "../../../test/keys.ts";
import { cut, everyCut } from "../../../test/parts.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import type { Family } from "../family.ts";
import { cbc, cbcPad, ecb } from "./block-ciphers.ts";

interface Case {
  readonly name: string;
  readonly mode: string;
  readonly key: string;
  readonly iv?: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly parts?: readonly number[];
  readonly plaintextParts?: readonly number[];
  readonly ciphertextParts?: readonly number[];
}

const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ["ECB", ecb as Family],
  ["CBC", cbc as Family],
  ["CBC_PAD", cbcPad as Family],
]);
const random = () => new Uint8Array(0);

function encryptInParts(family: Family, key: Key, iv: unknown, parts: readonly Uint8Array[]): Uint8Array {
  let runningState = family.encryptInit!(key, iv, random);
  const outputs = parts.map((part) => {
    const step = family.encryptUpdate!(key, iv, runningState, part);
    runningState = step.runningState.slice();
    return step.output;
  });
  return Uint8Array.from(Buffer.concat([...outputs, family.encryptFinal!(key, iv, runningState)]));
}

function decryptInParts(family: Family, key: Key, iv: unknown, parts: readonly Uint8Array[]): Uint8Array {
  let runningState = family.decryptInit!(key, iv);
  const outputs = parts.map((part) => {
    const step = family.decryptUpdate!(key, iv, runningState, part);
    runningState = step.runningState.slice();
    return step.output;
  });
  return Uint8Array.from(Buffer.concat([...outputs, family.decryptFinal!(key, iv, runningState)]));
}

function aVectorFile(keyType: (key: Uint8Array) => number) {
  return ({ cases }: { readonly cases: readonly Case[] }) => {
    test.each(cases.filter(({ mode }) => FAMILIES.has(mode)))("$name", (each) => {
      const family = FAMILIES.get(each.mode)!;
      const value = hex(each.key);
      const key = secretKey(keyType(value), value);
      const iv = each.iv === undefined ? undefined : hex(each.iv);
      const [plain, ciphered] = [hex(each.plaintext), hex(each.ciphertext)];
      expect(family.encrypt!(key, iv, plain, random)).toEqual(ciphered);
      expect(family.decrypt!(key, iv, ciphered)).toEqual(plain);
      const plainParts = each.plaintextParts ?? each.parts ?? [plain.length];
      const cipheredParts = each.ciphertextParts ?? each.parts ?? [ciphered.length];
      expect(encryptInParts(family, key, iv, cut(plain, plainParts))).toEqual(ciphered);
      expect(decryptInParts(family, key, iv, cut(ciphered, cipheredParts))).toEqual(plain);
      for (const parts of everyCut(plain)) expect(encryptInParts(family, key, iv, parts)).toEqual(ciphered);
      for (const parts of everyCut(ciphered)) expect(decryptInParts(family, key, iv, parts)).toEqual(plain);
    });
  };
}

describeVectors(
  "ep11/aes.json",
  aVectorFile(() => ck.CKK_AES),
);
describeVectors(
  "ep11/des3.json",
  aVectorFile((key) => (key.length === 16 ? ck.CKK_DES2 : ck.CKK_DES3)),
);

interface PaddingCase {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly msg: string;
  readonly ct: string;
  readonly result: "valid" | "invalid";
}

describeVectors<{ testGroups: readonly { tests: readonly PaddingCase[] }[] }>(
  "wycheproof/aes_cbc_pkcs5_test.json",
  ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("$tcId $comment", ({ key: value, iv, msg, ct, result }) => {
      const key = secretKey(ck.CKK_AES, hex(value));
      const ciphered = hex(ct);
      const decrypt = () => cbcPad.decrypt!(key, hex(iv), ciphered);
      const inParts = () => decryptInParts(cbcPad as Family, key, hex(iv), cut(ciphered, [5, ciphered.length - 5]));
      if (result === "valid") {
        expect(decrypt()).toEqual(hex(msg));
        expect(inParts()).toEqual(hex(msg));
      } else {
        const whole = ciphered.length > 0 && ciphered.length % 16 === 0;
        const rv = whole ? ck.CKR_ENCRYPTED_DATA_INVALID : ck.CKR_ENCRYPTED_DATA_LEN_RANGE;
        expect(decrypt).toThrow(ckr(rv));
        expect(inParts).toThrow(ckr(rv));
      }
    });
  },
);

const aes = secretKey(ck.CKK_AES, new Uint8Array(32).fill(7));
const des2 = secretKey(ck.CKK_DES2, hex("0123456789abcdeffedcba9876543210"));
const iv16 = new Uint8Array(16).fill(9);

test("a two-part triple DES key is a three-part one whose last part is its first", () => {
  const des3 = secretKey(ck.CKK_DES3, hex("0123456789abcdeffedcba98765432100123456789abcdef"));
  const data = new Uint8Array(24).fill(3);
  expect(ecb.encrypt!(des2, undefined, data, random)).toEqual(ecb.encrypt!(des3, undefined, data, random));
  const iv = new Uint8Array(8).fill(1);
  expect(cbc.encrypt!(des2, iv, data, random)).toEqual(cbc.encrypt!(des3, iv, data, random));
});

test("without padding only whole blocks pass, and nothing at all is whole", () => {
  const data = new Uint8Array(17);
  expect(() => ecb.encrypt!(aes, undefined, data, random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  expect(() => cbc.encrypt!(aes, iv16, data, random)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  expect(() => ecb.decrypt!(aes, undefined, data)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
  expect(() => cbc.decrypt!(aes, iv16, data)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
  expect(() => encryptInParts(cbc as Family, aes, iv16, [data])).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  expect(() => decryptInParts(cbc as Family, aes, iv16, [data])).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
  expect(cbc.encrypt!(aes, iv16, new Uint8Array(0), random)).toEqual(new Uint8Array(0));
  expect(encryptInParts(ecb as Family, aes, undefined, [])).toEqual(new Uint8Array(0));
});

test("the empty message is padded to a block, and no ciphertext is empty", () => {
  const empty = new Uint8Array(0);
  const ciphered = cbcPad.encrypt!(aes, iv16, empty, random);
  expect(ciphered).toHaveLength(16);
  expect(encryptInParts(cbcPad as Family, aes, iv16, [])).toEqual(ciphered);
  expect(cbcPad.decrypt!(aes, iv16, ciphered)).toEqual(empty);
  expect(() => cbcPad.decrypt!(aes, iv16, empty)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
  expect(() => decryptInParts(cbcPad as Family, aes, iv16, [])).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
});

test("every padding but the right one is the same error", () => {
  for (let last = 0; last < 256; last++) {
    for (const before of [0, 1, last]) {
      const block = new Uint8Array(16).fill(before);
      block[15] = last;
      const right = last === 1 || (last > 0 && last <= 16 && before === last);
      const decrypt = () => cbcPad.decrypt!(aes, iv16, cbc.encrypt!(aes, iv16, block, random));
      if (right) expect(decrypt()).toEqual(block.subarray(0, 16 - last));
      else expect(decrypt).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    }
  }
});

test("a running state of another shape is refused", () => {
  const good = cbc.encryptUpdate!(aes, iv16, cbc.encryptInit!(aes, iv16, random), new Uint8Array(5)).runningState;
  for (const bad of [new Uint8Array(0), good.subarray(0, 16), good.with(0, 2), new Uint8Array(34).fill(1)]) {
    expect(() => cbc.encryptUpdate!(aes, iv16, bad, new Uint8Array(1))).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
  }
});

test("a key of no block cipher is refused", () => {
  const generic = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(16));
  expect(() => ecb.encrypt!(generic, undefined, new Uint8Array(16), random)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
});

describe("key transport", () => {
  const secret = { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, valueLen: undefined };
  const privateTarget = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, valueLen: undefined };
  const target = secretKey(ck.CKK_AES, new Uint8Array(32).fill(0x55));
  const odd = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(20).fill(5));
  const ecKey = privateKey(ck.CKK_EC, new Uint8Array(48).fill(0x30));

  test("wrapping is encrypting the value, unwrapping decrypting it", () => {
    for (const [family, key, kind] of [
      [cbc, target, secret],
      [cbcPad, target, secret],
      [cbcPad, odd, secret],
      [cbcPad, ecKey, privateTarget],
    ] as const) {
      const wrapped = family.wrap!(aes, iv16, key, undefined, random);
      expect(family.decrypt!(aes, iv16, wrapped)).toEqual(key.value);
      expect(family.unwrap!(aes, iv16, wrapped, kind, undefined).value).toEqual(key.value);
    }
  });

  test("CBC wraps secret keys of whole blocks only", () => {
    expect(() => cbc.wrap!(aes, iv16, odd, undefined, random)).toThrow(ckr(ck.CKR_KEY_NOT_WRAPPABLE));
    expect(() => cbc.wrap!(aes, iv16, ecKey, undefined, random)).toThrow(ckr(ck.CKR_KEY_NOT_WRAPPABLE));
    const wrapped = cbc.wrap!(aes, iv16, target, undefined, random);
    expect(() => cbc.unwrap!(aes, iv16, wrapped, privateTarget, undefined)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
  });

  test("lengths are one error, everything else another", () => {
    for (const family of [cbc, cbcPad]) {
      for (const length of [0, 15, 33]) {
        const unwrap = () => family.unwrap!(aes, iv16, new Uint8Array(length), secret, undefined);
        expect(unwrap).toThrow(ckr(ck.CKR_WRAPPED_KEY_LEN_RANGE));
      }
    }
    const unpadded = cbc.wrap!(aes, iv16, target, undefined, random);
    expect(() => cbcPad.unwrap!(aes, iv16, unpadded, secret, undefined)).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });

  test("ECB transports no keys", () => {
    expect(ecb.wrap).toBeUndefined();
    expect(ecb.unwrap).toBeUndefined();
  });
});
