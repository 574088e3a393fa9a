import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bitLength,
  concatenate,
  concatenateAll,
  EncodingError,
  equalBytes,
  fromBigInt,
  fromHex,
  fromNumber,
  isLoopback,
  padLeft,
  toBigInt,
  toHex,
  WireReader,
  wireForm,
  withoutBrackets,
} from "./index.ts";

test("byte strings are concatenated and compared", () => {
  expect(concatenate()).toEqual(new Uint8Array(0));
  expect(concatenate(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(concatenateAll(Array(1_000_000).fill(Uint8Array.of(7)))).toEqual(new Uint8Array(1_000_000).fill(7));
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});

describe("hexadecimal text", () => {
  test("represents any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(toHex(Uint8Array.of(0, 0x0a, 0xff))).toBe("000aff");
    expect(fromHex("000AfF")).toEqual(Uint8Array.of(0, 0x0a, 0xff));
  });

  test.each(["0", "0g", "0x00", "00 00"])("%s is refused", (text) => {
    expect(() => fromHex(text)).toThrow(EncodingError);
  });
});

describe("numbers", () => {
  test("any number of any length", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), fc.nat(20), (number, zeros) => {
        const shortest = fromBigInt(number);
        expect(toBigInt(shortest)).toBe(number);
        expect(toHex(shortest)).toBe(evenDigits(number));
        expect(fromBigInt(number, shortest.length + zeros)).toEqual(concatenate(new Uint8Array(zeros), shortest));
        expect(bitLength(number)).toBe(bitLength(concatenate(new Uint8Array(zeros), shortest)));
        expect(bitLength(number)).toBe(number === 0n ? 0 : number.toString(2).length);
      }),
    );
  });

  test("do not fit into fewer bytes", () => {
    expect(() => fromBigInt(256n, 1)).toThrow(RangeError);
    expect(() => fromBigInt(1n << 64n, 8)).toThrow(RangeError);
    expect(() => fromBigInt(-1n, 8)).toThrow(RangeError);
    expect(() => fromNumber(65536, 2)).toThrow(RangeError);
    expect(() => padLeft(Uint8Array.of(1, 0), 1)).toThrow(RangeError);
  });

  test("of 53 bits and less need no bigint", () => {
    expect(toHex(fromNumber(2 ** 53 - 1, 8))).toBe("001fffffffffffff");
    expect(toHex(fromNumber(0x80010023, 4))).toBe("80010023");
    expect(fromNumber(0, 0)).toEqual(Uint8Array.of());
  });

  test("are padded with zeros", () => {
    expect(padLeft(Uint8Array.of(0, 0, 1), 2)).toEqual(Uint8Array.of(0, 1));
    expect(padLeft(Uint8Array.of(0), 0)).toEqual(Uint8Array.of());
    expect(padLeft(Uint8Array.of(7), 3)).toEqual(Uint8Array.of(0, 0, 7));
  });

  function evenDigits(number: bigint): string {
    const digits = number.toString(16);
    return digits.padStart(digits.length + (digits.length % 2), "0");
  }
});

describe("hosts", () => {
  test.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("%s is this machine", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each(["127.0.0.1.example", "127.example", "localhost.example", "10.0.0.1", "[::2]", ""])(
    "%s is not known to be this machine",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );

  test("lose their brackets", () => {
    expect(["[::1]", "::1", "a"].map(withoutBrackets)).toEqual(["::1", "::1", "a"]);
  });
});

describe("EP11's wire form", () => {
  const wire = wireForm([0x80010023, 2], Uint8Array.of(1, 2), Uint8Array.of(3));

  test("is numbers, then byte strings", () => {
    expect(toHex(wire)).toBe("8001002300000002010203");
    const reader = new WireReader(wire);
    const [mechanism, length] = reader.numbers(2);
    expect(mechanism).toBe(0x80010023);
    expect(reader.bytes(length!)).toEqual(Uint8Array.of(1, 2));
    expect(() => reader.end()).toThrow(EncodingError);
    expect(reader.rest()).toEqual(Uint8Array.of(3));
    reader.end();
  });

  test("is refused when it is too short", () => {
    expect(() => new WireReader(wire.subarray(0, 3)).number()).toThrow(EncodingError);
    expect(() => new WireReader(wire).bytes(wire.length + 1)).toThrow(EncodingError);
    expect(() => new WireReader(wire).bytes(0xffffffff)).toThrow(EncodingError);
  });
});
