import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { secretKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { withOddParity } from "../../objects/key-types.ts";
import { hash } from "../../primitives/hash/hash.ts";
import { shaDerive } from "./sha-derive.ts";

const BASE = Uint8Array.from({ length: 32 }, (_, index) => index);

function derive(name: ck.HashName, value: Uint8Array, template: readonly (readonly [number, ck.AttributeValue])[]) {
  const baseKey = secretKey(ck.CKK_GENERIC_SECRET, value);
  const input = { template: new Map(template), data: new Uint8Array(0), parameterKeys: [] };
  return shaDerive(name).derive!(baseKey, undefined, input, () => new Uint8Array(0)).key;
}

describeVectors<{
  cases: readonly { name: string; function: string; baseKey: string; length: number; derivedKey: string }[];
}>("ep11/key-derivation.json", ({ cases }) => {
  const hashCases = cases.filter((each) => /^SHA.*-KEY-DERIVATION$/.test(each.function));
  test.each(hashCases)("$name", (each) => {
    const label = each.function.replace("-KEY-DERIVATION", "").toLowerCase();
    const name = label.replace(/^sha-/, "sha").replace("/", "-") as ck.HashName;
    const key = derive(name, hex(each.baseKey), [[ck.CKA_VALUE_LEN, each.length]]);
    expect(key.value).toEqual(hex(each.derivedKey));
    expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_GENERIC_SECRET });
  });
});

describe("type and length", () => {
  const digest = hash("sha256", BASE);

  test("neither: a generic secret as long as the digest", () => {
    expect(derive("sha256", BASE, [])).toEqual({
      objectClass: ck.CKO_SECRET_KEY,
      keyType: ck.CKK_GENERIC_SECRET,
      value: digest,
    });
  });

  test("type only: DES keys have one length, and parity", () => {
    expect(derive("sha256", BASE, [[ck.CKA_KEY_TYPE, ck.CKK_DES3]]).value).toEqual(withOddParity(digest.slice(0, 24)));
    expect(derive("sha1", BASE, [[ck.CKA_KEY_TYPE, ck.CKK_DES2]]).value.length).toBe(16);
  });

  test("both", () => {
    const key = derive("sha256", BASE, [
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 16],
    ]);
    expect(key).toEqual({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES, value: digest.slice(0, 16) });
  });

  test.each([
    ["AES without a length", ck.CKR_TEMPLATE_INCOMPLETE, "sha256", [[ck.CKA_KEY_TYPE, ck.CKK_AES]]],
    ["longer than the digest", ck.CKR_TEMPLATE_INCONSISTENT, "sha256", [[ck.CKA_VALUE_LEN, 33]]],
    ["DES3 from SHA-1", ck.CKR_TEMPLATE_INCONSISTENT, "sha1", [[ck.CKA_KEY_TYPE, ck.CKK_DES3]]],
    [
      "no AES length",
      ck.CKR_KEY_SIZE_RANGE,
      "sha256",
      [
        [ck.CKA_KEY_TYPE, ck.CKK_AES],
        [ck.CKA_VALUE_LEN, 20],
      ],
    ],
    ["no secret key type", ck.CKR_TEMPLATE_INCONSISTENT, "sha256", [[ck.CKA_KEY_TYPE, ck.CKK_EC]]],
    ["another class", ck.CKR_TEMPLATE_INCONSISTENT, "sha256", [[ck.CKA_CLASS, ck.CKO_PRIVATE_KEY]]],
  ] as const)("%s", (_name, rv, hashName, template) => {
    expect(() => derive(hashName, BASE, template)).toThrow(expect.objectContaining({ rv }));
  });
});
