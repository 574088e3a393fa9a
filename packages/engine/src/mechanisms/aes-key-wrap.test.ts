import {
  CKK_AES,
  CKK_EC,
  CKK_GENERIC_SECRET,
  CKO_PRIVATE_KEY,
  CKO_SECRET_KEY,
  CKR_DATA_LEN_RANGE,
  CKR_ENCRYPTED_DATA_INVALID,
  CKR_ENCRYPTED_DATA_LEN_RANGE,
  CKR_KEY_NOT_WRAPPABLE,
  CKR_WRAPPED_KEY_INVALID,
  CKR_WRAPPED_KEY_LEN_RANGE,
} from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { noRandom } from "../../test/cipher-parts.ts";
import { ckr, privateKey, secretKey } from "../../test/keys.ts";
import { counting } from "../../test/sealing.ts";
import { describeVectors, hex } from "../../test/vectors.ts";
import { KEY_WRAP_IV } from "../primitives/aes-key-wrap.ts";
import { aesKeyWrap } from "./aes-key-wrap.ts";

const FAMILIES = { kw: aesKeyWrap("kw"), kwp: aesKeyWrap("kwp") };
const SECRET = { objectClass: CKO_SECRET_KEY, keyType: CKK_GENERIC_SECRET, valueLen: undefined };
const kek = secretKey(CKK_AES, counting(32));

describeVectors<{ cases: readonly Record<string, string>[] }>("ep11/aes.json", ({ cases }) => {
  test.each(cases.filter(({ mode }) => mode === "KW" || mode === "KWP"))("$name", (each) => {
    const kind = each.mode === "KW" ? "kw" : "kwp";
    const key = secretKey(CKK_AES, hex(each.key!));
    const [plain, wrapped] = [hex(each.plaintext!), hex(each.ciphertext!)];
    expect(FAMILIES[kind].encrypt!(key, KEY_WRAP_IV[kind], plain, noRandom)).toEqual(wrapped);
    expect(FAMILIES[kind].decrypt!(key, KEY_WRAP_IV[kind], wrapped)).toEqual(plain);
  });
});

interface WrapCase {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly msg: string;
  readonly ct: string;
  readonly result: "valid" | "invalid" | "acceptable";
}

for (const [file, kind] of [
  ["wycheproof/aes_wrap_test.json", "kw"],
  ["wycheproof/aes_kwp_test.json", "kwp"],
] as const) {
  describeVectors<{ testGroups: readonly { tests: readonly WrapCase[] }[] }>(file, ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("$tcId $comment", ({ key: value, msg, ct, result }) => {
      const [family, iv] = [FAMILIES[kind], KEY_WRAP_IV[kind]];
      const key = secretKey(CKK_AES, hex(value));
      const wrapped = hex(ct);
      const unwrap = () => family.unwrap!(key, iv, wrapped, SECRET, undefined).value;
      // The acceptable ones are keys of 8 bytes, which RFC 3394 does not wrap.
      if (result === "valid") {
        expect(unwrap()).toEqual(hex(msg));
        const secret = secretKey(CKK_GENERIC_SECRET, hex(msg));
        expect(family.wrap!(key, iv, secret, undefined, noRandom)).toEqual(wrapped);
        return;
      }
      const rightLength = wrapped.length % 8 === 0 && wrapped.length >= (kind === "kw" ? 24 : 16);
      expect(unwrap).toThrow(ckr(rightLength ? CKR_WRAPPED_KEY_INVALID : CKR_WRAPPED_KEY_LEN_RANGE));
      expect(() => family.decrypt!(key, iv, wrapped)).toThrow(
        ckr(rightLength ? CKR_ENCRYPTED_DATA_INVALID : CKR_ENCRYPTED_DATA_LEN_RANGE),
      );
    });
  });
}

describe.each(["kw", "kwp"] as const)("%s", (kind) => {
  const family = FAMILIES[kind];
  const iv = KEY_WRAP_IV[kind];

  test("wraps every length it can, refuses every other", () => {
    for (let length = 0; length <= 70; length++) {
      const fits = kind === "kw" ? length >= 16 && length % 8 === 0 : length > 0;
      const secret = secretKey(CKK_GENERIC_SECRET, counting(length));
      if (fits) {
        const wrapped = family.wrap!(kek, iv, secret, undefined, noRandom);
        expect(wrapped).toHaveLength(8 * Math.ceil(length / 8) + 8);
        expect(family.unwrap!(kek, iv, wrapped, SECRET, undefined).value).toEqual(secret.value);
      } else {
        expect(() => family.wrap!(kek, iv, secret, undefined, noRandom)).toThrow(ckr(CKR_KEY_NOT_WRAPPABLE));
        expect(() => family.encrypt!(kek, iv, secret.value, noRandom)).toThrow(ckr(CKR_DATA_LEN_RANGE));
      }
    }
  });

  test("private keys travel as PrivateKeyInfo", () => {
    const pair = privateKey(CKK_EC, counting(72, 0x30));
    const wrapped = family.wrap!(kek, iv, pair, undefined, noRandom);
    const target = { objectClass: CKO_PRIVATE_KEY, keyType: CKK_EC, valueLen: undefined };
    expect(family.unwrap!(kek, iv, wrapped, target, undefined).value).toEqual(pair.value);
  });

  test("another initialisation vector is another wrapping, and none of its lengths is short", () => {
    const other = iv.with(0, 0);
    const wrapped = family.encrypt!(kek, other, counting(24), noRandom);
    expect(family.decrypt!(kek, other, wrapped)).toEqual(counting(24));
    expect(() => family.decrypt!(kek, iv, wrapped)).toThrow(ckr(CKR_ENCRYPTED_DATA_INVALID));
    for (const length of [0, 8, 15, 25]) {
      expect(() => family.decrypt!(kek, iv, new Uint8Array(length))).toThrow(ckr(CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
  });
});
