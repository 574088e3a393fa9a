/**
 * Tests clients of the two earlier generations of the protocol (docs/reference/wire.md#generations). They use the same endpoint
 * as current clients.
 */
import { createECDH, createHmac, createPublicKey, randomBytes, verify } from "node:crypto";
import { ecParams, publicPointOf, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { LiveKeyring } from "@grep11/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyring, type ServedEngine, serveEngine } from "../../src/index.ts";
import { bytesMap, encode, RawClient, type Response, type TemplateForm, valueMap, type WireField } from "./dialect.ts";
import { errorDetails } from "./grpc-js.ts";

/** What differs between the two earlier generations. Both send keys as bytes, under the same field numbers. */
interface Generation {
  readonly name: string;
  readonly templates: TemplateForm;
  /** Field numbers of the templates in the requests. */
  readonly generateKey: number;
  readonly publicTemplate: number;
  readonly privateTemplate: number;
  readonly unwrapKey: number;
  readonly deriveKey: number;
  readonly setAttributes: number;
  /** Field numbers of the attribute maps in GetAttributeValue's request and response. */
  readonly getAttributes: readonly [requested: number, returned: number];
  readonly mechanismInfo: number;
  /**
   * The field numbers of the key names that requests of older clients contain: one in GenerateKey, two in GenerateKeyPair, one in
   * UnwrapKey and one in DeriveKey.
   */
  readonly keyIds: readonly number[];
}

const GENERATIONS: readonly Generation[] = [
  {
    name: "generation 0 (2018 to 2020)",
    templates: bytesMap,
    generateKey: 2,
    publicTemplate: 2,
    privateTemplate: 3,
    unwrapKey: 6,
    deriveKey: 2,
    setAttributes: 2,
    getAttributes: [2, 2],
    mechanismInfo: 1,
    keyIds: [4, 5, 6, 7, 6],
  },
  {
    name: "generation 1 (IBM's JavaScript samples)",
    templates: valueMap,
    generateKey: 6,
    publicTemplate: 8,
    privateTemplate: 7,
    unwrapKey: 9,
    deriveKey: 8,
    setAttributes: 3,
    getAttributes: [3, 4],
    mechanismInfo: 2,
    keyIds: [],
  },
];

const PLAIN = new TextEncoder().encode("not a whole number of blocks");
const IV = Uint8Array.from({ length: 16 }, (_, index) => index);

function mechanism(number: number | bigint, parameter = new Uint8Array(0)): Buffer {
  return encode([1, number], [2, parameter]);
}

const CBC_PAD = mechanism(ck.CKM_AES_CBC_PAD, IV);
const ECDSA = mechanism(ck.CKM_ECDSA_SHA256);

let live: LiveKeyring;
let served: ServedEngine;
let client: RawClient;
beforeAll(async () => {
  live = new LiveKeyring(createKeyring());
  served = await serveEngine({ keyring: live });
  client = new RawClient(served.address);
});
afterAll(async () => {
  client.close();
  await served.close();
});

describe.each(GENERATIONS)("$name", (generation) => {
  const { templates, keyIds } = generation;
  const ids = (...indexes: number[]): WireField[] =>
    indexes.flatMap((index) => (keyIds[index] === undefined ? [] : [[keyIds[index], "my key"] as const]));
  const call = (rpc: string, ...fields: WireField[]): Promise<Response> => client.call(rpc, ...fields);

  async function generateAes(): Promise<{ key: Uint8Array; checkSum: Uint8Array }> {
    const wanted = template({
      CKA_VALUE_LEN: 32,
      CKA_ENCRYPT: true,
      CKA_DECRYPT: true,
      CKA_WRAP: true,
      CKA_UNWRAP: true,
      CKA_SIGN: false,
      CKA_EXTRACTABLE: true,
    });
    const response = await call(
      "GenerateKey",
      [1, mechanism(ck.CKM_AES_KEY_GEN)],
      ...templates(generation.generateKey, wanted),
      ...ids(0),
    );
    return { key: response.bytes(4), checkSum: response.bytes(5) };
  }

  async function generateEc(rights: ck.Template): Promise<{ priv: Uint8Array; pub: Uint8Array }> {
    const curve = template({ CKA_EC_PARAMS: ecParams("P-256"), CKA_VERIFY: true });
    const response = await call(
      "GenerateKeyPair",
      [1, mechanism(ck.CKM_EC_KEY_PAIR_GEN)],
      ...templates(generation.publicTemplate, curve),
      ...templates(generation.privateTemplate, rights),
      ...ids(1, 2),
    );
    return { priv: response.bytes(5), pub: response.bytes(6) };
  }

  it("asks about mechanisms", async () => {
    const response = await call("GetMechanismInfo", [generation.mechanismInfo, ck.CKM_AES_KEY_GEN]);
    const info = response.bytes(3);
    expect(Buffer.from(info)).toEqual(encode([1, 16], [2, 32], [3, ck.CKF_GENERATE]));
  });

  it("encrypts and decrypts, in one call and in parts", async () => {
    const { key, checkSum } = await generateAes();
    expect(checkSum).toHaveLength(7);
    const ciphered = (await call("EncryptSingle", [1, key], [2, CBC_PAD], [3, PLAIN])).bytes(4);
    expect((await call("DecryptSingle", [1, key], [2, CBC_PAD], [3, ciphered])).bytes(4)).toEqual(PLAIN);
    const started = (await call("EncryptInit", [2, CBC_PAD], [3, key])).bytes(1);
    const first = await call("EncryptUpdate", [1, started], [2, PLAIN]);
    const last = await call("EncryptFinal", [1, first.bytes(1)]);
    expect(Buffer.concat([first.bytes(3), last.bytes(2)])).toEqual(Buffer.from(ciphered));
    const state = (await call("DecryptInit", [2, CBC_PAD], [3, key])).bytes(1);
    expect((await call("Decrypt", [1, state], [2, ciphered])).bytes(3)).toEqual(PLAIN);
  });

  it("re-encrypts under another key", async () => {
    const [from, to] = [await generateAes(), await generateAes()];
    const ciphered = (await call("EncryptSingle", [1, from.key], [2, CBC_PAD], [3, PLAIN])).bytes(4);
    const moved = await call("ReencryptSingle", [1, from.key], [2, to.key], [3, CBC_PAD], [4, CBC_PAD], [5, ciphered]);
    expect((await call("DecryptSingle", [1, to.key], [2, CBC_PAD], [3, moved.bytes(6)])).bytes(4)).toEqual(PLAIN);
  });

  it("signs and verifies, in one call and in parts", async () => {
    const { priv, pub } = await generateEc(template({ CKA_SIGN: true }));
    const signature = (await call("SignSingle", [1, priv], [2, ECDSA], [3, PLAIN])).bytes(4);
    await call("VerifySingle", [1, pub], [2, ECDSA], [3, PLAIN], [4, signature]);
    const key = createPublicKey({ key: Buffer.from(spkiOf(pub)), format: "der", type: "spki" });
    expect(verify("sha256", PLAIN, { key, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
    const started = (await call("SignInit", [2, ECDSA], [3, priv])).bytes(1);
    const updated = (await call("SignUpdate", [1, started], [2, PLAIN])).bytes(1);
    const made = (await call("SignFinal", [1, updated])).bytes(2);
    const state = (await call("VerifyInit", [2, ECDSA], [3, pub])).bytes(1);
    await call("Verify", [1, state], [2, PLAIN], [3, made]);
  });

  it("wraps and unwraps", async () => {
    const [kek, target] = [await generateAes(), await generateAes()];
    const wrapped = (await call("WrapKey", [1, target.key], [2, kek.key], [4, CBC_PAD])).bytes(5);
    const wanted = template({
      CKA_CLASS: ck.CKO_SECRET_KEY,
      CKA_KEY_TYPE: ck.CKK_AES,
      CKA_VALUE_LEN: 32,
      CKA_ENCRYPT: true,
      CKA_DECRYPT: true,
    });
    const response = await call(
      "UnwrapKey",
      [1, wrapped],
      [2, kek.key],
      [5, CBC_PAD],
      ...templates(generation.unwrapKey, wanted),
      ...ids(3),
    );
    expect(response.bytes(8)).toEqual(target.checkSum);
    const ciphered = (await call("EncryptSingle", [1, target.key], [2, CBC_PAD], [3, PLAIN])).bytes(4);
    expect((await call("DecryptSingle", [1, response.bytes(7)], [2, CBC_PAD], [3, ciphered])).bytes(4)).toEqual(PLAIN);
  });

  it("derives: the peer's point is the bare parameter", async () => {
    const { priv, pub } = await generateEc(template({ CKA_DERIVE: true }));
    const peer = createECDH("prime256v1");
    const wanted = template({
      CKA_CLASS: ck.CKO_SECRET_KEY,
      CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET,
      CKA_VALUE_LEN: 32,
      CKA_SIGN: true,
    });
    const response = await call(
      "DeriveKey",
      [1, mechanism(ck.CKM_ECDH1_DERIVE, peer.generateKeys())],
      [3, priv],
      ...templates(generation.deriveKey, wanted),
      ...ids(4),
    );
    const hmac = mechanism(ck.CKM_SHA256_HMAC);
    const mac = (await call("SignSingle", [1, response.bytes(6)], [2, hmac], [3, PLAIN])).bytes(4);
    const secret = peer.computeSecret(publicPointOf(pub));
    expect(Buffer.from(mac)).toEqual(createHmac("sha256", secret).update(PLAIN).digest());
  });

  it("digests a key", async () => {
    const { key } = await generateAes();
    const state = (await call("DigestInit", [2, mechanism(ck.CKM_SHA256)])).bytes(1);
    const digested = (await call("DigestKey", [1, state], [2, key])).bytes(1);
    expect((await call("DigestFinal", [1, digested])).bytes(2)).toHaveLength(32);
  });

  it("reads and changes attributes", async () => {
    const { key } = await generateAes();
    const [requested, returned] = generation.getAttributes;
    const read = async (object: Uint8Array) => {
      const dummies = template({ CKA_ENCRYPT: false, CKA_VALUE_LEN: 0 });
      return (await call("GetAttributeValue", [1, object], ...templates(requested, dummies))).map(returned);
    };
    const expected = (encrypt: boolean) =>
      templates(returned, template({ CKA_ENCRYPT: encrypt, CKA_VALUE_LEN: 32 })).map(([, entry]) => entry);
    const entries = async (object: Uint8Array) =>
      [...(await read(object))]
        .map(([attribute, value]) => encode([1, attribute], [2, value]))
        .toSorted(Buffer.compare);
    expect(await entries(key)).toEqual(expected(true).toSorted(compareBytes));
    const change = templates(generation.setAttributes, template({ CKA_ENCRYPT: false }));
    const changed = (await call("SetAttributeValue", [1, key], ...change)).bytes(1);
    expect(await entries(changed)).toEqual(expected(false).toSorted(compareBytes));
  });

  it.each([true, 7, Uint8Array.of(1)])("ignores an unknown attribute: %j", async (value) => {
    const requested = new Map([...template({ CKA_VALUE_LEN: 16 }), [0x80015008, value] as const]);
    const mech = mechanism(ck.CKM_AES_KEY_GEN);
    const response = await call("GenerateKey", [1, mech], ...templates(generation.generateKey, requested));
    expect(response.bytes(5)).toHaveLength(7);
  });

  it("returns keys in both the old and the current form, with the same bytes", async () => {
    const wanted = template({ CKA_VALUE_LEN: 16 });
    const mech = mechanism(ck.CKM_AES_KEY_GEN);
    const response = await call("GenerateKey", [1, mech], ...templates(generation.generateKey, wanted));
    expect(Buffer.from(response.bytes(7)).includes(Buffer.from(response.bytes(4)))).toBe(true);
  });

  it("is refused with one Grep11Error", async () => {
    const refused = call("EncryptSingle", [1, new Uint8Array(200)], [2, CBC_PAD], [3, PLAIN]);
    const error = await refused.then(
      () => undefined,
      (reason) => reason,
    );
    expect(errorDetails(error).map(({ code }) => code)).toEqual([ck.CKR_IBM_BLOB_ERROR]);
  });

  it("rewraps keys as bytes", async () => {
    const { key } = await generateAes();
    const ciphered = (await call("EncryptSingle", [1, key], [2, CBC_PAD], [3, PLAIN])).bytes(4);
    live.replace(live.keyring.generate((length) => new Uint8Array(randomBytes(length))));
    live.replace(live.keyring.commit(live.keyring.next!.masterKey.verificationPattern));
    const next = (await call("RewrapKeyBlob", [1, key])).bytes(1);
    live.replace(live.keyring.activate());
    live.replace(live.keyring.finalise());
    expect((await call("DecryptSingle", [1, next], [2, CBC_PAD], [3, ciphered])).bytes(4)).toEqual(PLAIN);
  });
});

describe("clients with signed 32-bit numbers", () => {
  const extended = (number: number) => 2n ** 64n - 2n ** 32n + BigInt(number);

  it("select the vendor mechanism whose number they sign-extend", async () => {
    const single = (number: number | bigint) => client.call("DigestSingle", [1, mechanism(number)], [2, PLAIN]);
    const digest = (await single(extended(ck.CKM_IBM_SHA3_256))).bytes(3);
    expect(digest).toEqual((await single(ck.CKM_IBM_SHA3_256)).bytes(3));
  });

  it("select the vendor attribute whose number they sign-extend", async () => {
    const yes = encode([2, 1]);
    const generated = await client.call(
      "GenerateKey",
      [1, mechanism(ck.CKM_AES_KEY_GEN)],
      [6, encode([1, ck.CKA_VALUE_LEN], [2, encode([3, 16])])],
      [6, encode([1, extended(ck.CKA_IBM_USE_AS_DATA)], [2, yes])],
    );
    const requested = encode([1, extended(ck.CKA_IBM_USE_AS_DATA)], [2, yes]);
    const response = await client.call("GetAttributeValue", [1, generated.bytes(4)], [3, requested]);
    expect(Buffer.from(response.bytes(4))).toEqual(requested);
  });
});

function compareBytes(first: WireField[1], second: WireField[1]): number {
  return Buffer.compare(first as Buffer, second as Buffer);
}
