import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { noRandom } from "../../../test/cipher-parts.ts";
import { ckr, secretKey } from "../../../test/keys.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { aesXts } from "./aes-xts.ts";

describeVectors<{ cases: readonly Record<string, string>[] }>("ep11/aes.json", ({ cases }) => {
  test.each(cases.filter(({ mode }) => mode === "XTS"))("$name", (each) => {
    const key = secretKey(ck.CKK_AES_XTS, hex(each.key!));
    const [tweak, plain, ciphered] = [hex(each.iv!), hex(each.plaintext!), hex(each.ciphertext!)];
    expect(aesXts.encrypt!(key, tweak, plain, noRandom)).toEqual(ciphered);
    expect(aesXts.decrypt!(key, tweak, ciphered)).toEqual(plain);
  });
});

test("data units from one block on, whole blocks or not", () => {
  const key = secretKey(ck.CKK_AES_XTS, counting(64));
  for (let length = 0; length < 70; length++) {
    const unit = counting(length);
    if (length >= 16) {
      const ciphered = aesXts.encrypt!(key, counting(16), unit, noRandom);
      expect(ciphered).toHaveLength(length);
      expect(aesXts.decrypt!(key, counting(16), ciphered)).toEqual(unit);
    } else {
      expect(() => aesXts.encrypt!(key, counting(16), unit, noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
      expect(() => aesXts.decrypt!(key, counting(16), unit)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
  }
});

test("a data unit has at most 2^20 blocks", () => {
  const key = secretKey(ck.CKK_AES_XTS, counting(32));
  const long = new Uint8Array(2 ** 24 + 1);
  expect(aesXts.encrypt!(key, counting(16), long.subarray(1), noRandom)).toHaveLength(2 ** 24);
  expect(() => aesXts.encrypt!(key, counting(16), long, noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
});

test("a key whose halves are the same is refused", () => {
  const half = counting(16);
  const twice = secretKey(ck.CKK_AES_XTS, Uint8Array.from([...half, ...half]));
  expect(() => aesXts.requireKey!(twice, counting(16))).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
  expect(() => aesXts.requireKey!(secretKey(ck.CKK_AES_XTS, counting(32)), counting(16))).not.toThrow();
});
