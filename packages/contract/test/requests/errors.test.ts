/**
 * Tests errors that no other suite covers (docs/reference/wire.md#errors, docs/reference/ep11.md#order-of-checks). It also tests
 * which error is returned when a call is wrong in two ways, and how errors are encoded in responses.
 */
import { ecParams, mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { createPolicy, Keyring, STRICT_POLICY } from "@grep11/engine";
import { beforeAll, describe, expect, it } from "vitest";
import { FUNCTION_CALLS, KeyFixtures, openTarget } from "../../src/index.ts";
import { flipBit, onEveryTarget, sample } from "../support/on-every-target.ts";
import { outcome } from "../support/rv.ts";

const CBC = mechanism.aesCbcPad(new Uint8Array(16));
const DATA = sample(32);
const UNKNOWN = { mechanism: 0x80017777 };
const NOTHING = new Uint8Array(0);

/** Asserts that all of the concurrent `calls` fail, each with one of `rvs`. */
async function expectAll(calls: readonly Promise<unknown>[], ...rvs: readonly number[]): Promise<void> {
  await Promise.all(calls.map((call) => expect(call).toThrowRv(...rvs)));
}

onEveryTarget("errors", (subject) => {
  describe("of key arguments", () => {
    /** Calls every function that takes a key, with `key`. */
    const calls = (ep11: ck.Ep11, key: Uint8Array): Promise<unknown>[] => [
      ep11.encryptInit({ mech: CBC, key }),
      ep11.encryptSingle({ mech: CBC, key, plain: DATA }),
      ep11.decryptInit({ mech: CBC, key }),
      ep11.decryptSingle({ mech: CBC, key, ciphered: DATA }),
      ep11.signInit({ mech: mechanism.hmac("sha256"), privKey: key }),
      ep11.signSingle({ mech: mechanism.ecdsa(), privKey: key, data: DATA }),
      ep11.verifyInit({ mech: mechanism.ecdsa(), pubKey: key }),
      ep11.verifySingle({ mech: mechanism.ecdsa(), pubKey: key, data: DATA, signature: DATA }),
      ep11.wrapKey({ mech: CBC, kek: key, key }),
      ep11.unwrapKey({ mech: CBC, kek: key, wrapped: DATA, template: template({ CKA_KEY_TYPE: ck.CKK_AES }) }),
      ep11.deriveKey({ mech: mechanism.keyDerivation("sha256"), baseKey: key, template: new Map() }),
      ep11.getAttributeValue({ object: key, attributes: [ck.CKA_CLASS] }),
      ep11.setAttributeValue({ object: key, attributes: new Map() }),
      ep11.rewrapKeyBlob({ wrappedKey: key }),
      ep11.reencryptSingle({ decMech: CBC, encMech: CBC, decKey: key, encKey: key, ciphered: DATA }),
    ];

    it("garbage is CKR_IBM_BLOB_ERROR", async () => {
      for (const key of [sample(16), sample(300), Uint8Array.of(0x30), Uint8Array.of(0x30, 0x82, 0xff, 0xff, 1)]) {
        await expectAll(calls(subject.target.ep11, key), ck.CKR_IBM_BLOB_ERROR);
      }
    });

    it("truncated, extended and altered blobs are CKR_IBM_BLOB_ERROR", async () => {
      const { privateKey, publicKey } = await subject.keys.key("P-256");
      const { privateKey: aes } = await subject.keys.key("AES-256");
      for (const key of [privateKey, publicKey, aes]) {
        for (const bad of [key.subarray(0, -1), Uint8Array.of(...key, 0), flipBit(key, 8 * key.length - 1)]) {
          await expectAll(calls(subject.target.ep11, bad), ck.CKR_IBM_BLOB_ERROR);
        }
      }
    });

    it("a missing key has a specific error for each key argument", async () => {
      const rvs = [ck.CKR_KEY_HANDLE_INVALID, ck.CKR_WRAPPING_KEY_HANDLE_INVALID, ck.CKR_UNWRAPPING_KEY_HANDLE_INVALID];
      await expectAll(calls(subject.target.ep11, NOTHING), ...rvs);
    });

    it("a KeyBlob's description is never trusted", async () => {
      const { ep11 } = subject.target;
      const { privateKey } = await subject.keys.key("AES-256");
      const mute = await subject.keys.without(privateKey, ck.CKA_ENCRYPT);
      const claims = template({ CKA_ENCRYPT: true, CKA_KEY_TYPE: ck.CKK_AES, CKA_CLASS: ck.CKO_SECRET_KEY });
      const envelope = { keyBlobId: sample(16), version: 7, txId: sample(16), attributes: claims };
      const key = { ...envelope, keyBlobs: [mute, privateKey] };
      await expect(ep11.encryptInit({ mech: CBC, key })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      await ep11.encryptInit({ mech: CBC, key: { ...envelope, attributes: new Map(), keyBlobs: [privateKey, mute] } });
    });
  });

  describe("have a fixed order", () => {
    let aes: Uint8Array;
    beforeAll(async () => {
      aes = (await subject.keys.key("AES-256")).privateKey;
    });
    const begin = (key: Uint8Array, mech: ck.Mechanism) => subject.target.ep11.encryptInit({ key, mech });

    it("a bad blob before an unknown mechanism", async () => {
      const { ep11 } = subject.target;
      const bad = sample(300);
      const calls = [
        begin(bad, UNKNOWN),
        ep11.signSingle({ mech: UNKNOWN, privKey: bad, data: DATA }),
        ep11.verifyInit({ mech: UNKNOWN, pubKey: bad }),
        ep11.wrapKey({ mech: UNKNOWN, kek: bad, key: bad }),
        ep11.unwrapKey({ mech: UNKNOWN, kek: bad, wrapped: DATA, template: new Map() }),
        ep11.deriveKey({ mech: UNKNOWN, baseKey: bad, template: new Map() }),
      ];
      await expectAll(calls, ck.CKR_IBM_BLOB_ERROR);
    });
    it("a foreign blob before an unknown mechanism", async () => {
      const foreign = await openTarget("engine");
      const { privateKey } = await new KeyFixtures(foreign.ep11).key("AES-256");
      await expect(begin(privateKey, UNKNOWN)).toThrowRv(ck.CKR_IBM_WKID_MISMATCH);
      await foreign.close();
    });
    it("an unknown mechanism before the type of the key", async () => {
      await expect(begin((await subject.keys.key("P-256")).publicKey, UNKNOWN)).toThrowRv(ck.CKR_MECHANISM_INVALID);
    });
    it("the type of the key before its rights", async () => {
      const mute = await subject.keys.without(aes, ck.CKA_ENCRYPT);
      await expect(begin(mute, mechanism.rsaPkcs())).toThrowRv(ck.CKR_KEY_TYPE_INCONSISTENT);
    });
    it("the rights of the key before the parameter", async () => {
      const mute = await subject.keys.without(aes, ck.CKA_ENCRYPT);
      await expect(begin(mute, { mechanism: ck.CKM_AES_CBC })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    });
    it("the parameter before the length of the data", async () => {
      const mech = { mechanism: ck.CKM_AES_CBC };
      const refused = subject.target.ep11.encryptSingle({ mech, key: aes, plain: sample(5) });
      await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    });
    it("the length of a signature before its value", async () => {
      const { privateKey: pubKey } = await subject.keys.key("generic-32");
      const mech = mechanism.hmac("sha256");
      const refused = subject.target.ep11.verifySingle({ mech, pubKey, data: DATA, signature: sample(31) });
      await expect(refused).toThrowRv(ck.CKR_SIGNATURE_LEN_RANGE);
    });
  });

  it("carry the name of their return value and no secret", async () => {
    const { ep11 } = subject.target;
    const { privateKey: key } = await subject.keys.key("AES-256");
    const error = (await outcome(
      ep11.encryptSingle({ mech: { mechanism: ck.CKM_AES_ECB }, key, plain: sample(5) }),
    )) as ck.CkError;
    expect(error.rv).toBe(ck.CKR_DATA_LEN_RANGE);
    expect(error.message).toMatch(/^CKR_DATA_LEN_RANGE/);
    expect(error.retry).toBe(false);
  });

  it("templates are limited to attribute numbers below 2^32 and to 128 attributes", async () => {
    const { ep11 } = subject.target;
    if (subject.name === "engine") return;
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const large = new Map(Array.from({ length: 129 }, (_, index) => [0x90000000 + index, Uint8Array.of(1)] as const));
    await expect(ep11.generateKey({ mech, template: large })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
    const huge = new Map([[2 ** 32 + ck.CKA_EXTRACTABLE, true]]);
    await expect(ep11.generateKey({ mech, template: huge })).toThrowRv(ck.CKR_ARGUMENTS_BAD);
  });

  it("attribute values of the wrong type are CKR_ATTRIBUTE_VALUE_INVALID", async () => {
    const { ep11 } = subject.target;
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    for (const [attribute, value] of [
      [ck.CKA_ENCRYPT, sample(2)],
      [ck.CKA_VALUE_LEN, sample(9)],
    ] as const) {
      const bad = new Map<number, ck.AttributeValue>([
        [ck.CKA_VALUE_LEN, 16],
        [attribute, value],
      ]);
      await expect(ep11.generateKey({ mech, template: bad })).toThrowRv(ck.CKR_ATTRIBUTE_VALUE_INVALID);
    }
  });

  it("attributes that clients send and EP11 does not know are ignored", async () => {
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const requested = new Map<number, ck.AttributeValue>([
      ...template({ CKA_VALUE_LEN: 16, CKA_TOKEN: true, CKA_LABEL: sample(3), CKA_ID: sample(3), CKA_COPYABLE: false }),
      [0x80017777, sample(3)],
    ]);
    await subject.target.ep11.generateKey({ mech, template: requested });
  });
});

describe.each(["engine", "grpc"] as const)("control points on %s", (name) => {
  it("that are off disable functions with CKR_FUNCTION_CANCELED", async () => {
    const off = [
      [[ck.XCP_CPB_ENCRYPT_SYMM], "EncryptSingle", mechanism.aesEcb()],
      [[ck.XCP_CPB_DECRYPT_SYMM], "DecryptInit", mechanism.aesEcb()],
      [[ck.XCP_CPB_SIGN_SYMM], "SignInit", mechanism.hmac("sha256")],
      [[ck.XCP_CPB_SIGVERIFY_SYMM], "VerifyInit", mechanism.hmac("sha256")],
      [[ck.XCP_CPB_WRAP_SYMM], "WrapKey", CBC],
      [[ck.XCP_CPB_UNWRAP_SYMM], "UnwrapKey", CBC],
      [[ck.XCP_CPB_DERIVE], "DeriveKey", mechanism.keyDerivation("sha256")],
    ] as const;
    for (const [controlPoints, call, mech] of off) {
      const target = await openTarget(name, { policy: createPolicy("test", controlPoints) });
      const [, , make] = FUNCTION_CALLS.find(([candidate]) => candidate === call)!;
      const { privateKey } = await new KeyFixtures(target.ep11).key("AES-256");
      await expect(make(target.ep11, mech, privateKey), call).toThrowRv(ck.CKR_FUNCTION_CANCELED);
      await target.close();
    }
  });

  it("restrict curves and key sizes", async () => {
    const off = [ck.XCP_CPB_ALG_EC_SECGCRV, ck.XCP_CPB_KEYSZ_256BIT, ck.XCP_CPB_MODIFY_OBJECTS];
    const { ep11, close } = await openTarget(name, { policy: createPolicy("test", off) });
    const ec = (curve: "secp256k1" | "P-256") =>
      ep11.generateKeyPair({
        mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
        pubKeyTemplate: template({ CKA_EC_PARAMS: ecParams(curve) }),
        privKeyTemplate: new Map(),
      });
    const aes = (length: number) =>
      ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template({ CKA_VALUE_LEN: length }) });
    await expect(ec("secp256k1")).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    await ec("P-256");
    await expect(aes(32)).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    const object = ck.sealedBytes((await aes(16)).key);
    await expect(ep11.setAttributeValue({ object, attributes: new Map() })).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    await close();
  });

  it("allow a bare SPKI as a KEK only if the policy says so", async () => {
    const everything = createPolicy("everything", []);
    const { ep11, close } = await openTarget(name, { policy: everything });
    const keys = new KeyFixtures(ep11);
    const kek = spkiOf((await keys.key("RSA-2048")).publicKey);
    await ep11.wrapKey({ mech: mechanism.rsaPkcs(), kek, key: (await keys.key("AES-128")).privateKey });
    await close();
  });

  it("of the policy `strict` separate rights, at creation and at every use", async () => {
    const keyring = Keyring.create((length) => sample(length, 99));
    const lenient = await openTarget(name, { keyring });
    const strict = await openTarget(name, { keyring, policy: STRICT_POLICY });
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const generate = (ep11: ck.Ep11, attributes: Parameters<typeof template>[0]) =>
      ep11.generateKey({ mech, template: template({ CKA_VALUE_LEN: 32, ...attributes }) });
    const mixed = { CKA_ENCRYPT: true, CKA_DECRYPT: true, CKA_WRAP: true };
    await expect(generate(strict.ep11, mixed)).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    const { key } = await generate(lenient.ep11, mixed);
    await expect(strict.ep11.encryptInit({ mech: CBC, key })).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    const { key: clean } = await generate(strict.ep11, { CKA_ENCRYPT: true });
    await strict.ep11.encryptInit({ mech: CBC, key: clean });
    const object = ck.sealedBytes(clean);
    const [extractable] = (await strict.ep11.getAttributeValue({ object, attributes: [ck.CKA_EXTRACTABLE] }))
      .attributes;
    expect(extractable).toEqual([ck.CKA_EXTRACTABLE, false]);
    await Promise.all([lenient.close(), strict.close()]);
  });
});

describe.each(["engine", "grpc"] as const)("without a master key on %s", (name) => {
  it("every call that needs one fails with CKR_IBM_WK_NOT_INITIALIZED", async () => {
    const { ep11, close } = await openTarget(name, { keyring: Keyring.empty() });
    const owner = await openTarget("engine");
    const { privateKey: key } = await new KeyFixtures(owner.ep11).key("AES-256");
    const refused = [
      ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: template({ CKA_VALUE_LEN: 16 }) }),
      ep11.digestInit({ mech: mechanism.digest("sha256") }),
      ep11.encryptInit({ mech: CBC, key }),
      ep11.login({ storeid: sample(4), pin: sample(8) }),
      ep11.rewrapKeyBlob({ wrappedKey: key }),
      ep11.unwrapKey({ mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY }, wrapped: DATA, template: new Map() }),
    ];
    await expectAll(refused, ck.CKR_IBM_WK_NOT_INITIALIZED);
    expect((await ep11.digestSingle({ mech: mechanism.digest("sha256"), data: DATA })).digest).toHaveLength(32);
    expect((await ep11.getMechanismList({})).mechs.length).toBeGreaterThan(90);
    await Promise.all([close(), owner.close()]);
  });
});
