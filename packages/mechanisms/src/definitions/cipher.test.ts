import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { counting, reader, refuses, wire } from "../testing/parameters.ts";

const ctr = reader(ck.CKM_AES_CTR);
const gcm = reader(ck.CKM_AES_GCM);
const ccm = reader(ck.CKM_AES_CCM);
const chacha20 = reader(ck.CKM_CHACHA20);
const chacha20Poly1305 = reader(ck.CKM_CHACHA20_POLY1305);

/**
 * Expects that `good` is refused if bytes at its end are missing or if there is one more byte. The lengths in `but` are left out,
 * because they are valid with another meaning.
 */
function expectExactLength(parse: Parameters<typeof refuses>[0], good: Uint8Array, but: readonly number[] = []): void {
  for (let length = 0; length < good.length; length++) {
    if (!but.includes(length)) refuses(parse, good.subarray(0, length));
  }
  refuses(parse, wire(good, 0));
}

const nothing = new Uint8Array(0);
const structure: ck.MechanismParameter = { type: "ECSGParm", ecsgType: 3 };

test("CTR", () => {
  const block = counting(16);
  expect(ctr(wire(32, block))).toEqual({ block, counterBits: 32 });
  expect(ctr(block)).toEqual({ block, counterBits: 128 });
  expectExactLength(ctr, wire(32, block), [16]);
  refuses(ctr, undefined, structure, wire(0, block), wire(129, block), wire(0xffffffff, block));
});

test("GCM", () => {
  const [iv, aad] = [counting(12), counting(20)];
  const good = wire(12, 96, 20, 128, iv, aad);
  expect(gcm(good)).toEqual({ iv, aad, tagLength: 16 });
  expect(gcm(wire(12, 0, 20, 96, iv, aad))).toEqual({ iv, aad, tagLength: 12 });
  expect(gcm(wire(3, 24, 0, 104, iv.subarray(0, 3)))).toEqual({ iv: iv.subarray(0, 3), aad: nothing, tagLength: 13 });
  refuses(gcm, iv, counting(16));
  expectExactLength(gcm, good);
  for (const tagBits of [0, 4, 32, 64, 88, 95, 97, 100, 127, 129, 136, 0xffffffff]) {
    refuses(gcm, wire(12, 96, 20, tagBits, iv, aad));
  }
  refuses(gcm, undefined, structure, wire(0, 0, 20, 128, aad), wire(12, 95, 20, 128, iv, aad));
  refuses(gcm, wire(0xffffffff, 0, 33, 128, iv, aad), wire(20, 96, 12, 128, iv, aad));
});

test("CCM", () => {
  const [nonce, aad] = [counting(12), counting(5)];
  const good = wire(100, 12, 5, 8, nonce, aad);
  expect(ccm(good)).toEqual({ dataLength: 100, nonce, aad, macLength: 8 });
  expectExactLength(ccm, good);
  for (const macLength of [0, 2, 3, 5, 15, 17, 18, 128]) refuses(ccm, wire(100, 12, 5, macLength, nonce, aad));
  for (const length of [0, 6, 14]) refuses(ccm, wire(1, length, 0, 8, counting(length)));
  expect(ccm(wire(0xffff, 13, 0, 8, counting(13))).dataLength).toBe(0xffff);
  refuses(ccm, undefined, structure, wire(0x10000, 13, 0, 8, counting(13)));
});

test("ChaCha20", () => {
  const short = wire(32, 96, Uint8Array.of(1, 2, 0, 0), counting(12));
  expect(chacha20(short)).toEqual({ counter: 0x201n, counterBits: 32, nonce: counting(12) });
  const long = wire(64, 64, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80), counting(8));
  expect(chacha20(long)).toEqual({ counter: 2n ** 63n, counterBits: 64, nonce: counting(8) });
  expectExactLength(chacha20, short);
  expectExactLength(chacha20, long);
  refuses(chacha20, undefined, structure, wire(32, 64, counting(12)), wire(64, 96, counting(20)));
  refuses(chacha20, wire(64, 192, counting(32)), wire(0, 128, counting(16)));
});

test("ChaCha20-Poly1305", () => {
  const good = wire(12, 7, counting(12), counting(7, 9));
  expect(chacha20Poly1305(good)).toEqual({ nonce: counting(12), aad: counting(7, 9) });
  refuses(chacha20Poly1305, counting(12));
  expectExactLength(chacha20Poly1305, good);
  refuses(chacha20Poly1305, undefined, structure, wire(8, 7, counting(15)), wire(24, 0, counting(24)));
});

test("data to encrypt", () => {
  expect(reader(ck.CKM_DES3_CBC_ENCRYPT_DATA)(counting(24))).toEqual({ iv: counting(8), data: counting(16, 8) });
  refuses(reader(ck.CKM_AES_CBC_ENCRYPT_DATA), undefined, structure, nothing, counting(16));
});

test("an initialisation vector that may be absent", () => {
  const parse = reader(ck.CKM_AES_KEY_WRAP);
  for (const absent of [undefined, nothing]) expect(parse(absent)).toEqual(new Uint8Array(8).fill(0xa6));
  expect(parse(counting(8, 1))).toEqual(counting(8, 1));
  refuses(parse, structure, counting(7), counting(9));
});

describe("the length of a MAC", () => {
  const parse = reader(ck.CKM_SHA_1_HMAC_GENERAL);

  test.each([
    ["4 bytes, big-endian", [0, 0, 0, 12]],
    ["4 bytes, little-endian", [12, 0, 0, 0]],
    ["8 bytes, big-endian", [0, 0, 0, 0, 0, 0, 0, 12]],
    ["8 bytes, little-endian", [12, 0, 0, 0, 0, 0, 0, 0]],
    ["protobuf", [0x08, 12]],
  ])("%s", (_name, bytes) => {
    expect(parse(Uint8Array.from(bytes))).toBe(12);
  });

  test("from four bytes to the whole code", () => {
    for (let length = 0; length < 256; length++) {
      for (const bytes of [wire(length), wire(0, length), Uint8Array.of(0x08, length)]) {
        if (length >= 4 && length <= 20) expect(parse(bytes)).toBe(length);
        else refuses(parse, bytes);
      }
    }
    refuses(parse, undefined, structure, nothing, Uint8Array.of(12), Uint8Array.of(0x10, 12), counting(5));
    refuses(parse, Uint8Array.of(0, 0, 12, 0), Uint8Array.of(0, 12, 0, 0), wire(12, 12), wire(0, 0, 12));
  });
});
