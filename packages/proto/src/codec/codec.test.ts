import { create, type MessageInitShape } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { rvOf } from "../../test/rv-of.ts";
import * as wire from "../gen/grep11/server_pb.ts";
import { decodeError, encodeError } from "./error.ts";
import { codecs } from "./methods.ts";
import { MAX_STRUCTURE_BYTES } from "./structure.ts";

const Mech = create(wire.MechanismSchema, { Mechanism: 1n });
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

const TF = (value: boolean) => ({ case: "AttributeTF", value }) as const;
const I = (value: bigint) => ({ case: "AttributeI", value }) as const;
const SIGN = 0x108;

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

  it("does not depend on the rest of its envelope", () => {
    const value = create(wire.AttributeValueSchema);
    const Attributes = { "0x162": value, "-1": value };
    const message = create(wire.EncryptInitRequestSchema, { Mech, ...present([hex("01")]) });
    message.Key!.Attributes = Attributes;
    message.Key!.Version = -5n;
    expect(codecs.encryptInit.request.decode(message).key).toEqual(hex("01"));
  });

  it("keeps its envelope for RewrapKeyBlob only", () => {
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

describe("a key in a response", () => {
  const key: ck.KeyBlob = {
    keyBlobId: hex("01"),
    version: 2,
    txId: hex("03"),
    attributes: new Map([[SIGN, true]]),
    keyBlobs: [hex("0405")],
  };

  it("is in both forms, with the same bytes", () => {
    const pair = codecs.generateKeyPair.response.encode({ privKey: key, pubKey: { ...key, keyBlobs: [hex("06")] } });
    expect(pair).toMatchObject({ PrivKeyBytes: hex("0405"), PubKeyBytes: hex("06") });
    expect(pair.PrivKey?.KeyBlobs).toEqual([hex("0405")]);
    expect(pair.PubKey?.KeyBlobs).toEqual([hex("06")]);
  });

  it("is read from the bytes of a server that does not send a KeyBlob", () => {
    const message = create(wire.GenerateKeyResponseSchema, { KeyBytes: hex("0405") });
    expect(codecs.generateKey.response.decode(message).key).toMatchObject({ keyBlobs: [hex("0405")], version: 0 });
  });

  it("may be described by attributes that are not allowed in a template", () => {
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

  it("needs an exact number", () => {
    expect(rvOf(() => decode())).toBe(ck.CKR_MECHANISM_INVALID);
    expect(rvOf(() => decode({ Mechanism: 1n << 53n }))).toBe(ck.CKR_MECHANISM_INVALID);
    expect(decode({ Mechanism: 0x80010031n })).toEqual({ mechanism: 0x80010031 });
  });

  it("may have a vendor number sign-extended to 64 bits, as programs in Java send it", () => {
    const extended = 2n ** 64n - 2n ** 32n;
    expect(decode({ Mechanism: extended + 0x80010031n })).toEqual({ mechanism: 0x80010031 });
    expect(decode({ Mechanism: 2n ** 64n - 2n ** 31n })).toEqual({ mechanism: 0x80000000 });
    for (const number of [extended + 0x1085n, 2n ** 64n - 2n ** 31n - 1n, 2n ** 32n + 0x1085n]) {
      expect(rvOf(() => decode({ Mechanism: number }))).toBe(ck.CKR_MECHANISM_INVALID);
    }
  });

  it("has no parameter if it is empty", () => {
    expect(decode({ Mechanism: 1n, Parameter: { case: "ParameterB", value: hex("") } })).toEqual({ mechanism: 1 });
    expect(decode({ Mechanism: 1n, Parameter: { case: "ParameterB", value: hex("00") } }).parameter).toEqual(hex("00"));
  });

  it("moves the vendor bit of KDFs and MGFs", () => {
    expect(kdf(0x800001)).toMatchObject({ kdf: 0x80000001 });
    expect(kdf(6)).toMatchObject({ kdf: 6 });
    expect(rvOf(() => kdf(-1))).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
    expect(oaep({ Mgf: wire.RSAOAEPParm_Mask.CkgIbmMgf1Sha3_256 })).toMatchObject({ mgf: 0x80000002 });
  });

  it("has an OAEP label only if its type says so", () => {
    expect(oaep({ EncodingParmType: 0 })).not.toHaveProperty("encodingParm");
    expect(rvOf(() => oaep({ EncodingParmType: 0, EncodingParm: hex("01") }))).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
    expect(rvOf(() => oaep({ EncodingParm: hex("00") }))).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
    expect(oaep({ EncodingParmType: 1, EncodingParm: hex("01") })).toMatchObject({ encodingParm: hex("01") });
    expect(oaep({ EncodingParmType: 1 })).toMatchObject({ encodingParm: hex("") });
    expect(rvOf(() => oaep({ EncodingParmType: 2 as never }))).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
  });

  it("has no numbers above 2^53 in its parameter", () => {
    expect(rvOf(() => oaep({ HashMech: 1n << 60n }))).toBe(ck.CKR_ARGUMENTS_BAD);
  });

  it("is read from the oldest field of GetMechanismInfo", () => {
    const decodeInfo = (init: MessageInitShape<typeof wire.GetMechanismInfoRequestSchema>) =>
      codecs.getMechanismInfo.request.decode(create(wire.GetMechanismInfoRequestSchema, init)).mech;
    expect(decodeInfo({ OldMech: 5n })).toBe(5);
    expect(decodeInfo({ OldMech: 5n, Mech: 6n })).toBe(6);
    expect(rvOf(() => decodeInfo({ Mech: 1n << 53n }))).toBe(ck.CKR_MECHANISM_INVALID);
  });

  it.each([
    { type: "ECSGParm", ecsgType: 0x80000000 },
    { type: "ECSGParm", ecsgType: -1 },
    { type: "ECAGGParm", version: 0, mode: 1, perElementSize: 2 ** 32, elements: hex("") },
  ] as const)("is not sent with numbers out of range: %o", (parameter) => {
    expect(rvOf(() => codecs.digestInit.request.encode({ mech: { mechanism: 1, parameter } }))).toBe(
      ck.CKR_MECHANISM_PARAM_INVALID,
    );
  });
});

describe("bytes", () => {
  const { request } = codecs.encryptSingle;

  it("that are not a message are refused", () => {
    for (const text of ["ff", "0a05", "1a", "0affffffffff0f"]) {
      expect(rvOf(() => request.parse(hex(text)))).toBe(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL);
    }
  });

  it("may have much data but not much structure", () => {
    const mech = { mechanism: 1 };
    const large = request.serialise(request.encode({ mech, plain: new Uint8Array(1 << 20), key: hex("01") }));
    expect(request.decode(request.parse(large)).plain).toHaveLength(1 << 20);
    const key = new Uint8Array(MAX_STRUCTURE_BYTES);
    const bulky = request.serialise(request.encode({ mech, plain: hex("01"), key }));
    expect(rvOf(() => request.parse(bulky))).toBe(ck.CKR_IBM_TRANSPORT_LIMIT);
  });

  it("are only read until there is too much structure", () => {
    // The message contains unknown fields, and then bytes that are not a field.
    const endless = new Uint8Array(4 << 20).map((_, index) => (index % 2 === 0 ? 0x08 : 0));
    endless.fill(0xff, -20);
    expect(rvOf(() => request.parse(endless))).toBe(ck.CKR_IBM_TRANSPORT_LIMIT);
    expect(rvOf(() => request.parse(endless.subarray(-1000)))).toBe(ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL);
  });

  it("become Uint8Arrays, even if they are in a Buffer", () => {
    const message = request.serialise(request.encode({ mech: { mechanism: 1 }, plain: hex("01"), key: hex("02") }));
    expect(request.decode(request.parse(Buffer.from(message))).plain.constructor).toBe(Uint8Array);
  });
});

describe("an error", () => {
  it.each([
    new ck.CkError(0xc0),
    new ck.CkError(0x21, "33 bytes"),
    new ck.CkError(0x80040001, "a: b", { retry: true }),
    new ck.CkError(0x12345678, "unknown code"),
  ])("is the same after the wire: $message", (error) => {
    const { rv, detail, retry } = decodeError(encodeError(error, "SignInit"));
    expect({ rv, detail, retry }).toEqual({ rv: error.rv, detail: error.detail, retry: error.retry });
  });

  it("names the RPC and does not contain its cause", () => {
    const message = encodeError(new ck.CkError(0x21, "33 bytes", { cause: "secret" }), "SignInit");
    expect(message.Detail).toBe("CKR_DATA_LEN_RANGE in SignInit: 33 bytes");
    expect(JSON.stringify(message, (_, value) => String(value))).not.toContain("secret");
  });

  it.each([0n, 1n << 40n])("with code %s is CKR_GENERAL_ERROR", (Code) => {
    expect(decodeError({ ...encodeError(new ck.CkError(5), "Sign"), Code }).rv).toBe(5);
  });
});
