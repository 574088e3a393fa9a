import { createCipheriv } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { expect, test } from "vitest";
import { counting } from "../../../test/sealing.ts";
import { hex } from "../../../test/vectors.ts";
import { aesCtr, bytesBeforeWrap } from "./counter-mode.ts";
import { gcm } from "./gcm.ts";

const KEY = counting(24);
const DATA = counting(100);

/** Returns `data` XOR the encryptions of these blocks. */
function throughBlocks(blocks: readonly string[], data: Uint8Array): Uint8Array {
  const ecb = createCipheriv("aes-192-ecb", KEY, null).setAutoPadding(false);
  const keystream = ecb.update(hex(blocks.join("")));
  return data.map((byte, index) => byte ^ keystream[index]!);
}

test("from every offset in the keystream", () => {
  const counter = { block: counting(16), counterBits: 128 };
  const whole = new Uint8Array(createCipheriv("aes-192-ctr", KEY, counter.block).update(DATA));
  for (let offset = 0; offset <= DATA.length; offset++) {
    expect(aesCtr(KEY, counter, offset, DATA.subarray(offset))).toEqual(whole.subarray(offset));
  }
});

test.each([
  [1, "00000000000000000000000000000001", "00000000000000000000000000000000"],
  [8, "ffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffff00"],
  [32, "0102030405060708090a0b0cffffffff", "0102030405060708090a0b0c00000000"],
  [36, "0102030405060708090a0b1fffffffff", "0102030405060708090a0b1000000000"],
  [128, "ffffffffffffffffffffffffffffffff", "00000000000000000000000000000000"],
])("a counter of %i bits wraps around without changing the other bits", (counterBits, last, first) => {
  const counter = { block: hex(last), counterBits };
  expect(bytesBeforeWrap(counter)).toBe(16n);
  const expected = throughBlocks([last, first], DATA.subarray(0, 32));
  for (let offset = 0; offset <= 32; offset++) {
    expect(aesCtr(KEY, counter, offset, DATA.subarray(offset, 32))).toEqual(expected.subarray(offset));
  }
});

test("GCM counts with 32 bits, whatever its first counter is", () => {
  const parameter = { iv: counting(16), aad: new Uint8Array(0), tagLength: 16 };
  const state = gcm.init(KEY, parameter);
  state.set(hex("0102030405060708090a0b0cfffffffe"), 1);
  const expected = throughBlocks(
    ["0102030405060708090a0b0cffffffff", "0102030405060708090a0b0c00000000", "0102030405060708090a0b0c00000001"],
    DATA.subarray(0, 48),
  );
  expect(gcm.update(KEY, parameter, state, DATA.subarray(0, 48)).ciphered).toEqual(expected);
  const half = gcm.update(KEY, parameter, state, DATA.subarray(0, 20));
  const rest = gcm.update(KEY, parameter, half.state, DATA.subarray(20, 48));
  expect(concatenate(half.ciphered, rest.ciphered)).toEqual(expected);
});
