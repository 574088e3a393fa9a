import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as contract from "./index.ts";

const inSequence = (content: string) => contract.DerReader.sequence(contract.der.sequence(contract.fromHex(content)));

describe("the reader reads what the writer wrote", () => {
  test("one element of each type", () => {
    const encoded = contract.der.sequence(
      contract.der.smallInteger(1),
      contract.der.integer(contract.fromHex("0080ff")),
      contract.der.octetString(contract.fromHex("0102")),
      contract.der.bitString(contract.fromHex("03")),
      contract.der.oid("1.2.840.10045.2.1"),
      contract.der.NULL,
      contract.der.explicit(0, contract.der.smallInteger(7)),
      contract.der.implicit(1, contract.fromHex("0004")),
    );
    const reader = contract.DerReader.sequence(encoded);
    expect(reader.smallInteger()).toBe(1);
    expect(reader.integer()).toEqual(contract.fromHex("80ff"));
    expect(reader.octetString()).toEqual(contract.fromHex("0102"));
    expect(reader.bitString()).toEqual(contract.fromHex("03"));
    expect(reader.oid()).toEqual(contract.fromHex("06072a8648ce3d0201"));
    reader.null();
    expect(reader.explicit(1)).toBeUndefined();
    expect(reader.explicit(0)?.smallInteger()).toBe(7);
    expect(reader.implicitBitString(1)).toEqual(contract.fromHex("04"));
    expect(reader.implicit(2)).toBeUndefined();
    expect(reader.atEnd).toBe(true);
    expect(contract.readSequenceLength(Uint8Array.of(...encoded, 1, 2, 3))).toBe(encoded.length);
  });

  test.each([0, 1, 127, 128, 255, 256, 65535, 65536])("a content of %i octets", (length) => {
    const content = new Uint8Array(length).fill(0xa5);
    expect(contract.DerReader.sequence(contract.der.sequence(contract.der.octetString(content))).octetString()).toEqual(
      content,
    );
  });

  test("any non-negative INTEGER", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 600n }), (number) => {
        const bytes = contract.fromBigInt(number);
        const encoded = contract.der.sequence(contract.der.integer(Uint8Array.of(0, 0, ...bytes)));
        expect(contract.DerReader.sequence(encoded).integer()).toEqual(bytes);
      }),
    );
  });

  test("a PrintableString", () => {
    expect(new contract.DerReader(contract.fromHex("1305502d323536")).printableString()).toBe("P-256");
  });
});

test("OBJECT IDENTIFIERs with large arcs", () => {
  expect(contract.der.oid("1.3.6.1.4.1.2.267.999.3.2")).toEqual(contract.fromHex("060c2b0601040102820b87670302"));
  expect(contract.der.oid("1.3.36.3.3.2.8.1.1.14")).toEqual(contract.fromHex("06092b240303020801010e"));
});

describe("ECDSA signatures", () => {
  const raw = contract.fromHex("00000001000000ff");

  test("are converted in both directions", () => {
    expect(contract.ecdsaToDer(raw)).toEqual(contract.fromHex("3007020101020200ff"));
    expect(contract.ecdsaFromDer(contract.ecdsaToDer(raw), 4)).toEqual(raw);
  });

  test.each([
    ["three integers", "3009020101020101020101"],
    ["one integer", "3003020101"],
    ["trailing bytes", "300602010102010100"],
    ["a negative integer", "3006020180020101"],
    ["an integer that is too long", "3008020301000002010a"],
  ])("are refused with %s", (_, encoded) => {
    expect(() => contract.ecdsaFromDer(contract.fromHex(encoded), 2)).toThrow(contract.EncodingError);
  });

  test("are refused without two halves", () => {
    for (const length of [0, 63])
      expect(() => contract.ecdsaToDer(new Uint8Array(length))).toThrow(contract.EncodingError);
  });
});

describe("the reader refuses", () => {
  test.each([
    ["an empty INTEGER", "0200"],
    ["a negative INTEGER", "020180"],
    ["an INTEGER with a redundant zero", "02020001"],
    ["a redundant length octet", "02810101"],
    ["a length of zero in two octets", "028100"],
    ["an indefinite length", "0280010000"],
    ["a length of four octets", "02840000000101"],
    ["a truncated content", "020201"],
    ["another type", "040101"],
    ["nothing", ""],
    ["a tag without a length", "02"],
    ["a tag above 30", "1f020101"],
  ])("%s in place of an INTEGER", (_, content) => {
    expect(() => inSequence(content).integer()).toThrow(contract.EncodingError);
  });

  test("BIT STRINGs with unused bits, truncated OBJECT IDENTIFIERs, NULLs with content, small integers above 127", () => {
    expect(() => inSequence("0300").bitString()).toThrow(contract.EncodingError);
    expect(() => inSequence("03020780").bitString()).toThrow(contract.EncodingError);
    expect(() => inSequence("0600").oid()).toThrow(contract.EncodingError);
    expect(() => inSequence("06022a86").oid()).toThrow(contract.EncodingError);
    expect(() => inSequence("050100").null()).toThrow(contract.EncodingError);
    expect(() => inSequence("02020100").smallInteger()).toThrow(contract.EncodingError);
  });

  test("trailing bytes and incomplete SEQUENCEs", () => {
    expect(() => contract.DerReader.sequence(contract.fromHex("300000"))).toThrow(contract.EncodingError);
    expect(() => inSequence("0500").end()).toThrow(contract.EncodingError);
    expect(() => contract.readSequenceLength(contract.fromHex("30030201"))).toThrow(contract.EncodingError);
    expect(() => contract.readSequenceLength(contract.fromHex("0403020101"))).toThrow(contract.EncodingError);
  });

  test("random bytes with an EncodingError and no other error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        for (const read of ["sequence", "integer", "octetString", "bitString", "oid", "null"] as const) {
          try {
            new contract.DerReader(bytes)[read]();
          } catch (error) {
            expect(error).toBeInstanceOf(contract.EncodingError);
          }
        }
      }),
    );
  });
});
