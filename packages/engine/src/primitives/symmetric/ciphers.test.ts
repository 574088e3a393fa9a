import { describe, expect, test } from "vitest";
import { counting } from "../../../test/sealing.ts";
import { loadOpenSsl } from "../openssl/openssl.ts";
import { type AeadInputs, NODE_CIPHERS } from "./ciphers.ts";

const openSsl = loadOpenSsl()!.ciphers;
const EMPTY = counting(0);

describe.each<[string, number, number, number]>([
  ["aes-128-ecb", 16, 0, 16],
  ["aes-256-ecb", 32, 0, 16],
  ["aes-192-cbc", 24, 16, 16],
  ["des-ede-ecb", 16, 0, 8],
  ["des-ede3-ecb", 24, 0, 8],
  ["des-ede-cbc", 16, 8, 8],
  ["des-ede3-cbc", 24, 8, 8],
  ["aes-256-ctr", 32, 16, 1],
  ["aes-256-ofb", 32, 16, 1],
  ["aes-256-cfb", 32, 16, 1],
  ["aes-128-cfb8", 16, 16, 1],
  ["aes-128-xts", 32, 16, 16],
  ["chacha20", 32, 16, 1],
])("%s", (name, keyBytes, ivBytes, unit) => {
  const [key, iv] = [counting(keyBytes, 1), ivBytes === 0 ? undefined : counting(ivBytes, 9)];

  test("OpenSSL and node:crypto agree in both directions, on views and on long messages", () => {
    for (const units of [1, 2, 3, 70, 70_000]) {
      const data = counting(units * unit + 5).subarray(5);
      const ciphered = openSsl.crypt(name, "encrypt", key, iv, data);
      expect(Buffer.compare(ciphered, NODE_CIPHERS.crypt(name, "encrypt", key, iv, data))).toBe(0);
      expect(Buffer.compare(openSsl.crypt(name, "decrypt", key, iv, ciphered), data)).toBe(0);
      expect(Buffer.compare(NODE_CIPHERS.crypt(name, "decrypt", key, iv, ciphered), data)).toBe(0);
    }
  });

  test("keys, initialisation vectors and data of other lengths are refused", () => {
    const data = counting(16);
    for (const length of [0, keyBytes - 1, keyBytes + 1]) {
      expect(() => openSsl.crypt(name, "encrypt", counting(length), iv, data)).toThrow("not valid");
    }
    for (const other of [counting(ivBytes + 1), ivBytes === 0 ? counting(16) : undefined]) {
      expect(() => openSsl.crypt(name, "encrypt", key, other, data)).toThrow("not valid");
    }
    if (unit > 1 && !name.endsWith("xts")) {
      expect(() => openSsl.crypt(name, "decrypt", key, iv, counting(unit + 1))).toThrow("refuses");
    }
    // After the failed call, the context is usable again.
    expect(openSsl.crypt(name, "encrypt", key, iv, data)).toEqual(
      new Uint8Array(NODE_CIPHERS.crypt(name, "encrypt", key, iv, data)),
    );
  });
});

describe.each<[AeadInputs["name"], number, number, number]>([
  ["aes-128-gcm", 16, 12, 16],
  ["aes-192-gcm", 24, 1, 12],
  ["aes-256-gcm", 32, 128, 13],
  ["chacha20-poly1305", 32, 12, 16],
])("%s", (name, keyBytes, nonceBytes, tagLength) => {
  test.each([
    [0, 0],
    [0, 20],
    [1, 0],
    [100, 300],
  ])("%i bytes of message and %i of additional data", (bytes, aadBytes) => {
    const inputs = { name, key: counting(keyBytes), nonce: counting(nonceBytes), aad: counting(aadBytes), tagLength };
    const message = counting(bytes, 3);
    const sealed = openSsl.seal(inputs, message);
    expect(sealed).toEqual(NODE_CIPHERS.seal(inputs, message));
    expect(openSsl.open(inputs, sealed)).toEqual(message);
    expect(NODE_CIPHERS.open(inputs, sealed)).toEqual(message);
    for (const ciphers of [openSsl, NODE_CIPHERS]) {
      for (const at of [0, sealed.length - 1]) {
        expect(ciphers.open(inputs, sealed.with(at, sealed[at]! ^ 1))).toBeUndefined();
      }
      expect(ciphers.open({ ...inputs, aad: counting(aadBytes + 1) }, sealed)).toBeUndefined();
      expect(ciphers.open({ ...inputs, nonce: counting(nonceBytes, 7) }, sealed)).toBeUndefined();
    }
    expect(openSsl.open(inputs, sealed)).toEqual(message);
  });

  test("keys of other lengths are refused", () => {
    const inputs = { name, key: counting(keyBytes + 1), nonce: counting(nonceBytes), aad: EMPTY, tagLength };
    expect(() => openSsl.seal(inputs, EMPTY)).toThrow("not valid");
    expect(() => openSsl.open(inputs, counting(tagLength))).toThrow("not valid");
  });
});

test("unknown ciphers are refused", () => {
  expect(() => openSsl.crypt("aes-256-none", "encrypt", counting(32), undefined, counting(16))).toThrow("refuses");
});
