import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { encryptInParts, forksOfEncryption, noRandom } from "../../../test/cipher-parts.ts";
import { ckr, secretKey } from "../../../test/keys.ts";
import { cut, everyCut } from "../../../test/parts.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { ChaChaPolyParameter } from "../../primitives/symmetric/chacha20-poly1305.ts";
import type { GcmParameter } from "../../primitives/symmetric/gcm.ts";
import type { Family } from "../family.ts";
import { aesGcm, chacha20Poly1305 } from "./aead.ts";
import { aesCcm } from "./aes-ccm.ts";

const aes = (value: Uint8Array) => secretKey(ck.CKK_AES, value);
const MESSAGE = counting(100);

describeVectors<{ cases: readonly Record<string, string>[] }>("ep11/aes.json", ({ cases }) => {
  test.each(cases.filter(({ mode }) => mode === "GCM"))("$name", (each) => {
    const [plain, sealed] = [hex(each.plaintext!), hex(each.ciphertext!)];
    const tagLength = Number(each.tagBits) / 8;
    const parameter = { iv: hex(each.iv!), aad: hex(each.aad!), tagLength };
    const key = aes(hex(each.key!));
    if (tagLength < 12) {
      // The engine refuses parameters with such short tags (standard-parameters.test.ts). So the short tag is compared
      // with the beginning of a full tag.
      const full = aesGcm.encrypt!(key, { ...parameter, tagLength: 16 }, plain, noRandom);
      expect(full.subarray(0, sealed.length)).toEqual(sealed);
      return;
    }
    expect(aesGcm.encrypt!(key, parameter, plain, noRandom)).toEqual(sealed);
    expect(aesGcm.decrypt!(key, parameter, sealed)).toEqual(plain);
    for (const parts of everyCut(plain)) expect(encryptInParts(aesGcm, key, parameter, parts)).toEqual(sealed);
  });
});

interface AeadCase {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: "valid" | "invalid";
}

describeVectors<{ testGroups: readonly { tests: readonly AeadCase[] }[] }>(
  "wycheproof/aes_gcm_test.json",
  ({ testGroups }) => {
    const cases = testGroups.flatMap(({ tests }) => tests).filter(({ iv }) => iv !== "");
    test.each(cases)("$tcId $comment", ({ key: value, iv, aad, msg, ct, tag, result }) => {
      const key = aes(hex(value));
      const parameter = { iv: hex(iv), aad: hex(aad), tagLength: hex(tag).length };
      const sealed = hex(ct + tag);
      if (result === "valid") {
        const plain = hex(msg);
        expect(aesGcm.decrypt!(key, parameter, sealed)).toEqual(plain);
        expect(aesGcm.encrypt!(key, parameter, plain, noRandom)).toEqual(sealed);
        const middle = plain.length >> 1;
        const parts = [plain.subarray(0, middle), plain.subarray(middle)];
        expect(encryptInParts(aesGcm, key, parameter, parts)).toEqual(sealed);
      } else {
        expect(() => aesGcm.decrypt!(key, parameter, sealed)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
      }
    });
  },
);

// RFC 8439, 2.8.2.
test("the example of RFC 8439", () => {
  const key = secretKey(ck.CKK_CHACHA20, counting(32, 0x80));
  const parameter = { nonce: hex("070000004041424344454647"), aad: hex("50515253c0c1c2c3c4c5c6c7") };
  const text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, ";
  const plain = Uint8Array.from(Buffer.from(`${text}sunscreen would be it.`));
  const sealed = chacha20Poly1305.encrypt!(key, parameter, plain, noRandom);
  expect(sealed.subarray(0, 16)).toEqual(hex("d31a8d34648e60db7b86afbc53ef7ec2"));
  expect(sealed.subarray(-16)).toEqual(hex("1ae10b594f09e26a7e902ecbd0600691"));
  expect(encryptInParts(chacha20Poly1305, key, parameter, cut(plain, [1, 63, 50]))).toEqual(sealed);
});

const gcmKey = aes(counting(32));
const chachaKey = secretKey(ck.CKK_CHACHA20, counting(32, 9));
const gcmWith = (iv: number, aad: number): GcmParameter => ({
  iv: counting(iv, 5),
  aad: counting(aad, 3),
  tagLength: 16,
});

/** The static type of the parameter is erased, so that all AEADs fit. */
interface Subject {
  readonly name: string;
  readonly family: Family;
  readonly key: typeof gcmKey;
  readonly parameter: unknown;
}

const SUBJECTS: readonly Subject[] = [
  ...[
    ["GCM", gcmWith(12, 0)],
    ["GCM with additional data", gcmWith(12, 37)],
    ["GCM, J0 by GHASH", gcmWith(16, 16)],
    ["GCM, more IV than OpenSSL takes", gcmWith(200, 5)],
  ].map(([name, parameter]) => ({ name: name as string, family: aesGcm as Family, key: gcmKey, parameter })),
  ...[0, 12, 16].map((aad) => ({
    name: `ChaCha20-Poly1305 with ${aad} bytes of additional data`,
    family: chacha20Poly1305 as Family,
    key: chachaKey,
    parameter: { nonce: counting(12), aad: counting(aad) } satisfies ChaChaPolyParameter,
  })),
];

describe.each(SUBJECTS)("$name", ({ family, key, parameter }) => {
  test("every cut of 100 bytes equals one call", () => {
    const sealed = family.encrypt!(key, parameter, MESSAGE, noRandom);
    expect(family.decrypt!(key, parameter, sealed)).toEqual(MESSAGE);
    for (const parts of everyCut(MESSAGE)) expect(encryptInParts(family, key, parameter, parts)).toEqual(sealed);
  });

  test("both branches of a fork continue as a single call would", () => {
    const forks = forksOfEncryption(family, key, parameter, cut(MESSAGE, [0, 1, 15, 16, 17, 51]));
    for (const { plain, ciphered } of forks) {
      expect(ciphered).toEqual(family.encrypt!(key, parameter, plain, noRandom));
    }
  });

  test("one changed bit anywhere or a missing byte: no plaintext is returned", () => {
    const sealed = family.encrypt!(key, parameter, MESSAGE.subarray(0, 20), noRandom);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.with(bit >> 3, sealed[bit >> 3]! ^ (1 << (bit & 7)));
      expect(() => family.decrypt!(key, parameter, changed)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    }
    expect(() => family.decrypt!(key, parameter, sealed.subarray(1))).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    expect(() => family.decrypt!(key, parameter, sealed.subarray(0, 15))).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
  });

  test("nothing comes out of a decryption in parts", () => {
    expect([family.decryptInit, family.decryptUpdate, family.decryptFinal]).toEqual([undefined, undefined, undefined]);
  });

  test("a running state of another shape is refused", () => {
    const good = family.encryptUpdate!(
      key,
      parameter,
      family.encryptInit!(key, parameter, noRandom),
      counting(5),
    ).runningState;
    for (const bad of [new Uint8Array(0), good.subarray(1), good.slice(0, -1), good.with(0, 2), counting(60).fill(1)]) {
      expect(() => family.encryptUpdate!(key, parameter, bad, MESSAGE)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
      expect(() => family.encryptFinal!(key, parameter, bad)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
    }
  });
});

test("GCM ends at 2^36 - 32 bytes, ChaCha20-Poly1305 with its counter", () => {
  const gcm = { iv: counting(12), aad: new Uint8Array(0), tagLength: 16 };
  const late = aesGcm.encryptInit!(gcmKey, gcm, noRandom);
  new DataView(late.buffer, late.byteOffset).setBigUint64(late.length - 8, 2n ** 36n - 48n);
  expect(aesGcm.encryptUpdate!(gcmKey, gcm, late, new Uint8Array(16)).output).toHaveLength(16);
  expect(() => aesGcm.encryptUpdate!(gcmKey, gcm, late, new Uint8Array(17))).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));

  const chacha = { nonce: counting(12), aad: new Uint8Array(0) };
  const last = chacha20Poly1305.encryptInit!(chachaKey, chacha, noRandom);
  new DataView(last.buffer, last.byteOffset).setBigUint64(last.length - 8, 2n ** 38n - 128n);
  expect(chacha20Poly1305.encryptUpdate!(chachaKey, chacha, last, new Uint8Array(64)).output).toHaveLength(64);
  expect(() => chacha20Poly1305.encryptUpdate!(chachaKey, chacha, last, new Uint8Array(65))).toThrow(
    ckr(ck.CKR_DATA_LEN_RANGE),
  );
});

describe("CCM", () => {
  // NIST SP 800-38C, C.1 to C.3.
  const key = aes(counting(16, 0x40));
  test.each([
    ["10111213141516", counting(8), 4, counting(4, 0x20), "7162015b4dac255d"],
    ["1011121314151617", counting(16), 6, counting(16, 0x20), "d2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd"],
    [
      "101112131415161718191a1b",
      counting(20),
      8,
      counting(24, 0x20),
      "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
    ],
  ])("SP 800-38C with nonce %s", (nonce, aad, macLength, plain, sealed) => {
    const parameter = { dataLength: plain.length, nonce: hex(nonce), aad, macLength };
    expect(aesCcm.encrypt!(key, parameter, plain, noRandom)).toEqual(hex(sealed));
    expect(aesCcm.decrypt!(key, parameter, hex(sealed))).toEqual(plain);
    for (const index of hex(sealed).keys()) {
      const changed = hex(sealed).with(index, hex(sealed)[index]! ^ 1);
      expect(() => aesCcm.decrypt!(key, parameter, changed)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    }
  });

  test("an empty message is a tag", () => {
    const parameter = { dataLength: 0, nonce: counting(13), aad: new Uint8Array(0), macLength: 16 };
    const sealed = aesCcm.encrypt!(key, parameter, new Uint8Array(0), noRandom);
    expect(sealed).toHaveLength(16);
    expect(aesCcm.decrypt!(key, parameter, sealed)).toEqual(new Uint8Array(0));
  });

  test("data of another length than announced", () => {
    const parameter = { dataLength: 10, nonce: counting(12), aad: new Uint8Array(0), macLength: 16 };
    const sealed = aesCcm.encrypt!(key, parameter, counting(10), noRandom);
    expect(() => aesCcm.encrypt!(key, parameter, counting(11), noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
    for (const bytes of [sealed.subarray(1), concatenate(sealed, Uint8Array.of(0)), new Uint8Array(0)]) {
      expect(() => aesCcm.decrypt!(key, parameter, bytes)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
  });
});
