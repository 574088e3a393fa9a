/** Compares the JSON of messages with the JSON that @bufbuild/protobuf generates. */
import * as protobuf from "@bufbuild/protobuf";
import {
  BytesValueSchema,
  StructSchema,
  type UninterpretedOption,
  UninterpretedOptionSchema,
} from "@bufbuild/protobuf/wkt";
import { wire } from "@grep11/proto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromJsonBytes, toJsonBytes } from "./json.ts";

const SCHEMAS: readonly protobuf.DescMessage[] = [
  ...wire.file_grep11_server.messages,
  UninterpretedOptionSchema,
  BytesValueSchema,
  StructSchema,
];
const EncryptSchema = wire.EncryptSingleRequestSchema;

/** Generates lengths, many of them close to the limits at which values are treated differently. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 370, max: 400 }),
  fc.integer({ min: 500, max: 1600 }),
);
const bytes = size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("__proto__", "a".repeat(36), "a".repeat(600), "\\".repeat(600), '"'.repeat(9), "é\u2028\ud83d\ude00"),
  bytes.map((value) => Buffer.from(value).toString("base64")),
);

function scalarOf(scalar: protobuf.ScalarType): fc.Arbitrary<unknown> {
  const { ScalarType } = protobuf;
  switch (scalar) {
    case ScalarType.BYTES:
      return bytes;
    case ScalarType.STRING:
      return text;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT32:
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.DOUBLE:
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    default:
      throw new TypeError(`no values for the scalar type ${scalar}`);
  }
}

/** Generates values of `field` for a message with at most `depth` levels of nested messages. */
function fieldValue(field: protobuf.DescField, depth: number): fc.Arbitrary<unknown> {
  const one = (scalar?: protobuf.ScalarType, message?: protobuf.DescMessage, desc?: protobuf.DescEnum) => {
    if (scalar !== undefined) return scalarOf(scalar);
    if (message !== undefined) return messageOf(message, depth - 1);
    return fc.constantFrom(...desc!.values.map(({ number }) => number));
  };
  const value = one(field.scalar, field.message, field.enum);
  if (field.fieldKind === "list") return fc.array(value, { maxLength: 3 });
  if (field.fieldKind !== "map") return value;
  return fc.dictionary(scalarOf(field.mapKey).map(String), value, { maxKeys: 3, noNullPrototype: true });
}

function messageOf(schema: protobuf.DescMessage, depth: number): fc.Arbitrary<protobuf.Message> {
  const parts = schema.members.map((member): fc.Arbitrary<[string, unknown][]> => {
    const fields = member.kind === "oneof" ? member.fields : [member];
    const choices = fields
      .filter((field) => depth > 0 || field.message === undefined)
      .map((field) => fieldValue(field, depth).map((value) => [field.localName, value] as const));
    const chosen = choices.map((choice) =>
      choice.map(([name, value]): [string, unknown][] =>
        member.kind === "oneof" ? [[member.localName, { case: name, value }]] : [[name, value]],
      ),
    );
    return fc.oneof(fc.constant<[string, unknown][]>([]), ...chosen);
  });
  return fc.tuple(...parts).map((some) => protobuf.create(schema, Object.fromEntries(some.flat()) as never));
}

const attempt = <T>(run: () => T): T | string => {
  try {
    return run();
  } catch (thrown) {
    return String(thrown);
  }
};
const read = (schema: protobuf.DescMessage, json: string | Buffer) =>
  attempt(() => fromJsonBytes(schema, Buffer.from(json as string), () => true));
const readByLibrary = (schema: protobuf.DescMessage, json: string | Buffer) => {
  const text = new TextDecoder().decode(Buffer.from(json as string));
  return attempt(() => protobuf.fromJsonString(schema, text, { ignoreUnknownFields: true }));
};

describe.each(SCHEMAS)("$name in JSON", (schema) => {
  const message = messageOf(schema, 2);

  it("is written as by protobuf-es", () => {
    fc.assert(
      fc.property(message, (value) => {
        const before = structuredClone(value);
        const expected = attempt(() => protobuf.toJsonString(schema, value));
        expect(attempt(() => Buffer.from(toJsonBytes(schema, value)).toString())).toBe(expected);
        expect(structuredClone(value)).toEqual(before);
      }),
      { numRuns: 25 },
    );
  });

  it("is read as by protobuf-es", () => {
    const options = fc.record({ useProtoFieldName: fc.boolean(), alwaysEmitImplicit: fc.boolean() });
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      by: fc.constantFrom("", '"', "\\", "-_", "=", " ", "null", "é", "{"),
    });
    fc.assert(
      fc.property(message, options, fc.option(change), (value, form, damage) => {
        let json = attempt(() => protobuf.toJsonString(schema, value, form));
        if (damage !== null) {
          const at = Math.floor(damage.at * json.length);
          json = json.slice(0, at) + damage.by + json.slice(at + 1);
        }
        expect(read(schema, json)).toStrictEqual(readByLibrary(schema, json));
      }),
      { numRuns: 40 },
    );
  });
});

const LONG = Buffer.alloc(1200, "grep11").toString("base64");
const URL_SAFE = Buffer.alloc(1200, 0xfb).toString("base64url");
const CASES: Record<string, string> = {
  "the URL-safe alphabet": `{"Plain":"${URL_SAFE}"}`,
  "both alphabets": `{"Plain":"${URL_SAFE}+/${URL_SAFE}"}`,
  "no padding": `{"Plain":"${LONG}AA"}`,
  "too little padding": `{"Plain":"${LONG}AA="}`,
  "too much padding": `{"Plain":"${LONG}AAA=="}`,
  "padding without need": `{"Plain":"${LONG}="}`,
  "three characters of padding": `{"Plain":"${LONG}==="}`,
  "bits that are lost": `{"Plain":"${LONG}AB=="}`,
  "a character too many": `{"Plain":"${LONG}A"}`,
  "a character too many, with padding": `{"Plain":"${LONG}A=="}`,
  "padding inside": `{"Plain":"${LONG}AA==${LONG}"}`,
  "a line break": `{"Plain":"${LONG}\\n${LONG}"}`,
  "a space": `{"Plain":"${LONG} ${LONG}"}`,
  "a character of another alphabet": `{"Plain":"${LONG}.${LONG}A"}`,
  "a character that is not ASCII": `{"Plain":"${LONG}é${LONG}"}`,
  "an escaped character": `{"Plain":"${LONG}\\u0041"}`,
  "an escaped name": `{"\\u0050lain":"${LONG}"}`,
  "an escaped quote before": `{"x":"a\\"b","Plain":"${LONG}"}`,
  "escaped quotes before base64": `{"x":"\\"\\"${LONG}","Plain":"${LONG}"}`,
  "escaped quotes before base64 in bytes": `{"Plain":"\\"\\"${LONG}"}`,
  "an escaped quote inside": `{"Plain":"${LONG}\\"${LONG}"}`,
  "a field twice": `{"Plain":"${LONG}","Plain":"${LONG}"}`,
  "a field by two names": `{"KeyBytes":"${LONG}","Key":null,"KeyBytes":""}`,
  "an unknown field": `{"unknown":"${LONG}","Plain":"AQ=="}`,
  "an unknown field twice": `{"unknown":"${LONG}","unknown":"${LONG}"}`,
  "a long unknown name twice": `{"${LONG}":1,"${LONG}":2}`,
  "a long integer": `{"Mech":{"Mechanism":"${"0".repeat(600)}1"}}`,
  "base64 as an integer": `{"Mech":{"Mechanism":"${LONG}"}}`,
  "base64 as a message": `{"Mech":"${LONG}"}`,
  "base64 as a name of a map": `{"Key":{"Attributes":{"${LONG}":{}}}}`,
  "base64 in a list": `{"Key":{"KeyBlobs":["${LONG}","AQ==","${URL_SAFE}",""]}}`,
  "base64 in a map": `{"Key":{"Attributes":{"1":{"AttributeB":"${LONG}"},"2":{"AttributeI":"7"}}}}`,
  null: `{"Plain":null,"Key":null,"Mech":null}`,
  "a number as bytes": `{"Plain":1}`,
  "the end of a string missing": `{"Plain":"${LONG}`,
  "text before a string": `{"Plain":AAAA"${LONG}"}`,
  "text after a string": `{"Plain":"${LONG}"AAAA}`,
  "a byte order mark": `\ufeff{"Plain":"${LONG}"}`,
  nothing: "",
  "a string alone": `"${LONG}"`,
};

describe("a request in JSON", () => {
  it.each(Object.entries(CASES))("is read as by protobuf-es with %s", (_, json) => {
    expect(read(EncryptSchema, json)).toStrictEqual(readByLibrary(EncryptSchema, json));
  });

  it("is read as by protobuf-es with bytes that are not UTF-8", () => {
    const json = Buffer.from(`{"x":"\xe2\x82","Plain":"${LONG}","y":"\xff"}`, "latin1");
    expect(read(EncryptSchema, json)).toStrictEqual(readByLibrary(EncryptSchema, json));
  });

  it("has the default values of fields that are not set", () => {
    const message = read(UninterpretedOptionSchema, `{"stringValue":"${LONG}"}`) as UninterpretedOption;
    expect(message).toMatchObject({ stringValue: Uint8Array.from(Buffer.from(LONG, "base64")), positiveIntValue: 0n });
    expect(protobuf.isFieldSet(message, UninterpretedOptionSchema.field.positiveIntValue)).toBe(false);
  });

  it("is checked without its long base64, which protobuf-es does not read", () => {
    const isFast = (part: Uint8Array) => part.length < 100;
    const message = fromJsonBytes(EncryptSchema, Buffer.from(`{"Plain":"${LONG.repeat(50)}"}`), isFast);
    expect(message).toMatchObject({ Plain: Uint8Array.from(Buffer.from(LONG.repeat(50), "base64")) });
  });

  it("is checked in full before protobuf-es reads all of it", () => {
    const json = Buffer.from(`{"unknown":"${LONG}","Plain":"AQ=="}`);
    const isFast = (part: Uint8Array) => part.length <= 500;
    expect(fromJsonBytes(EncryptSchema, json, isFast)).toBeUndefined();
    expect(fromJsonBytes(EncryptSchema, json, () => true)).toMatchObject({ Plain: Uint8Array.of(1) });
    expect(() => fromJsonBytes(EncryptSchema, Buffer.from(`{"Plain":"${LONG}"`), isFast)).toThrow("JSON");
  });
});

describe("a response in JSON", () => {
  it("may be frozen", () => {
    const message = Object.freeze(
      protobuf.create(wire.EncryptSingleResponseSchema, { Ciphered: new Uint8Array(2000) }),
    );
    expect(Buffer.from(toJsonBytes(wire.EncryptSingleResponseSchema, message)).toString()).toBe(
      protobuf.toJsonString(wire.EncryptSingleResponseSchema, message),
    );
  });
});
