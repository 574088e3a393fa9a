import { create, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rvOf } from "../../test/rv-of.ts";
import * as wire from "../gen/grep11/server_pb.ts";
import { MAX_TEMPLATE_ENTRIES, type WireAttributes } from "./attributes.ts";
import { codecs } from "./methods.ts";

const Mech = create(wire.MechanismSchema, { Mechanism: 1n });
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

const USE_AS_DATA = 0x80010008;

const generateKey = (init: MessageInitShape<typeof wire.GenerateKeyRequestSchema>) =>
  codecs.generateKey.request.decode(create(wire.GenerateKeyRequestSchema, { ...init, Mech }));

describe("a template", () => {
  const bool = { oneAttr: { case: "AttributeTF", value: true } } as const;

  it.each([
    "0x102",
    " 258",
    "258 ",
    "+258",
    "0258",
    "1e3",
    "1.0",
    "-1",
    "",
    "NaN",
    "__proto__",
    "constructor",
    "4294967296",
    "9007199254740992",
    "99999999999999999999",
  ])("refuses the key %j", (key) => {
    const Template: WireAttributes = {};
    Object.defineProperty(Template, key, { value: create(wire.AttributeValueSchema, bool), enumerable: true });
    const message = create(wire.GenerateKeyRequestSchema, { Mech });
    message.Template = Template;
    expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(ck.CKR_ARGUMENTS_BAD);
  });

  it.each([
    { "354": { AttributeTF: false }, "0x162": { AttributeTF: true } },
    { "258": { AttributeTF: false }, "0b100000010": { AttributeTF: true } },
    { "258": { AttributeTF: false }, " 258": { AttributeTF: true } },
  ])("has no attribute twice in JSON: %j", (Template) => {
    const message = fromJson(wire.GenerateKeyRequestSchema, { Mech: { Mechanism: 1 }, Template });
    expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(ck.CKR_ARGUMENTS_BAD);
  });

  it("has one interpretation or none, whatever the keys", () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789-+. xe"), maxLength: 12 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(digits, fc.string(), fc.nat().map(String)), { maxLength: 5 }), (keys) => {
        const message = create(wire.GenerateKeyRequestSchema, { Mech });
        for (const key of keys) {
          Object.defineProperty(message.Template, key, {
            value: create(wire.AttributeValueSchema, bool),
            enumerable: true,
          });
        }
        const canonical = keys.every(
          (key) => /^\d+$/.test(key) && String(BigInt(key)) === key && BigInt(key) < 2n ** 32n,
        );
        if (!canonical) expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(ck.CKR_ARGUMENTS_BAD);
        else if (keys.every((key) => ck.attributeKind(Number(key)) === "boolean")) {
          const { template } = codecs.generateKey.request.decode(message);
          expect([...template.keys()].map(String).toSorted()).toEqual(keys.toSorted());
        }
      }),
    );
  });

  it("may have vendor attributes sign-extended to 64 bits, as programs in Java send them", () => {
    const extended = (attribute: number) => String(2n ** 64n - 2n ** 32n + BigInt(attribute));
    expect(generateKey({ Template: { [extended(USE_AS_DATA)]: bool } }).template).toEqual(
      new Map([[USE_AS_DATA, true]]),
    );
    expect(generateKey({ TemplateBytes: { [extended(USE_AS_DATA)]: hex("01") } }).template).toEqual(
      new Map([[USE_AS_DATA, true]]),
    );
    const twice = { [extended(USE_AS_DATA)]: bool, [USE_AS_DATA]: bool };
    expect(rvOf(() => generateKey({ Template: twice }))).toBe(ck.CKR_ARGUMENTS_BAD);
    const once = { Template: { [extended(USE_AS_DATA)]: bool }, TemplateBytes: { [USE_AS_DATA]: hex("01") } };
    expect(rvOf(() => generateKey(once))).toBe(ck.CKR_ARGUMENTS_BAD);
  });

  it("may have a vendor's CKA_KEY_TYPE sign-extended to 64 bits, in both forms", () => {
    const keyType = new Map([[ck.CKA_KEY_TYPE, ck.CKK_IBM_PQC_DILITHIUM]]);
    const value = BigInt.asIntN(32, BigInt(ck.CKK_IBM_PQC_DILITHIUM));
    expect(value).toBeLessThan(0n);
    const Template = { [ck.CKA_KEY_TYPE]: { oneAttr: { case: "AttributeI", value } } } as const;
    expect(generateKey({ Template }).template).toEqual(keyType);
    expect(generateKey({ TemplateBytes: { [ck.CKA_KEY_TYPE]: hex("ffffffff80010023") } }).template).toEqual(keyType);
    expect(rvOf(() => generateKey({ TemplateBytes: { [ck.CKA_KEY_TYPE]: hex("fffffff080010023") } }))).toBe(
      ck.CKR_ATTRIBUTE_VALUE_INVALID,
    );
  });

  it.each([0x104n + 2n ** 64n - 2n ** 32n, 2n ** 64n - 2n ** 31n - 1n, 2n ** 64n, 2n ** 32n + BigInt(USE_AS_DATA)])(
    "has no other numbers above 32 bits: %d",
    (key) => {
      expect(rvOf(() => generateKey({ Template: { [String(key)]: bool } }))).toBe(ck.CKR_ARGUMENTS_BAD);
    },
  );

  it("may have the largest attribute number", () => {
    expect(
      generateKey({ Template: { "4294967295": { oneAttr: { case: "AttributeI", value: 1n } } } }).template,
    ).toEqual(new Map([[0xffffffff, Uint8Array.of(1)]]));
  });

  it("has at most 128 entries, in both forms together", () => {
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => [String(0x90000000 + from + i), new Uint8Array(1)]);
    const older = (count: number) => ({ TemplateBytes: Object.fromEntries(entries(0, count)) });
    expect(generateKey(older(MAX_TEMPLATE_ENTRIES)).template.size).toBe(MAX_TEMPLATE_ENTRIES);
    expect(rvOf(() => generateKey(older(MAX_TEMPLATE_ENTRIES + 1)))).toBe(ck.CKR_ARGUMENTS_BAD);
    expect(rvOf(() => generateKey({ ...older(MAX_TEMPLATE_ENTRIES), Template: { "1": bool } }))).toBe(
      ck.CKR_ARGUMENTS_BAD,
    );
  });

  it("may be in both forms, but no attribute in both", () => {
    const both = { Template: { "260": bool }, TemplateBytes: { "353": hex("00000020") } };
    expect(generateKey(both).template).toEqual(
      new Map<number, unknown>([
        [260, true],
        [353, 32],
      ]),
    );
    expect(rvOf(() => generateKey({ ...both, TemplateBytes: { "260": hex("01") } }))).toBe(ck.CKR_ARGUMENTS_BAD);
  });
});

const TF = (value: boolean) => ({ case: "AttributeTF", value }) as const;
const I = (value: bigint) => ({ case: "AttributeI", value }) as const;
const B = (text: string) => ({ case: "AttributeB", value: hex(text) }) as const;
const SIGN = 0x108;
const VALUE_LEN = 0x161;
const EXPONENT = 0x122;

/** A vendor number that IBM does not use. */
const UNKNOWN = 0x80015008;

describe("an attribute value", () => {
  const stated = (attribute: number, oneAttr: MessageInitShape<typeof wire.AttributeValueSchema>["oneAttr"]) =>
    generateKey({ Template: { [attribute]: oneAttr === undefined ? {} : { oneAttr } } }).template.get(attribute);

  it.each([
    [SIGN, TF(true), true],
    [SIGN, TF(false), false],
    [SIGN, I(1n), true],
    [SIGN, I(0n), false],
    [SIGN, B("01"), true],
    [SIGN, B("00"), false],
    [VALUE_LEN, I(32n), 32],
    [VALUE_LEN, I(0n), 0],
    [VALUE_LEN, B("20"), 32],
    [VALUE_LEN, B("0000000000000020"), 32],
    [VALUE_LEN, B("001fffffffffffff"), Number.MAX_SAFE_INTEGER],
    [EXPONENT, B("010001"), hex("010001")],
    [EXPONENT, B("00010001"), hex("00010001")],
    [EXPONENT, B(""), hex("")],
    [EXPONENT, I(65537n), hex("010001")],
    [EXPONENT, I(0n), hex("00")],
    [EXPONENT, I(0x80n), hex("80")],
    [EXPONENT, I(0x1fffffffffffffn), hex("1fffffffffffff")],
    [SIGN, undefined, undefined],
    [UNKNOWN, TF(true), true],
    [UNKNOWN, TF(false), false],
    [UNKNOWN, I(5n), hex("05")],
    [UNKNOWN, I(-1n), hex("ffffffffffffffff")],
    [UNKNOWN, I(1n << 62n), hex("4000000000000000")],
    [UNKNOWN, B(""), hex("")],
    [UNKNOWN, B("0102"), hex("0102")],
    [UNKNOWN, undefined, undefined],
    [0x80000000, TF(true), true],
  ])("of %i given as %o is %o", (attribute, given, expected) => {
    expect(stated(attribute, given)).toEqual(expected);
  });

  it.each([
    [SIGN, I(2n), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, I(-1n), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B(""), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B("02"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B("0001"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, TF(true), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, I(-1n), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B(""), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("000000000000000020"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("0020000000000000"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("ffffffffffffffff"), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, I(1n << 53n), ck.CKR_ARGUMENTS_BAD],
    [EXPONENT, I(1n << 62n), ck.CKR_ARGUMENTS_BAD],
    [EXPONENT, I(-1n), ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [EXPONENT, TF(true), ck.CKR_ATTRIBUTE_VALUE_INVALID],
  ])("of %i is refused as %o", (attribute, given, rv) => {
    expect(rvOf(() => stated(attribute, given))).toBe(rv);
  });
});

describe("GetAttributeValue", () => {
  const { request, response } = codecs.getAttributeValue;
  const dummy = { oneAttr: TF(false) };
  const message = (init: MessageInitShape<typeof wire.GetAttributeValueRequestSchema>) =>
    create(wire.GetAttributeValueRequestSchema, init);

  it("asks with the keys of both maps, whatever their values", () => {
    const asked = message({
      Attributes: { "3": dummy, "264": {} },
      AttributesBytes: { "353": hex("ff".repeat(20)), "3": hex("") },
    });
    expect(request.decode(asked).attributes).toEqual([3, 264, 353]);
    expect(rvOf(() => request.decode(message({ Attributes: { "0x3": dummy } })))).toBe(ck.CKR_ARGUMENTS_BAD);
  });

  it("returns in each map what that map asked for", () => {
    const values = new Map<number, boolean | number | Uint8Array>([
      [SIGN, true],
      [VALUE_LEN, 32],
      [3, hex("6c")],
    ]);
    const mixed = message({
      Attributes: { "264": dummy },
      AttributesBytes: { "353": hex(""), "3": hex(""), "264": hex("") },
    });
    const answer = response.encode({ attributes: values }, mixed);
    expect(answer.AttributesBytes).toEqual({ "264": hex("01"), "353": hex("0000000000000020"), "3": hex("6c") });
    expect(Object.keys(answer.Attributes)).toEqual(["264"]);
    expect(Object.keys(response.encode({ attributes: values }).Attributes)).toHaveLength(3);
  });

  it("returns the keys that asked, including sign-extended ones", () => {
    const [asked, plain] = [String(2n ** 64n - 2n ** 32n + BigInt(USE_AS_DATA)), String(USE_AS_DATA)];
    const values = new Map([[USE_AS_DATA, true]]);
    const both = message({ Attributes: { [asked]: dummy }, AttributesBytes: { [plain]: hex("") } });
    expect(request.decode(both).attributes).toEqual([USE_AS_DATA]);
    const answer = response.encode({ attributes: values }, both);
    expect(Object.keys(answer.Attributes)).toEqual([asked]);
    expect(answer.AttributesBytes).toEqual({ [plain]: hex("01") });
    expect(response.decode(answer).attributes).toEqual(values);
  });

  it("is read from both maps", () => {
    const older = create(wire.GetAttributeValueResponseSchema, {
      AttributesBytes: { "264": hex("01"), "353": hex("20") },
    });
    expect(response.decode(older).attributes).toEqual(
      new Map<number, unknown>([
        [264, true],
        [353, 32],
      ]),
    );
  });
});
