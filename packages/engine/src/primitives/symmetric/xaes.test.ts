import { createHash, createSecretKey } from "node:crypto";
import { toHex } from "@grep11/encoding";
import { expect, test } from "vitest";
import { counting } from "../../../test/sealing.ts";
import { XAES_NONCE_BYTES, Xaes } from "./xaes.ts";

const NONCE = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");
const PLAINTEXT = Buffer.from("XAES-256-GCM");

function sealed(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  return new Xaes(createSecretKey(key)).seal(nonce, plaintext, aad);
}

// C2SP, XAES-256-GCM.md, "Test vectors": one vector for each value of the bit that decides how the subkey is reduced.
test.each([
  [0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
  [0x03, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
])("C2SP vector with key %i", (byte, aad, expected) => {
  const key = new Uint8Array(32).fill(byte);
  const bytes = sealed(key, NONCE, PLAINTEXT, Buffer.from(aad));
  expect(toHex(bytes)).toBe(expected);
  expect(new Xaes(createSecretKey(key)).open(NONCE, bytes, Buffer.from(aad))).toEqual(new Uint8Array(PLAINTEXT));
});

// C2SP, XAES-256-GCM.md, "Accumulated randomized tests": keys, nonces, lengths and texts are drawn from SHAKE128 of the empty
// string.
test("C2SP accumulated hash of 10,000 messages", () => {
  const iterations = 10_000;
  const longest = iterations * (32 + XAES_NONCE_BYTES + 2 * 256);
  const stream = createHash("shake128", { outputLength: longest }).digest();
  let at = 0;
  const read = (length: number) => {
    at += length;
    return stream.subarray(at - length, at);
  };
  const digest = createHash("shake128", { outputLength: 32 });
  for (let i = 0; i < iterations; i++) {
    const key = read(32);
    const nonce = read(XAES_NONCE_BYTES);
    const plaintext = read(read(1)[0]!);
    const aad = read(read(1)[0]!);
    digest.update(sealed(key, nonce, plaintext, aad));
  }
  expect(digest.digest("hex")).toBe("e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
});

test("refuses everything else", () => {
  const xaes = new Xaes(createSecretKey(counting(32)));
  const aad = counting(5);
  const bytes = Buffer.from(xaes.seal(NONCE, PLAINTEXT, aad));
  expect(xaes.open(NONCE, bytes, aad)).toEqual(new Uint8Array(PLAINTEXT));
  expect(xaes.open(NONCE, bytes, counting(6))).toBeUndefined();
  expect(xaes.open(counting(24), bytes, aad)).toBeUndefined();
  expect(xaes.open(NONCE.subarray(1), bytes, aad)).toBeUndefined();
  expect(xaes.open(NONCE, bytes.subarray(1), aad)).toBeUndefined();
  expect(xaes.open(NONCE, bytes.subarray(0, 15), aad)).toBeUndefined();
  expect(new Xaes(createSecretKey(counting(32, 1))).open(NONCE, bytes, aad)).toBeUndefined();
});
