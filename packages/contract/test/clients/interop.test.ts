/**
 * Tests all RPCs with a second gRPC implementation. Keys are sent as KeyBlobs, as in IBM's examples, and in the older form as
 * bytes.
 */
import { createHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { LiveKeyring } from "@grep11/engine";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring, type ServedEngine, serveEngine } from "../../src/index.ts";
import { errorDetails, GrpcJsClient, type Message } from "./grpc-js.ts";

const live = new LiveKeyring(createKeyring());
let server: ServedEngine;
let client: GrpcJsClient;
const call = (rpc: string, request: Message = {}) => client.call(rpc, request);
const state = async (response: Promise<Message>) => (await response).State as Buffer;

const yes = { AttributeTF: true };
const integer = (value: number) => ({ AttributeI: String(value) });
const SHA256 = { Mechanism: ck.CKM_SHA256 };
const CBC_PAD = { Mechanism: ck.CKM_AES_CBC_PAD, ParameterB: Buffer.alloc(16, 5) };
const HMAC = { Mechanism: ck.CKM_SHA256_HMAC };
const P256 = Buffer.from("06082a8648ce3d030107", "hex");
const DATA = Buffer.from("the message that every call is about");

/** Generates an AES-256 key and returns it in both forms that clients store: as a KeyBlob, and as bytes. */
async function generateAes(): Promise<{ Key: Message; KeyBytes: Buffer; CheckSum: Buffer }> {
  const Template = {
    [ck.CKA_VALUE_LEN]: integer(32),
    [ck.CKA_ENCRYPT]: yes,
    [ck.CKA_DECRYPT]: yes,
    [ck.CKA_WRAP]: yes,
    [ck.CKA_UNWRAP]: yes,
    [ck.CKA_EXTRACTABLE]: yes,
  };
  const response = await call("GenerateKey", { Mech: { Mechanism: ck.CKM_AES_KEY_GEN }, Template });
  return response as unknown as { Key: Message; KeyBytes: Buffer; CheckSum: Buffer };
}

async function generateEc(): Promise<{ PrivKey: Message; PubKey: Message; PrivKeyBytes: Buffer; PubKeyBytes: Buffer }> {
  const request = {
    Mech: { Mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    PubKeyTemplate: { [ck.CKA_EC_PARAMS]: { AttributeB: P256 }, [ck.CKA_VERIFY]: yes },
    PrivKeyTemplate: { [ck.CKA_SIGN]: yes, [ck.CKA_DERIVE]: yes },
  };
  return (await call("GenerateKeyPair", request)) as never;
}

beforeAll(async () => {
  server = await serveEngine({ keyring: live });
  client = new GrpcJsClient(server.address);
});
afterAll(async () => {
  client.close();
  await server.close();
});

describe("grpc-js", () => {
  it("digests in every flow", async () => {
    const expected = createHash("sha256").update(DATA).digest();
    expect((await call("DigestSingle", { Mech: SHA256, Data: DATA })).Digest).toEqual(expected);
    const State = await state(call("DigestInit", { Mech: SHA256 }));
    expect((await call("Digest", { State, Data: DATA })).Digest).toEqual(expected);
    const half = await state(call("DigestUpdate", { State, Data: DATA.subarray(0, 9) }));
    const whole = await state(call("DigestUpdate", { State: half, Data: DATA.subarray(9) }));
    expect((await call("DigestFinal", { State: whole })).Digest).toEqual(expected);
    const { Key } = await generateAes();
    const withKey = await state(call("DigestKey", { State, Key }));
    expect((await call("DigestFinal", { State: withKey })).Digest).toHaveLength(32);
  });

  it("encrypts in every flow, with keys in both forms", async () => {
    const { Key, KeyBytes } = await generateAes();
    expect((Key.KeyBlobs as Buffer[])[0]).toEqual(KeyBytes);
    const { Ciphered } = await call("EncryptSingle", { Mech: CBC_PAD, Plain: DATA, Key });
    const older = await call("EncryptSingle", { Mech: CBC_PAD, Plain: DATA, KeyBytes });
    expect(older.Ciphered).toEqual(Ciphered);
    expect((await call("DecryptSingle", { Mech: CBC_PAD, Ciphered, Key })).Plain).toEqual(DATA);
    const encrypting = await state(call("EncryptInit", { Mech: CBC_PAD, Key }));
    expect((await call("Encrypt", { State: encrypting, Plain: DATA })).Ciphered).toEqual(Ciphered);
    const step = await call("EncryptUpdate", { State: encrypting, Plain: DATA });
    const last = await call("EncryptFinal", { State: step.State });
    expect(Buffer.concat([step.Ciphered as Buffer, last.Ciphered as Buffer])).toEqual(Ciphered);
    const decrypting = await state(call("DecryptInit", { Mech: CBC_PAD, KeyBytes }));
    expect((await call("Decrypt", { State: decrypting, Ciphered })).Plain).toEqual(DATA);
    const back = await call("DecryptUpdate", { State: decrypting, Ciphered });
    const end = await call("DecryptFinal", { State: back.State });
    expect(Buffer.concat([back.Plain as Buffer, end.Plain as Buffer])).toEqual(DATA);
    const other = (await generateAes()).Key;
    const request = { DecMech: CBC_PAD, EncMech: CBC_PAD, Ciphered, DecKey: Key, EncKey: other };
    const { Reciphered } = await call("ReencryptSingle", request);
    const decrypted = await call("DecryptSingle", { Mech: CBC_PAD, Ciphered: Reciphered, Key: other });
    expect(decrypted.Plain).toEqual(DATA);
  });

  it("signs in every flow, with keys in both forms", async () => {
    const { Key, KeyBytes } = await generateAes();
    const { Signature } = await call("SignSingle", { Mech: HMAC, Data: DATA, PrivKey: Key });
    const signing = await state(call("SignInit", { Mech: HMAC, PrivKeyBytes: KeyBytes }));
    expect((await call("Sign", { State: signing, Data: DATA })).Signature).toEqual(Signature);
    const signed = await state(call("SignUpdate", { State: signing, Data: DATA }));
    expect((await call("SignFinal", { State: signed })).Signature).toEqual(Signature);
    await call("VerifySingle", { Mech: HMAC, Data: DATA, Signature, PubKey: Key });
    const verifying = await state(call("VerifyInit", { Mech: HMAC, PubKeyBytes: KeyBytes }));
    await call("Verify", { State: verifying, Data: DATA, Signature });
    const verified = await state(call("VerifyUpdate", { State: verifying, Data: DATA }));
    await call("VerifyFinal", { State: verified, Signature });
  });

  it("wraps, unwraps and derives", async () => {
    const { Key, CheckSum } = await generateAes();
    const KeK = (await generateAes()).Key;
    const { Wrapped } = await call("WrapKey", { Mech: CBC_PAD, Key, KeK });
    const Template = { [ck.CKA_CLASS]: integer(4), [ck.CKA_KEY_TYPE]: integer(ck.CKK_AES), [ck.CKA_ENCRYPT]: yes };
    const unwrapped = await call("UnwrapKey", { Mech: CBC_PAD, Wrapped, KeK, Template });
    expect(unwrapped.CheckSum).toEqual(CheckSum);
    expect(((unwrapped.Unwrapped as Message).KeyBlobs as Buffer[])[0]).toEqual(unwrapped.UnwrappedBytes);
    const ours = await generateEc();
    const theirs = await generateEc();
    const derive = async (base: Message, spki: Buffer) => {
      const Mech = { Mechanism: ck.CKM_ECDH1_DERIVE, ParameterB: spki.subarray(26, 91) };
      const requested = {
        [ck.CKA_CLASS]: integer(4),
        [ck.CKA_KEY_TYPE]: integer(ck.CKK_AES),
        [ck.CKA_VALUE_LEN]: integer(16),
      };
      return call("DeriveKey", { Mech, BaseKey: base, Template: requested });
    };
    const first = await derive(ours.PrivKey, theirs.PubKeyBytes);
    const second = await derive(theirs.PrivKey, ours.PubKeyBytes);
    expect(first.CheckSum).toEqual(second.CheckSum);
    expect((first.CheckSum as Buffer).subarray(3)).toEqual(Buffer.of(0, 0, 0, 128));
  });

  it("reads and changes attributes in both forms", async () => {
    const { KeyBytes } = await generateAes();
    const requested = {
      Attributes: { [ck.CKA_VALUE_LEN]: integer(0) },
      AttributesBytes: { [ck.CKA_SIGN]: Buffer.of(0) },
    };
    const response = await call("GetAttributeValue", { Object: KeyBytes, ...requested });
    expect(Object.values(response.Attributes as Message)).toEqual([expect.objectContaining({ AttributeI: "32" })]);
    expect(Object.values(response.AttributesBytes as Message)).toEqual([Buffer.of(1)]);
    const changed = await call("SetAttributeValue", {
      Object: KeyBytes,
      Attributes: { [ck.CKA_SIGN]: { AttributeTF: false } },
    });
    const again = await call("GetAttributeValue", {
      Object: changed.Object,
      AttributesBytes: { [ck.CKA_SIGN]: Buffer.of(0) },
    });
    expect(Object.values(again.AttributesBytes as Message)).toEqual([Buffer.of(0)]);
  });

  it("generates random bytes, lists mechanisms and logs in", async () => {
    expect((await call("GenerateRandom", { Len: "4096" })).Rnd).toHaveLength(4096);
    const { Mechs } = await call("GetMechanismList");
    expect((Mechs as string[])[0]).toBe("1");
    const { MechInfo } = await call("GetMechanismInfo", { Mech: String(ck.CKM_RSA_PKCS) });
    expect(MechInfo).toEqual({ MinKeySize: "512", MaxKeySize: "4096", Flags: String(0x62b00) });
    const { Pinblob } = await call("Login", { Storeid: DATA, Pin: DATA.subarray(0, 8) });
    expect(Pinblob).toHaveLength(80);
    expect(await call("Logout")).toEqual({});
  });

  it("rewraps a key under the next master key", async () => {
    const { Key } = await generateAes();
    live.replace(live.keyring.generate((length) => new Uint8Array(createHash("sha512").digest()).subarray(0, length)));
    live.replace(live.keyring.commit(live.keyring.next!.masterKey.verificationPattern));
    const response = await call("RewrapKeyBlob", { WrappedKey: Key });
    expect(((response.RewrappedKey as Message).KeyBlobs as Buffer[])[0]).toEqual(response.RewrappedKeyBytes);
  });

  it.each([
    ["VerifySingle", ck.CKR_SIGNATURE_INVALID, { Mech: HMAC, Data: DATA, Signature: Buffer.alloc(32) }],
    ["VerifySingle", ck.CKR_SIGNATURE_LEN_RANGE, { Mech: HMAC, Data: DATA, Signature: Buffer.alloc(31) }],
    ["VerifyInit", ck.CKR_MECHANISM_INVALID, { Mech: { Mechanism: ck.CKM_AES_ECB } }],
    ["VerifyInit", ck.CKR_MECHANISM_PARAM_INVALID, { Mech: { ...HMAC, ParameterB: Buffer.of(1) } }],
  ])("%s fails with status UNKNOWN and exactly one Grep11Error of code %i", async (rpc, rv, request) => {
    const { Key } = await generateAes();
    const error = (await call(rpc, { ...request, PubKey: Key }).catch(
      (thrown: unknown) => thrown,
    )) as grpc.ServiceError;
    const name = ck.ckrName(rv);
    expect(error.code).toBe(grpc.status.UNKNOWN);
    expect(error.details).toBe(name);
    expect(errorDetails(error)).toEqual([
      {
        type: "type.googleapis.com/grep11.Grep11Error",
        code: rv,
        detail: expect.stringContaining(`${name} in ${rpc}`),
        retry: undefined,
      },
    ]);
  });

  it("an unknown method is UNIMPLEMENTED, and other calls still work", async () => {
    const path = "/grep11.Crypto/MakeCoffee";
    const raw = new grpc.Client(server.address, grpc.credentials.createInsecure());
    const error = await new Promise<grpc.ServiceError | null>((resolve) => {
      raw.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        Buffer.alloc(0),
        resolve,
      );
    });
    expect(error?.code).toBe(grpc.status.UNIMPLEMENTED);
    expect(errorDetails(error!)).toHaveLength(1);
    raw.close();
    expect((await call("GenerateRandom", { Len: "1" })).Rnd).toHaveLength(1);
  });

  it("has called every RPC", () => {
    expect([...client.called].map((rpc) => rpc[0]!.toLowerCase() + rpc.slice(1)).sort()).toEqual(
      [...ck.EP11_METHODS].sort(),
    );
  });
});
