import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hex } from "../../../test/vectors.ts";
import {
  bitString,
  DerReader,
  EncodingError,
  explicit,
  implicit,
  integer,
  NULL,
  octetString,
  oid,
  readSequenceLength,
  sequence,
  smallInteger,
} from "./der.ts";

const inSequence = (contents: string) => DerReader.sequence(sequence(hex(contents)));

describe("what is written is read", () => {
  test("one of each", () => {
    const der = sequence(
      smallInteger(1),
      integer(hex("0080ff")),
      octetString(hex("0102")),
      bitString(hex("03")),
      oid("1.2.840.10045.2.1"),
      NULL,
      explicit(0, smallInteger(7)),
      implicit(1, hex("0004")),
    );
    const reader = DerReader.sequence(der);
    expect(reader.smallInteger()).toBe(1);
    expect(reader.integer()).toEqual(hex("80ff"));
    expect(reader.octetString()).toEqual(hex("0102"));
    expect(reader.bitString()).toEqual(hex("03"));
    expect(reader.oid()).toEqual(hex("06072a8648ce3d0201"));
    reader.null();
    expect(reader.explicit(1)).toBeUndefined();
    expect(reader.explicit(0)?.smallInteger()).toBe(7);
    expect(reader.implicitBitString(1)).toEqual(hex("04"));
    expect(reader.implicit(2)).toBeUndefined();
    expect(reader.atEnd).toBe(true);
    expect(readSequenceLength(Uint8Array.of(...der, 1, 2, 3))).toBe(der.length);
  });

  test.each([0, 1, 127, 128, 255, 256, 65535, 65536])("%i octets", (length) => {
    const content = new Uint8Array(length).fill(0xa5);
    expect(DerReader.sequence(sequence(octetString(content))).octetString()).toEqual(content);
  });

  test("any number", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 600n }), (number) => {
        const digits = number.toString(16);
        const bytes = hex(digits.length % 2 === 0 ? digits : `0${digits}`);
        expect(DerReader.sequence(sequence(integer(Uint8Array.of(0, 0, ...bytes)))).integer()).toEqual(bytes);
      }),
    );
  });

  test("arcs of any size", () => {
    expect(oid("1.3.6.1.4.1.2.267.999.3.2")).toEqual(hex("060c2b0601040102820b87670302"));
    expect(oid("1.3.36.3.3.2.8.1.1.14")).toEqual(hex("06092b240303020801010e"));
  });
});

describe("refused", () => {
  test.each([
    ["an empty INTEGER", "0200"],
    ["a negative INTEGER", "020180"],
    ["an INTEGER with a spare zero", "02020001"],
    ["a spare length octet", "02810101"],
    ["a length of zero in two octets", "028100"],
    ["an indefinite length", "02800100000"],
    ["a length of four octets", "02840000000101"],
    ["a content cut off", "020201"],
    ["another type", "040101"],
    ["nothing", ""],
    ["a lone tag", "02"],
    ["a tag above 30", "1f020101"],
  ])("%s for an INTEGER", (_, contents) => {
    expect(() => inSequence(contents).integer()).toThrow(EncodingError);
  });

  test("odd BIT STRINGs, cut OBJECT IDENTIFIERs, full NULLs, large small integers", () => {
    expect(() => inSequence("0300").bitString()).toThrow(EncodingError);
    expect(() => inSequence("03020780").bitString()).toThrow(EncodingError);
    expect(() => inSequence("0600").oid()).toThrow(EncodingError);
    expect(() => inSequence("06022a86").oid()).toThrow(EncodingError);
    expect(() => inSequence("050100").null()).toThrow(EncodingError);
    expect(() => inSequence("02020100").smallInteger()).toThrow(EncodingError);
  });

  test("bytes behind the end", () => {
    expect(() => DerReader.sequence(hex("300000"))).toThrow(EncodingError);
    expect(() => inSequence("0500").end()).toThrow(EncodingError);
    expect(() => readSequenceLength(hex("3003020101").subarray(0, 4))).toThrow(EncodingError);
    expect(() => readSequenceLength(hex("0403020101"))).toThrow(EncodingError);
  });

  test("any bytes end in a value or an EncodingError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const read of ["sequence", "integer", "octetString", "bitString", "oid", "null"] as const) {
          try {
            new DerReader(bytes)[read]();
          } catch (error) {
            expect(error).toBeInstanceOf(EncodingError);
          }
        }
      }),
    );
  });
});
