import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { noRandom } from "../../../test/cipher-parts.ts";
import { ckr, secretKey } from "../../../test/keys.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { withOddParity } from "../../objects/key-types.ts";
import { cbc } from "../cipher/block-ciphers.ts";
import type { DeriveInput } from "../family.ts";
import { cbcEncryptData, ecbEncryptData } from "./encrypt-data.ts";

function inputOf(template: ck.Template): DeriveInput {
  return { template, data: new Uint8Array(0), parameterKeys: [] };
}

test("data that no key is long enough for changes nothing", () => {
  const base = secretKey(ck.CKK_DES3, withOddParity(counting(24)));
  const data = new Uint8Array(4 << 20).fill(7);
  const derive = (bytes: number, length: number) =>
    cbcEncryptData.derive!(
      base,
      { iv: counting(8), data: data.subarray(0, bytes) },
      inputOf(
        new Map([
          [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
          [ck.CKA_VALUE_LEN, length],
        ]),
      ),
      noRandom,
    ).key.value;
  for (const length of [1, 255, 256]) expect(derive(data.length, length)).toEqual(derive(256, length));
  expect(() => derive(data.length, 0)).toThrow(ckr(ck.CKR_KEY_SIZE_RANGE));
});

interface Case {
  readonly name: string;
  readonly function: string;
  readonly baseKey: string;
  readonly data: string;
  readonly iv?: string;
  readonly derivedKey: string;
}

describeVectors<{ cases: readonly Case[] }>("ep11/key-derivation.json", ({ cases }) => {
  test.each(cases.filter((each) => /^AES_.*_ENCRYPT_DATA$/.test(each.function)))("$name", (each) => {
    const base = secretKey(ck.CKK_AES, hex(each.baseKey));
    const [data, derived] = [hex(each.data), hex(each.derivedKey)];
    const { key } =
      each.iv === undefined
        ? ecbEncryptData.derive!(base, data, inputOf(new Map()), noRandom)
        : cbcEncryptData.derive!(base, { iv: hex(each.iv), data }, inputOf(new Map()), noRandom);
    expect(key).toEqual({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_GENERIC_SECRET, value: derived });
  });
});

test("the new key is the leading bytes of what CBC encrypts, under triple DES too", () => {
  const base = secretKey(ck.CKK_DES3, withOddParity(counting(24)));
  const parameter = { iv: counting(8), data: counting(32) };
  const bytes = cbc.encrypt!(base, parameter.iv, parameter.data, noRandom);
  const aes = new Map([
    [ck.CKA_KEY_TYPE, ck.CKK_AES],
    [ck.CKA_VALUE_LEN, 24],
  ]);
  expect(cbcEncryptData.derive!(base, parameter, inputOf(aes), noRandom).key.value).toEqual(bytes.subarray(0, 24));
  const des = new Map([[ck.CKA_KEY_TYPE, ck.CKK_DES3]]);
  const { value } = cbcEncryptData.derive!(base, parameter, inputOf(des), noRandom).key;
  expect(value).toEqual(withOddParity(bytes.subarray(0, 24)));
});

test("data of uneven length, and more key than data", () => {
  const base = secretKey(ck.CKK_AES, counting(16));
  const uneven = { iv: counting(16), data: counting(17) };
  expect(() => cbcEncryptData.derive!(base, uneven, inputOf(new Map()), noRandom)).toThrow(
    ckr(ck.CKR_MECHANISM_PARAM_INVALID),
  );
  const long = new Map([[ck.CKA_VALUE_LEN, 33]]);
  expect(() => ecbEncryptData.derive!(base, counting(32), inputOf(long), noRandom)).toThrow(
    ckr(ck.CKR_TEMPLATE_INCONSISTENT),
  );
});
