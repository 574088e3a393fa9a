import type * as ck from "@grep11/cryptoki";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../../test/vectors.ts";
import {
  encodeAttributes,
  encodeFields,
  encodeNumber,
  hasExactly,
  parseAttributes,
  parseFields,
  parseNumber,
} from "./tlv.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const number = fc.maxSafeNat();
const attributes = fc
  .uniqueArray(fc.tuple(u32, fc.oneof<[...fc.Arbitrary<ck.AttributeValue>[]]>(fc.boolean(), number, fc.uint8Array())), {
    selector: ([type]) => type,
  })
  .map((entries) => new Map(entries));

const ascending = (map: ReadonlyMap<number, unknown>) => new Map([...map].sort(([a], [b]) => a - b));

describe("fields", () => {
  test("round trip, without those that are undefined", () => {
    const value = Uint8Array.of(7, 8);
    const bytes = encodeFields([
      [1, value],
      [2, undefined],
      [0x80010002, new Uint8Array(0)],
    ]);
    expect(bytes).toEqual(hex("00000001000000020708" + "8001000200000000"));
    expect(parseFields(bytes)).toEqual(
      new Map([
        [1, value],
        [0x80010002, new Uint8Array(0)],
      ]),
    );
    expect(parseFields(new Uint8Array(0))).toEqual(new Map());
  });

  test.each([
    ["a tag twice", "00000001000000000000000100000000"],
    ["descending tags", "00000002000000000000000100000000"],
    ["a cut tag", "000000"],
    ["a cut length", "00000001000000"],
    ["a cut value", "000000010000000207"],
    ["a byte behind the last field", "000000010000000007"],
    ["a length of 4 GiB", "00000001ffffffff07"],
  ])("refuse %s", (_, bytes) => expect(parseFields(hex(bytes))).toBeUndefined());

  test("what parses is the only encoding of its value", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const fields = parseFields(bytes);
        if (fields !== undefined) expect(encodeFields([...fields])).toEqual(bytes);
      }),
    );
  });

  test("are exactly those required and some of those optional", () => {
    const fields = new Map([1, 2].map((tag) => [tag, new Uint8Array(0)]));
    expect(hasExactly(fields, [1, 2])).toBe(true);
    expect(hasExactly(fields, [1], [2, 3])).toBe(true);
    expect(hasExactly(fields, [1])).toBe(false);
    expect(hasExactly(fields, [1, 2, 3])).toBe(false);
  });
});

test("numbers are u64 up to 2^53 - 1", () => {
  fc.assert(
    fc.property(number, (value) => {
      expect(parseNumber(encodeNumber(value))).toBe(value);
    }),
  );
  expect(parseNumber(hex("0020000000000000"))).toBeUndefined();
  expect(parseNumber(hex("00000001"))).toBeUndefined();
  expect(parseNumber(undefined)).toBeUndefined();
});

describe("attributes", () => {
  test("round trip in any order", () => {
    fc.assert(
      fc.property(attributes, (template) => {
        expect(parseAttributes(encodeAttributes(template))).toEqual(ascending(template));
      }),
    );
  });

  test.each([
    ["an empty list that should be absent", ""],
    ["a value without kind", "0000000100000000"],
    ["an unknown kind", "000000010000000104"],
    ["a boolean that is 2", "00000001000000020102"],
    ["a boolean of two bytes", "0000000100000003010001"],
    ["a number of four bytes", "00000001000000050200000001"],
    ["fields that do not parse", "000000"],
  ])("refuse %s", (_, bytes) => expect(parseAttributes(hex(bytes))).toBeUndefined());
});
