import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { BackwardWriter } from "./backward-writer.ts";

it("writes integers of every length up to 2^53 - 1", () => {
  const writer = new BackwardWriter();
  for (let bits = 0; bits <= 53; bits++) {
    for (const value of [2 ** bits - 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)]) {
      writer.integer(1, value);
      const reader = new BinaryReader(writer.take());
      expect(reader.tag()).toEqual([1, WireType.Varint]);
      expect(Number(reader.uint64())).toBe(value);
      expect(reader.pos).toBe(reader.len);
    }
  }
});

it("grows for long fields and discards what was not taken", () => {
  const writer = new BackwardWriter();
  for (const length of [0, 1, 127, 128, 4096, 100_000, 5]) {
    writer.bytes(2, new Uint8Array(9000).fill(1));
    writer.clear();
    const value = new Uint8Array(length).fill(7);
    writer.bytes(30, value);
    writer.close(3, 0);
    const reader = new BinaryReader(writer.take());
    expect(reader.tag()).toEqual([3, WireType.LengthDelimited]);
    expect(reader.uint32()).toBe(reader.len - reader.pos);
    expect(reader.tag()).toEqual([30, WireType.LengthDelimited]);
    expect(reader.bytes()).toEqual(value);
  }
  expect(() => writer.bytes(1, "text" as never)).toThrow(TypeError);
});

it("writes long and short fields in any order like protobuf's own writer", () => {
  const writer = new BackwardWriter();
  const length = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 4090, max: 20_000 }));
  fc.assert(
    fc.property(fc.array(length, { maxLength: 8 }), (lengths) => {
      const values = lengths.map((each, index) => new Uint8Array(each).fill(index + 1));
      for (const [index, value] of [...values.entries()].reverse()) writer.bytes(index + 1, value);
      writer.close(100, 0);
      const expected = new BinaryWriter().tag(100, WireType.LengthDelimited).fork();
      for (const [index, value] of values.entries()) expected.tag(index + 1, WireType.LengthDelimited).bytes(value);
      const wire = writer.take((size) => new Uint8Array(5 + size));
      expect(Buffer.compare(wire.subarray(5), expected.join().finish())).toBe(0);
      expect(writer.length).toBe(0);
    }),
  );
});
