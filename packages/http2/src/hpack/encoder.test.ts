/** Tests how header blocks are encoded. The results are checked with our decoder, which has its own tests. */
import { describe, expect, test } from "vitest";
import { hex } from "../../test/frames.ts";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";

const BOUNDS = { maxBytes: 1_000_000, maxFields: 1000 };
const encoded = (encoder: HpackEncoder, fields: readonly string[]): Uint8Array => {
  const { bytes, length } = encoder.encode(fields);
  return bytes.slice(0, length);
};

describe("the encoder", () => {
  test("indexes what repeats, and only that", () => {
    const encoder = new HpackEncoder();
    const repeats = [":status", "200", "content-type", "application/grpc"];
    const once = ["authorization", "Bearer x", "grpc-timeout", "1S"];
    const first = encoded(encoder, repeats);
    expect(encoded(encoder, repeats)).toEqual(hex("88 be"));
    expect(first.length).toBeGreaterThan(10);
    expect(encoded(encoder, once)).toEqual(encoded(encoder, once));
  });

  test("marks secrets so that no proxy indexes them (RFC 7541, section 7.1.3)", () => {
    for (const name of ["authorization", "cookie", "proxy-authorization", "set-cookie"]) {
      expect(encoded(new HpackEncoder(), [name, "secret"])[0]! & 0xf0).toBe(0x10);
    }
    expect(encoded(new HpackEncoder(), ["grpc-timeout", "1S"])[0]! & 0xf0).toBe(0x00);
  });

  test("announces every size of the table, the smallest first (sections 4.2 and 6.3)", () => {
    const starts = (...sizes: number[]): Uint8Array => {
      const encoder = new HpackEncoder();
      for (const size of sizes) encoder.limitTable(size);
      return encoded(encoder, [":method", "GET"]);
    };
    expect(starts(4096)).toEqual(hex("82"));
    expect(starts(65_536)).toEqual(hex("82"));
    expect(starts(1337)).toEqual(hex("3f 9a0a 82"));
    expect(starts(0)).toEqual(hex("20 82"));
    expect(starts(0, 4096)).toEqual(hex("20 3fe11f 82"));
    expect(starts(0, 4096, 4096)).toEqual(hex("20 3fe11f 82"));
    expect(starts(10, 0, 20, 10)).toEqual(hex("20 2a 82"));
    expect(starts(10, 10)).toEqual(hex("2a 82"));
  });

  test("adds no entry that is larger than the table", () => {
    const encoder = new HpackEncoder();
    encoder.limitTable(40);
    const decoder = new HpackDecoder(4096, BOUNDS);
    for (const value of ["a", "a".repeat(100), "a"]) {
      expect(decoder.decode(encoded(encoder, ["te", value])).fields).toEqual(["te", value]);
    }
    expect(encoded(encoder, ["te", "a"])).toEqual(hex("be"));
  });

  test("goes on after a field that it refused, with a table that the peer shares", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(4096, BOUNDS);
    decoder.decode(encoded(encoder, ["te", "trailers"]));
    expect(() => encoded(encoder, ["vary", "lost", "x", "a\nb"])).toThrow(TypeError);
    for (const fields of [
      ["te", "trailers", "vary", "lost"],
      ["vary", "lost"],
    ]) {
      expect(decoder.decode(encoded(encoder, fields)).fields).toEqual(fields);
    }
  });

  test("keeps pace with evictions in a long conversation", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(4096, BOUNDS);
    for (let n = 0; n < 2000; n++) {
      if (n % 97 === 0) encoder.limitTable((n * 31) % 5000);
      const fields = [":path", `/a/${n % 70}`, "user-agent", "x".repeat(n % 300), "x-any", `${n}`, "vary", `${n % 3}`];
      expect(decoder.decode(encoded(encoder, fields)).fields).toEqual(fields);
    }
  });

  test("writes long strings and every byte that a value may have", () => {
    const codes = Array.from({ length: 256 }, (_, code) => code).filter((code) => ![0, 10, 13].includes(code));
    const every = String.fromCharCode(...codes);
    const fields = ["x", every, "y".repeat(70_000), "z".repeat(70_000)];
    expect(new HpackDecoder(4096, BOUNDS).decode(encoded(new HpackEncoder(), fields)).fields).toEqual(fields);
  });
});
