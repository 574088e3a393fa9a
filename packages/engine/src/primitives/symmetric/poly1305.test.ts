import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { everyCut } from "../../../test/parts.ts";
import { counting } from "../../../test/sealing.ts";
import { hex } from "../../../test/vectors.ts";
import { isPoly1305State, poly1305Bytes, poly1305Final, poly1305Init, poly1305Update } from "./poly1305.ts";

function tagOf(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  return poly1305Final(
    key,
    parts.reduce((state, part) => poly1305Update(key, state.slice(), part), poly1305Init()),
  );
}

const zeros = (count: number) => "00".repeat(count);
const ones = (count: number) => "ff".repeat(count);

// RFC 8439, 2.5.2 and A.3, numbers 1 and 7 to 11, which are edge cases of the reduction.
test.each([
  [
    "the example",
    "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
    Buffer.from("Cryptographic Forum Research Group").toString("hex"),
    "a8061dc1305136c6c22b8baf0c0127a9",
  ],
  ["zeros", zeros(32), zeros(64), zeros(16)],
  ["2^130 - 5 < sum", `02${zeros(31)}`, ones(16), `03${zeros(15)}`],
  ["carry of s", `02${zeros(15)}${ones(16)}`, `02${zeros(15)}`, `03${zeros(15)}`],
  ["carry between blocks", `01${zeros(31)}`, `${ones(16)}f0${ones(15)}11${zeros(15)}`, `05${zeros(15)}`],
  ["sum of 2^130 - 5", `01${zeros(31)}`, `${ones(16)}fb${"fe".repeat(15)}${"01".repeat(16)}`, zeros(16)],
  ["sum of 2^130 - 6", `02${zeros(31)}`, `fd${ones(15)}`, `fa${ones(15)}`],
])("RFC 8439: %s", (_name, key, message, tag) => {
  expect(tagOf(hex(key), [hex(message)])).toEqual(hex(tag));
});

test("agrees with OpenSSL for any key, length and split", () => {
  for (let length = 0; length < 70; length++) {
    const [key, nonce, message] = [counting(32, 7 * length), counting(12, length), counting(length, 3 * length)];
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(message, { plaintextLength: 0 });
    cipher.final();
    // Computes Poly1305 of the padded message and its length. The key is block 0 of the keystream, which starts at counter 0.
    const iv = Buffer.concat([Buffer.alloc(4), nonce]);
    const oneTimeKey = new Uint8Array(createCipheriv("chacha20", key, iv).update(new Uint8Array(32)));
    const lengths = new Uint8Array(16).with(0, length);
    const padding = new Uint8Array((16 - (length % 16)) % 16);
    const expected = new Uint8Array(cipher.getAuthTag());
    for (const parts of length < 40 ? everyCut(message) : [[message]]) {
      expect(tagOf(oneTimeKey, [...parts, padding, lengths])).toEqual(expected);
    }
  }
});

test("a state has the number of bytes so far and is distinguished from other bytes", () => {
  const state = poly1305Update(counting(32), poly1305Init(), counting(21));
  expect(poly1305Bytes(state)).toBe(21);
  expect(isPoly1305State(state)).toBe(true);
  for (const bad of [new Uint8Array(0), state.subarray(1), state.slice(0, -1), state.with(0, 2)]) {
    expect(isPoly1305State(bad)).toBe(false);
  }
});
