/** Tests how header blocks are decoded (RFC 7541), with the examples of its appendix C. */
import { describe, expect, test } from "vitest";
import { bytes, hex, integer, string } from "../../test/frames.ts";
import { ErrorCode } from "../errors.ts";
import { HpackDecoder } from "./decoder.ts";
import { STATIC_ENTRIES, STATIC_TABLE } from "./static-table.ts";

const BOUNDS = { maxBytes: 100_000, maxFields: 1000 };
const decoder = (tableLimit = 4096) => new HpackDecoder(tableLimit, BOUNDS);
const fieldsOf = (block: Uint8Array, by = decoder()) => by.decode(block).fields;

describe("RFC 7541, appendix C", () => {
  test.each([
    ["C.2.1", "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", ["custom-key", "custom-header"]],
    ["C.2.2", "040c 2f73 616d 706c 652f 7061 7468", [":path", "/sample/path"]],
    ["C.2.3", "1008 7061 7373 776f 7264 0673 6563 7265 74", ["password", "secret"]],
    ["C.2.4", "82", [":method", "GET"]],
  ])("%s", (_section, block, fields) => {
    expect(fieldsOf(hex(block))).toEqual(fields);
  });

  const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
  const requests = [
    first,
    [...first, "cache-control", "no-cache"],
    [
      ":method",
      "GET",
      ":scheme",
      "https",
      ":path",
      "/index.html",
      ":authority",
      "www.example.com",
      "custom-key",
      "custom-value",
    ],
  ];
  const dates = ["Mon, 21 Oct 2013 20:13:21 GMT", "Mon, 21 Oct 2013 20:13:22 GMT"];
  const common = (status: string, date: string) => [":status", status, "cache-control", "private", "date", date];
  const location = ["location", "https://www.example.com"];
  const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
  const responses = [
    [...common("302", dates[0]!), ...location],
    [...common("307", dates[0]!), ...location],
    [...common("200", dates[1]!), ...location, "content-encoding", "gzip", "set-cookie", cookie],
  ];

  test.each([
    [
      "C.3 requests",
      "",
      requests,
      [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
      ],
    ],
    [
      "C.4 requests in Huffman code",
      "",
      requests,
      [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
      ],
    ],
    [
      "C.5 responses, with evictions from a table of 256 bytes",
      "3fe101",
      responses,
      [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
      ],
    ],
    [
      "C.6 responses in Huffman code, with evictions",
      "3fe101",
      responses,
      [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      ],
    ],
  ])("%s", (_title, resize, lists, blocks) => {
    const one = decoder();
    for (const [at, block] of blocks.entries()) {
      expect(fieldsOf(hex(at === 0 ? resize + block : block), one)).toEqual(lists[at]);
    }
  });
});

describe("representations (section 6)", () => {
  const name = string("name");
  const value = string("value");

  test.each([
    ["with incremental indexing, indexed name", [0x40 | 33, ...value], ["date", "value"]],
    ["with incremental indexing, new name", [0x40, ...name, ...value], ["name", "value"]],
    ["without indexing, indexed name", [0x0f, 33 - 15, ...value], ["date", "value"]],
    ["without indexing, new name", [0x00, ...name, ...value], ["name", "value"]],
    ["never indexed, indexed name", [0x1f, 33 - 15, ...value], ["date", "value"]],
    ["never indexed, new name", [0x10, ...name, ...value], ["name", "value"]],
    ["an empty value", [0x00, ...name, 0], ["name", ""]],
    ["an empty Huffman-coded value", [0x00, ...name, 0x80], ["name", ""]],
    [
      "an integer with zeros at its end",
      [0x00, ...name, 0x7f, 0x81, 0x80, 0x00, ...new Uint8Array(128).fill(97)],
      ["name", "a".repeat(128)],
    ],
  ])("%s", (_title, block, fields) => {
    expect(fieldsOf(Uint8Array.from(block))).toEqual(fields);
  });

  test("only incremental indexing adds to the table", () => {
    const one = decoder();
    const block = bytes([0x00], name, value, [0x10], name, value);
    one.decode(block);
    expect(() => one.decode(Uint8Array.of(0x80 | 62))).toThrow("index");
    one.decode(bytes([0x40], name, value));
    expect(fieldsOf(Uint8Array.of(0x80 | 62), one)).toEqual(["name", "value"]);
  });

  test("every entry of the static table", () => {
    for (let index = 1; index <= STATIC_ENTRIES; index++) {
      expect(fieldsOf(Uint8Array.of(0x80 | index))).toEqual(STATIC_TABLE.slice(2 * index - 2, 2 * index));
    }
  });
});

describe("the dynamic table (section 4)", () => {
  const add = (text: string) => bytes([0x40], string(text), string(""));
  const at = (index: number) => Uint8Array.from(integer(61 + index, 0x7f, 0x80));
  const resize = (size: number) => Uint8Array.from(integer(size, 0x1f, 0x20));

  test("evicts the oldest", () => {
    const one = decoder();
    // The table has 66 bytes, which is space for two entries of 33 bytes but not for a third.
    one.decode(bytes(resize(66), add("a"), add("b"), add("c")));
    expect(fieldsOf(bytes(at(1), at(2)), one)).toEqual(["c", "", "b", ""]);
    expect(() => one.decode(at(3))).toThrow("index");
  });

  test("is emptied by an entry that is larger than all of it", () => {
    const one = decoder();
    one.decode(bytes(resize(66), add("a"), add("x".repeat(35))));
    expect(() => one.decode(at(1))).toThrow("index");
    one.decode(add("b"));
    expect(fieldsOf(at(1), one)).toEqual(["b", ""]);
  });

  test("keeps the name of an entry that its own addition evicts (section 4.4)", () => {
    const one = decoder();
    one.decode(bytes(resize(66), add("name")));
    expect(fieldsOf(bytes([0x40 | 62], string("v".repeat(20))), one)).toEqual(["name", "v".repeat(20)]);
  });

  test("is emptied by a size of 0, and can be filled again", () => {
    const one = decoder();
    one.decode(bytes(add("a"), add("b")));
    expect(fieldsOf(bytes(resize(0), resize(4096), add("c"), at(1)), one)).toEqual(["c", "", "c", ""]);
    expect(() => one.decode(at(2))).toThrow("index");
  });

  test("has the default size, whatever is announced, until it is resized", () => {
    const large = "x".repeat(4096 - 32);
    for (const announced of [0, 100, 4096, 65_536]) {
      const one = decoder(announced);
      one.decode(bytes(add("a"), add(large)));
      expect(fieldsOf(at(1), one)).toEqual([large, ""]);
      expect(() => one.decode(at(2))).toThrow("index");
    }
  });

  test("must shrink in the first block after the settings are acknowledged", () => {
    const one = decoder(100);
    one.settingsAcknowledged();
    expect(fieldsOf(bytes(resize(0), resize(100), add("a")), one)).toEqual(["a", ""]);
    const other = decoder(100);
    other.settingsAcknowledged();
    expect(() => other.decode(add("a"))).toThrow("larger than announced");
  });

  test("drops entries that it has evicted", () => {
    const one = decoder();
    for (let n = 0; n < 1000; n++) one.decode(bytes([0x40], string(`${n}`), string("y".repeat(500))));
    expect(fieldsOf(at(7), one)[0]).toBe("993");
    expect(() => one.decode(at(8))).toThrow("index");
  });
});

describe("errors", () => {
  const value = string("value");
  test.each([
    ["index 0", [0x80]],
    ["an index beyond both tables", [0x80 | 62]],
    ["a name's index beyond both tables", [0x7f, 0, ...value]],
    ["a huge index", [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["an integer without end", [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ["an integer cut off", [0xff, 0x80]],
    ["a field without a name", [0x40]],
    ["a field without a value", [0x40, ...value]],
    ["a string cut off", [0x40, 5, 97, 98]],
    ["a length beyond the block", [0x40, 0x7f, 0xff, 0xff, 0xff, 0x7f]],
    ["a size update after a field", [0x82, 0x20]],
    ["a size update beyond the limit", [0x3f, 0xe2, 0x1f]],
    ["a size update cut off", [0x3f]],
    ["Huffman code with padding of eight bits", [0x40, 0x82, 0x1f, 0xff, 0]],
    ["Huffman code with padding of zeros", [0x40, 0x81, 0x18, 0]],
    ["Huffman code with EOS", [0x40, 0x84, 0xff, 0xff, 0xff, 0xff, 0]],
    ["Huffman code with EOS after a letter", [0x40, 0x85, 0x1f, 0xff, 0xff, 0xff, 0xff, 0]],
    ["Huffman code cut off within a letter", [0x40, 0x81, 0xfe, 0]],
  ])("%s", (_title, block) => {
    expect(() => decoder().decode(Uint8Array.from(block))).toThrow(
      expect.objectContaining({ name: "ConnectionError", code: ErrorCode.COMPRESSION_ERROR }),
    );
  });
});
