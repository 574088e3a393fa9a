import { create, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import {
  attributeKind,
  CKR_ARGUMENTS_BAD,
  CKR_ATTRIBUTE_VALUE_INVALID,
  CKR_IBM_GREP11_CANNOT_UNMARSHAL,
  CKR_IBM_TRANSPORT_LIMIT,
  CKR_MECHANISM_INVALID,
  CKR_MECHANISM_PARAM_INVALID,
  CkError,
  type KeyBlob,
} from "@grep11/cryptoki";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as wire from "../gen/grep11/server_pb.ts";
import { MAX_TEMPLATE_ENTRIES, type WireAttributes } from "./attributes.ts";
import { decodeError, encodeError } from "./error.ts";
import { codecs } from "./methods.ts";
import { MAX_STRUCTURE_BYTES } from "./structure.ts";

const Mech = create(wire.MechanismSchema, { Mechanism: 1n });
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

/** The CK_RV that `work` throws. */
function rvOf(work: () => unknown): number {
  try {
    work();
  } catch (error) {
    if (error instanceof CkError) return error.rv;
    throw error;
  }
  throw new Error("nothing was thrown");
}

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
    expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(CKR_ARGUMENTS_BAD);
  });

  it.each([
    { "354": { AttributeTF: false }, "0x162": { AttributeTF: true } },
    { "258": { AttributeTF: false }, "0b100000010": { AttributeTF: true } },
    { "258": { AttributeTF: false }, " 258": { AttributeTF: true } },
  ])("states no attribute twice in JSON: %j", (Template) => {
    const message = fromJson(wire.GenerateKeyRequestSchema, { Mech: { Mechanism: 1 }, Template });
    expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(CKR_ARGUMENTS_BAD);
  });

  it("has for any keys one reading or none", () => {
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
        if (!canonical) expect(rvOf(() => codecs.generateKey.request.decode(message))).toBe(CKR_ARGUMENTS_BAD);
        else if (keys.every((key) => attributeKind(Number(key)) === "boolean")) {
          const { template } = codecs.generateKey.request.decode(message);
          expect([...template.keys()].map(String).toSorted()).toEqual(keys.toSorted());
        }
      }),
    );
  });

  it("takes the largest attribute number", () => {
    expect(
      generateKey({ Template: { "4294967295": { oneAttr: { case: "AttributeI", value: 1n } } } }).template,
    ).toEqual(new Map([[0xffffffff, Uint8Array.of(1)]]));
  });

  it("has at most 128 entries, over both forms together", () => {
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => [String(0x90000000 + from + i), new Uint8Array(1)]);
    const older = (count: number) => ({ TemplateBytes: Object.fromEntries(entries(0, count)) });
    expect(generateKey(older(MAX_TEMPLATE_ENTRIES)).template.size).toBe(MAX_TEMPLATE_ENTRIES);
    expect(rvOf(() => generateKey(older(MAX_TEMPLATE_ENTRIES + 1)))).toBe(CKR_ARGUMENTS_BAD);
    expect(rvOf(() => generateKey({ ...older(MAX_TEMPLATE_ENTRIES), Template: { "1": bool } }))).toBe(
      CKR_ARGUMENTS_BAD,
    );
  });

  it("may come in both forms, but no attribute in both", () => {
    const both = { Template: { "260": bool }, TemplateBytes: { "353": hex("00000020") } };
    expect(generateKey(both).template).toEqual(
      new Map<number, unknown>([
        [260, true],
        [353, 32],
      ]),
    );
    expect(rvOf(() => generateKey({ ...both, TemplateBytes: { "260": hex("01") } }))).toBe(CKR_ARGUMENTS_BAD);
  });
});

const TF = (value: boolean) => ({ case: "AttributeTF", value }) as const;
const I = (value: bigint) => ({ case: "AttributeI", value }) as const;
const B = (text: string) => ({ case: "AttributeB", value: hex(text) }) as const;
const SIGN = 0x108;
const VALUE_LEN = 0x161;
const EXPONENT = 0x122;

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
  ])("of %i given as %o is %o", (attribute, given, expected) => {
    expect(stated(attribute, given)).toEqual(expected);
  });

  it.each([
    [SIGN, I(2n), CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, I(-1n), CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B(""), CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B("02"), CKR_ATTRIBUTE_VALUE_INVALID],
    [SIGN, B("0001"), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, TF(true), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, I(-1n), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B(""), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("000000000000000020"), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("0020000000000000"), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, B("ffffffffffffffff"), CKR_ATTRIBUTE_VALUE_INVALID],
    [VALUE_LEN, I(1n << 53n), CKR_ARGUMENTS_BAD],
    [EXPONENT, I(1n << 62n), CKR_ARGUMENTS_BAD],
    [EXPONENT, I(-1n), CKR_ATTRIBUTE_VALUE_INVALID],
    [EXPONENT, TF(true), CKR_ATTRIBUTE_VALUE_INVALID],
  ])("of %i is refused as %o", (attribute, given, rv) => {
    expect(rvOf(() => stated(attribute, given))).toBe(rv);
  });
});

describe("a key argument", () => {
  const present = (blob: Uint8Array[]) => ({ Key: { KeyBlobs: blob } });
  const keyOf = (init: MessageInitShape<typeof wire.EncryptInitRequestSchema>) =>
    codecs.encryptInit.request.decode(create(wire.EncryptInitRequestSchema, { ...init, Mech })).key;

  it("is KeyBlobs[0] if that is not empty, else the older form, else empty", () => {
    expect(keyOf({ ...present([hex("01")]), KeyBytes: hex("02") })).toEqual(hex("01"));
    expect(keyOf({ ...present([hex("")]), KeyBytes: hex("02") })).toEqual(hex("02"));
    expect(keyOf({ ...present([]), KeyBytes: hex("02") })).toEqual(hex("02"));
    expect(keyOf({ KeyBytes: hex("02") })).toEqual(hex("02"));
    expect(keyOf({})).toEqual(hex(""));
  });

  it("is undefined where it may be left out", () => {
    const message = create(wire.UnwrapKeyRequestSchema, { Mech, KeKBytes: hex("05") });
    const decoded = codecs.unwrapKey.request.decode(message);
    expect(decoded).toMatchObject({ kek: hex("05") });
    expect(Object.keys(decoded)).not.toContain("macKey");
  });

  it("owes nothing to the rest of its envelope", () => {
    const value = create(wire.AttributeValueSchema);
    const Attributes = { "0x162": value, "-1": value };
    const message = create(wire.EncryptInitRequestSchema, { Mech, ...present([hex("01")]) });
    message.Key!.Attributes = Attributes;
    message.Key!.Version = -5n;
    expect(codecs.encryptInit.request.decode(message).key).toEqual(hex("01"));
  });

  it("keeps its envelope only for RewrapKeyBlob", () => {
    const { request } = codecs.rewrapKeyBlob;
    const WrappedKey = { KeyBlobID: hex("aa"), Version: 3n, KeyBlobs: [hex("01"), hex("02")] };
    expect(request.decode(create(wire.RewrapKeyBlobRequestSchema, { WrappedKey }))).toEqual({
      wrappedKey: {
        keyBlobId: hex("aa"),
        version: 3,
        txId: hex(""),
        attributes: new Map(),
        keyBlobs: [hex("01"), hex("02")],
      },
    });
    expect(request.decode(create(wire.RewrapKeyBlobRequestSchema, { WrappedKeyBytes: hex("01") }))).toEqual({
      wrappedKey: hex("01"),
    });
  });
});

describe("a key in an answer", () => {
  const key: KeyBlob = {
    keyBlobId: hex("01"),
    version: 2,
    txId: hex("03"),
    attributes: new Map([[SIGN, true]]),
    keyBlobs: [hex("0405")],
  };

  it("is there in both forms, with the same bytes", () => {
    const pair = codecs.generateKeyPair.response.encode({ privKey: key, pubKey: { ...key, keyBlobs: [hex("06")] } });
    expect(pair).toMatchObject({ PrivKeyBytes: hex("0405"), PubKeyBytes: hex("06") });
    expect(pair.PrivKey?.KeyBlobs).toEqual([hex("0405")]);
    expect(pair.PubKey?.KeyBlobs).toEqual([hex("06")]);
  });

  it("is read from the bytes of a server that sends no KeyBlob", () => {
    const message = create(wire.GenerateKeyResponseSchema, { KeyBytes: hex("0405") });
    expect(codecs.generateKey.response.decode(message).key).toMatchObject({ keyBlobs: [hex("0405")], version: 0 });
  });

  it("may be described in ways that no template could be", () => {
    const Attributes = { "2147483649": { oneAttr: TF(true) }, "353": { oneAttr: TF(true) }, "264": { oneAttr: I(1n) } };
    const message = create(wire.GenerateKeyResponseSchema, { Key: { KeyBlobs: [hex("01")], Attributes } });
    expect(codecs.generateKey.response.decode(message).key.attributes).toEqual(
      new Map([
        [264, true],
        [353, true],
        [0x80000001, true],
      ]),
    );
  });
});

describe("a mechanism", () => {
  type Init = MessageInitShape<typeof wire.MechanismSchema>;
  const decode = (Mech?: Init) =>
    codecs.digestInit.request.decode(create(wire.DigestInitRequestSchema, Mech === undefined ? {} : { Mech })).mech;
  const oaep = (value: MessageInitShape<typeof wire.RSAOAEPParmSchema>) =>
    decode({ Mechanism: 9n, Parameter: { case: "RSAOAEPParameter", value } }).parameter;
  const kdf = (value: number) =>
    decode({ Mechanism: 9n, Parameter: { case: "ECDH1DeriveParameter", value: { Kdf: value as never } } }).parameter;

  it("needs a number that is exact", () => {
    expect(rvOf(() => decode())).toBe(CKR_MECHANISM_INVALID);
    expect(rvOf(() => decode({ Mechanism: 1n << 53n }))).toBe(CKR_MECHANISM_INVALID);
    expect(decode({ Mechanism: 0x80010031n })).toEqual({ mechanism: 0x80010031 });
  });

  it("has no parameter when it is empty", () => {
    expect(decode({ Mechanism: 1n, Parameter: { case: "ParameterB", value: hex("") } })).toEqual({ mechanism: 1 });
    expect(decode({ Mechanism: 1n, Parameter: { case: "ParameterB", value: hex("00") } }).parameter).toEqual(hex("00"));
  });

  it("moves the vendor bit of KDFs and MGFs", () => {
    expect(kdf(0x800001)).toMatchObject({ kdf: 0x80000001 });
    expect(kdf(6)).toMatchObject({ kdf: 6 });
    expect(rvOf(() => kdf(-1))).toBe(CKR_MECHANISM_PARAM_INVALID);
    expect(oaep({ Mgf: wire.RSAOAEPParm_Mask.CkgIbmMgf1Sha3_256 })).toMatchObject({ mgf: 0x80000002 });
  });

  it("reads an OAEP label only when one is announced", () => {
    expect(oaep({ EncodingParmType: 0, EncodingParm: hex("01") })).not.toHaveProperty("encodingParm");
    expect(oaep({ EncodingParmType: 1, EncodingParm: hex("01") })).toMatchObject({ encodingParm: hex("01") });
    expect(oaep({ EncodingParmType: 1 })).toMatchObject({ encodingParm: hex("") });
    expect(rvOf(() => oaep({ EncodingParmType: 2 as never }))).toBe(CKR_MECHANISM_PARAM_INVALID);
  });

  it("refuses numbers beyond 2^53 inside a parameter", () => {
    expect(rvOf(() => oaep({ HashMech: 1n << 60n }))).toBe(CKR_ARGUMENTS_BAD);
  });

  it("is found in the oldest field of GetMechanismInfo", () => {
    const decodeInfo = (init: MessageInitShape<typeof wire.GetMechanismInfoRequestSchema>) =>
      codecs.getMechanismInfo.request.decode(create(wire.GetMechanismInfoRequestSchema, init)).mech;
    expect(decodeInfo({ OldMech: 5n })).toBe(5);
    expect(decodeInfo({ OldMech: 5n, Mech: 6n })).toBe(6);
    expect(rvOf(() => decodeInfo({ Mech: 1n << 53n }))).toBe(CKR_MECHANISM_INVALID);
  });

  it.each([
    { type: "ECSGParm", ecsgType: 0x80000000 },
    { type: "ECSGParm", ecsgType: -1 },
    { type: "ECAGGParm", version: 0, mode: 1, perElementSize: 2 ** 32, elements: hex("") },
  ] as const)("is not sent with numbers that do not fit: %o", (parameter) => {
    expect(rvOf(() => codecs.digestInit.request.encode({ mech: { mechanism: 1, parameter } }))).toBe(
      CKR_MECHANISM_PARAM_INVALID,
    );
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
    expect(rvOf(() => request.decode(message({ Attributes: { "0x3": dummy } })))).toBe(CKR_ARGUMENTS_BAD);
  });

  it("answers each map with what it asked for", () => {
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

  it("is read from either map", () => {
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

describe("bytes", () => {
  const { request } = codecs.encryptSingle;

  it("that are no message are refused", () => {
    for (const text of ["ff", "0a05", "1a", "0affffffffff0f"]) {
      expect(rvOf(() => request.parse(hex(text)))).toBe(CKR_IBM_GREP11_CANNOT_UNMARSHAL);
    }
  });

  it("may be large in data but not in structure", () => {
    const mech = { mechanism: 1 };
    const large = request.serialise(request.encode({ mech, plain: new Uint8Array(1 << 20), key: hex("01") }));
    expect(request.decode(request.parse(large)).plain).toHaveLength(1 << 20);
    const key = new Uint8Array(MAX_STRUCTURE_BYTES);
    const bulky = request.serialise(request.encode({ mech, plain: hex("01"), key }));
    expect(rvOf(() => request.parse(bulky))).toBe(CKR_IBM_TRANSPORT_LIMIT);
  });

  it("give plain arrays, also when they come in a Buffer", () => {
    const message = request.serialise(request.encode({ mech: { mechanism: 1 }, plain: hex("01"), key: hex("02") }));
    expect(request.decode(request.parse(Buffer.from(message))).plain.constructor).toBe(Uint8Array);
  });
});

describe("an error", () => {
  it.each([
    new CkError(0xc0),
    new CkError(0x21, "33 bytes"),
    new CkError(0x80040001, "a: b", { retry: true }),
    new CkError(0x12345678, "unknown code"),
  ])("survives the wire: $message", (error) => {
    const { rv, detail, retry } = decodeError(encodeError(error, "SignInit"));
    expect({ rv, detail, retry }).toEqual({ rv: error.rv, detail: error.detail, retry: error.retry });
  });

  it("says where it happened, and keeps its cause", () => {
    const message = encodeError(new CkError(0x21, "33 bytes", { cause: "secret" }), "SignInit");
    expect(message.Detail).toBe("CKR_DATA_LEN_RANGE in SignInit: 33 bytes");
    expect(JSON.stringify(message, (_, value) => String(value))).not.toContain("secret");
  });

  it.each([0n, 1n << 40n])("with code %s is CKR_GENERAL_ERROR", (Code) => {
    expect(decodeError({ ...encodeError(new CkError(5), "Sign"), Code }).rv).toBe(5);
  });
});
