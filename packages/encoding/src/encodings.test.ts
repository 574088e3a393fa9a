import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as contract from "./index.ts";

test("byte strings are concatenated and compared", () => {
  expect(contract.concatenate()).toEqual(new Uint8Array(0));
  expect(contract.concatenate(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  expect(contract.concatenateAll(Array(1_000_000).fill(Uint8Array.of(7)))).toEqual(new Uint8Array(1_000_000).fill(7));
  expect(contract.equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(contract.equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(contract.equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});

describe("hexadecimal text", () => {
  test("represents any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(contract.fromHex(contract.toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(contract.toHex(Uint8Array.of(0, 0x0a, 0xff))).toBe("000aff");
    expect(contract.fromHex("000AfF")).toEqual(Uint8Array.of(0, 0x0a, 0xff));
  });

  test.each(["0", "0g", "0x00", "00 00"])("%s is refused", (text) => {
    expect(() => contract.fromHex(text)).toThrow(contract.EncodingError);
  });
});

describe("numbers", () => {
  test("any number of any length", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), fc.nat(20), (number, zeros) => {
        const shortest = contract.fromBigInt(number);
        expect(contract.toBigInt(shortest)).toBe(number);
        expect(contract.toHex(shortest)).toBe(evenDigits(number));
        expect(contract.fromBigInt(number, shortest.length + zeros)).toEqual(
          contract.concatenate(new Uint8Array(zeros), shortest),
        );
        expect(contract.bitLength(number)).toBe(
          contract.bitLength(contract.concatenate(new Uint8Array(zeros), shortest)),
        );
        expect(contract.bitLength(number)).toBe(number === 0n ? 0 : number.toString(2).length);
      }),
    );
  });

  test("do not fit into fewer bytes", () => {
    expect(() => contract.fromBigInt(256n, 1)).toThrow(RangeError);
    expect(() => contract.fromBigInt(1n << 64n, 8)).toThrow(RangeError);
    expect(() => contract.fromBigInt(-1n, 8)).toThrow(RangeError);
    expect(() => contract.fromNumber(65536, 2)).toThrow(RangeError);
    expect(() => contract.padLeft(Uint8Array.of(1, 0), 1)).toThrow(RangeError);
  });

  test("of 53 bits and less need no bigint", () => {
    expect(contract.toHex(contract.fromNumber(2 ** 53 - 1, 8))).toBe("001fffffffffffff");
    expect(contract.toHex(contract.fromNumber(0x80010023, 4))).toBe("80010023");
    expect(contract.fromNumber(0, 0)).toEqual(Uint8Array.of());
  });

  test("are padded with zeros", () => {
    expect(contract.padLeft(Uint8Array.of(0, 0, 1), 2)).toEqual(Uint8Array.of(0, 1));
    expect(contract.padLeft(Uint8Array.of(0), 0)).toEqual(Uint8Array.of());
    expect(contract.padLeft(Uint8Array.of(7), 3)).toEqual(Uint8Array.of(0, 0, 7));
  });

  function evenDigits(number: bigint): string {
    const digits = number.toString(16);
    return digits.padStart(digits.length + (digits.length % 2), "0");
  }
});

describe("hosts", () => {
  test.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])("%s is this machine", (host) => {
    expect(contract.isLoopback(host)).toBe(true);
  });

  test.each(["127.0.0.1.example", "127.example", "localhost.example", "10.0.0.1", "[::2]", ""])(
    "%s is not known to be this machine",
    (host) => {
      expect(contract.isLoopback(host)).toBe(false);
    },
  );

  test("lose their brackets", () => {
    expect(["[::1]", "::1", "a"].map(contract.withoutBrackets)).toEqual(["::1", "::1", "a"]);
  });
});

describe("EP11's wire form", () => {
  const wire = contract.wireForm([0x80010023, 2], Uint8Array.of(1, 2), Uint8Array.of(3));

  test("is numbers, then byte strings", () => {
    expect(contract.toHex(wire)).toBe("8001002300000002010203");
    const reader = new contract.WireReader(wire);
    const [mechanism, length] = reader.numbers(2);
    expect(mechanism).toBe(0x80010023);
    expect(reader.bytes(length!)).toEqual(Uint8Array.of(1, 2));
    expect(() => reader.end()).toThrow(contract.EncodingError);
    expect(reader.rest()).toEqual(Uint8Array.of(3));
    reader.end();
  });

  test("is refused when it is too short", () => {
    expect(() => new contract.WireReader(wire.subarray(0, 3)).number()).toThrow(contract.EncodingError);
    expect(() => new contract.WireReader(wire).bytes(wire.length + 1)).toThrow(contract.EncodingError);
    expect(() => new contract.WireReader(wire).bytes(0xffffffff)).toThrow(contract.EncodingError);
  });
});
