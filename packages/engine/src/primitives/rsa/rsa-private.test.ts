import { generateKeyPairSync } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { type CryptoBackend, openSslInUse, useCryptoBackend } from "../openssl/crypto-backend.ts";
import { publicOperation, rsaPrivateKey } from "./rsa.ts";
import { privateOperation, verifiesResults } from "./rsa-private.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 1024,
  privateKeyEncoding: { type: "pkcs8", format: "der" },
  publicKeyEncoding: { type: "spki", format: "der" },
});
const key = rsaPrivateKey(new Uint8Array(privateKey));
const input = new Uint8Array(128).fill(0x42);

afterEach(() => useCryptoBackend("openssl"));

test.each<CryptoBackend>(["openssl", "portable"])("%s: the public operation is the inverse", (backend) => {
  useCryptoBackend(backend);
  const output = privateOperation(key, input);
  expect(output).not.toEqual(input);
  expect(publicOperation(key, output)).toEqual(input);
});

test("OpenSSL called directly refuses other lengths, numbers that are not less than the modulus, and other keys", () => {
  const openSsl = openSslInUse()!;
  for (const length of [0, 1, 127, 129, 512]) {
    expect(() => openSsl.rsaPrivateOperation(key.der, new Uint8Array(length).fill(1))).toThrow("failed");
  }
  expect(() => openSsl.rsaPrivateOperation(key.der, new Uint8Array(128).fill(0xff))).toThrow("failed");
  const { privateKey: other } = generateKeyPairSync("ed25519");
  const der = new Uint8Array(other.export({ type: "pkcs8", format: "der" }));
  expect(() => openSsl.rsaPrivateOperation(der, input)).toThrow("rejects");
  expect(publicOperation(key, privateOperation(key, input, openSsl))).toEqual(input);
});

test("this OpenSSL replaces the wrong result of a faulty computation with the prime factors", () => {
  expect(verifiesResults(openSslInUse()!)).toBe(true);
});

test("the result is verified here if OpenSSL does not", () => {
  const faulty = { rsaPrivateOperation: (_der: Uint8Array, bytes: Uint8Array) => bytes.with(-1, 1) };
  expect(verifiesResults(faulty)).toBe(false);
  expect(() => privateOperation(key, input, faulty)).toThrow("does not verify");
  const correct = {
    rsaPrivateOperation: (der: Uint8Array, bytes: Uint8Array) => {
      if (der !== key.der) throw new Error("no test key");
      return openSslInUse()!.rsaPrivateOperation(der, bytes);
    },
  };
  expect(verifiesResults(correct)).toBe(false);
  expect(privateOperation(key, input, correct)).toEqual(privateOperation(key, input));
});
