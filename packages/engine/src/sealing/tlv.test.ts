import type * as ck from "@grep11/cryptoki";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../../test/vectors.ts";
import { attributes, bytes, INVALID, number, optional, record } from "./tlv.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const templates = fc
  .uniqueArray(
    fc.tuple(u32, fc.oneof<[...fc.Arbitrary<ck.AttributeValue>[]]>(fc.boolean(), fc.maxSafeNat(), fc.uint8Array())),
    {
      selector: ([type]) => type,
    },
  )
  .map((entries) => new Map(entries));

const ascending = (map: ReadonlyMap<number, unknown>) => new Map([...map].sort(([a], [b]) => a - b));

describe("records", () => {
  const type = record({ first: [1, bytes], second: [2, optional(number)], third: [0x80010002, optional(bytes)] });

  test("round trip, without members that are undefined", () => {
    const value = { first: Uint8Array.of(7, 8), second: undefined, third: new Uint8Array(0) };
    const content = type.encode(value);
    expect(content).toEqual(hex("00000001000000020708" + "8001000200000000"));
    expect(type.decode(content)).toEqual(value);
    expect(value.first).toEqual(Uint8Array.of(7, 8));
  });

  test("hold records", () => {
    const outer = record({ record: [9, type], last: [10, bytes] });
    const value = { record: { first: Uint8Array.of(7), second: 5, third: undefined }, last: Uint8Array.of(8) };
    expect(outer.decode(outer.encode(value))).toEqual(value);
  });

  test("share no memory with what they are parsed from", () => {
    const content = Buffer.from(type.encode({ first: Uint8Array.of(7), second: undefined, third: undefined }));
    const parsed = type.decode(content);
    content.fill(0);
    expect(parsed !== INVALID && Array.from(parsed.first)).toEqual([7]);
  });

  test.each([
    ["a tag twice", "00000001000000000000000100000000"],
    ["descending tags", "00000002000000080000000000000000" + "0000000100000000"],
    ["a cut tag", "000000"],
    ["a cut length", "00000001000000"],
    ["a cut value", "000000010000000207"],
    ["a byte after the last field", "000000010000000007"],
    ["a length of 4 GiB", "00000001ffffffff07"],
    ["a missing member", "8001000200000000"],
    ["an unknown tag", "00000001000000000000000300000000"],
    ["a member that does not parse", "00000001000000000000000200000000"],
  ])("refuse %s", (_, content) => expect(type.decode(hex(content))).toBe(INVALID));

  test("what parses is the only encoding of its value", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (content) => {
        const value = type.decode(content);
        if (value !== INVALID) expect(type.encode(value)).toEqual(content);
      }),
    );
  });
});

test("numbers are u64 up to 2^53 - 1", () => {
  const type = record({ value: [1, number] });
  const parse = (content: Uint8Array) => number.parse(content, 0, content.length);
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(type.decode(type.encode({ value }))).toEqual({ value });
    }),
  );
  expect(parse(hex("001fffffffffffff"))).toBe(Number.MAX_SAFE_INTEGER);
  expect(parse(hex("0020000000000000"))).toBe(INVALID);
  expect(parse(hex("00000001"))).toBe(INVALID);
});

describe("attributes", () => {
  const type = record({ attributes: [1, attributes] });

  test("round trip in any order", () => {
    fc.assert(
      fc.property(templates, (template) => {
        expect(type.decode(type.encode({ attributes: template }))).toEqual({ attributes: ascending(template) });
      }),
    );
  });

  test.each([
    ["an empty list that should be absent", ""],
    ["a value without kind", "0000000100000000"],
    ["a value without kind before another", "0000000100000000" + "03000001000000020101"],
    ["an unknown kind", "000000010000000104"],
    ["a boolean that is 2", "00000001000000020102"],
    ["a boolean of two bytes", "0000000100000003010001"],
    ["a number of four bytes", "00000001000000050200000001"],
    ["an attribute twice", "00000001000000020100" + "00000001000000020100"],
    ["fields that do not parse", "000000"],
  ])("refuse %s", (_, content) => {
    const encoded = hex(content);
    expect(attributes.parse(encoded, 0, encoded.length)).toBe(INVALID);
  });
});
