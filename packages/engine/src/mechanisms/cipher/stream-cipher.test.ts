import { createCipheriv } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { decryptInParts, encryptInParts, forksOfEncryption, noRandom } from "../../../test/cipher-parts.ts";
import { ckr, secretKey } from "../../../test/keys.ts";
import { cut, everyCut } from "../../../test/parts.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Family } from "../family.ts";
import { aesCtr, chacha20 } from "./stream-cipher.ts";

const MESSAGE = counting(150);

describeVectors<{ cases: readonly Record<string, string>[] }>("ep11/aes.json", ({ cases }) => {
  test.each(cases.filter(({ mode }) => mode === "CTR"))("$name", (each) => {
    const [plain, ciphered] = [hex(each.plaintext!), hex(each.ciphertext!)];
    const parameter = { block: hex(each.iv!), counterBits: Number(each.counterBits) };
    const key = secretKey(ck.CKK_AES, hex(each.key!));
    expect(aesCtr.encrypt!(key, parameter, plain, noRandom)).toEqual(ciphered);
    expect(aesCtr.decrypt!(key, parameter, ciphered)).toEqual(plain);
    for (const parts of everyCut(plain)) expect(encryptInParts(aesCtr, key, parameter, parts)).toEqual(ciphered);
    for (const parts of everyCut(ciphered)) expect(decryptInParts(aesCtr, key, parameter, parts)).toEqual(plain);
  });
});

const chachaKey = secretKey(ck.CKK_CHACHA20, counting(32));

// RFC 8439, 2.4.2.
test("the example of RFC 8439", () => {
  const start = { counter: 1n, counterBits: 32, nonce: hex("000000000000004a00000000") } as const;
  const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, ";
  const plain = Uint8Array.from(Buffer.from(`${text}sunscreen would be it.`));
  const ciphered = chacha20.encrypt!(chachaKey, start, plain, noRandom);
  expect(ciphered.subarray(0, 16)).toEqual(hex("6e2e359a2568f98041ba0728dd0d6981"));
  expect(ciphered.subarray(-10)).toEqual(hex("b40b8eedf2785e42874d"));
});

test("ChaCha20's counter of 64 bits carries into its upper half", () => {
  const start = { counter: 0xffffffffn, counterBits: 64, nonce: counting(8) } as const;
  const iv = (counter: bigint) => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(counter);
    bytes.set(start.nonce, 8);
    return bytes;
  };
  const block = (counter: bigint, data: Uint8Array) =>
    createCipheriv("chacha20", chachaKey.value, iv(counter)).update(data);
  const expected = Buffer.concat([
    block(0xffffffffn, MESSAGE.subarray(0, 64)),
    block(0x100000000n, MESSAGE.subarray(64, 128)),
  ]);
  for (const parts of everyCut(MESSAGE.subarray(0, 128))) {
    expect(Buffer.from(encryptInParts(chacha20, chachaKey, start, parts))).toEqual(expected);
  }
});

describe.each([
  {
    name: "AES-CTR",
    family: aesCtr as Family,
    key: secretKey(ck.CKK_AES, counting(16)),
    parameter: { block: counting(16), counterBits: 64 },
    // A 4-bit counter that starts at 14 has two blocks left.
    ending: { block: counting(16).with(15, 0x7e), counterBits: 4 },
    left: 32,
  },
  {
    name: "ChaCha20",
    family: chacha20 as Family,
    key: chachaKey,
    parameter: { counter: 5n, counterBits: 32, nonce: counting(12) },
    ending: { counter: 0xfffffffen, counterBits: 32, nonce: counting(12) },
    left: 128,
  },
])("$name", ({ family, key, parameter, ending, left }) => {
  test("every cut equals one call, in both directions", () => {
    const ciphered = family.encrypt!(key, parameter, MESSAGE, noRandom);
    expect(family.decrypt!(key, parameter, ciphered)).toEqual(MESSAGE);
    for (const parts of everyCut(MESSAGE)) expect(encryptInParts(family, key, parameter, parts)).toEqual(ciphered);
    for (const parts of everyCut(ciphered)) expect(decryptInParts(family, key, parameter, parts)).toEqual(MESSAGE);
  });

  test("both branches of a fork go on as one call would", () => {
    for (const { plain, ciphered } of forksOfEncryption(family, key, parameter, cut(MESSAGE, [1, 15, 48, 0, 65]))) {
      expect(ciphered).toEqual(family.encrypt!(key, parameter, plain, noRandom));
    }
  });

  test("the counter never comes back to a value it had", () => {
    const data = MESSAGE.subarray(0, left);
    expect(family.encrypt!(key, ending, data, noRandom)).toHaveLength(left);
    expect(encryptInParts(family, key, ending, [data, new Uint8Array(0)])).toHaveLength(left);
    const more = MESSAGE.subarray(0, left + 1);
    expect(() => family.encrypt!(key, ending, more, noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(() => family.decrypt!(key, ending, more)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(() => encryptInParts(family, key, ending, [data, Uint8Array.of(1)])).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    expect(() => decryptInParts(family, key, ending, [data, Uint8Array.of(1)])).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  });

  test("a running state of another shape is refused", () => {
    const good = family.encryptInit!(key, parameter, noRandom);
    for (const bad of [new Uint8Array(0), good.subarray(1), good.slice(0, -1), good.with(0, 2)]) {
      expect(() => family.encryptUpdate!(key, parameter, bad, MESSAGE)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
      expect(() => family.decryptFinal!(key, parameter, bad)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
    }
  });
});
