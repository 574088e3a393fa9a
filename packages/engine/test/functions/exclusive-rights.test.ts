/**
 * Under `strict` no caller reads a key that he can use: every way out that was found, step by step. Each way is refused at
 * some step, whatever the caller tried to go around; under `hpcs`, which promises nothing here, each one works to its end.
 */
import { createHmac, randomBytes } from "node:crypto";
import {
  type AttributeValue,
  CK_IBM_ML_KEM_ENCAPSULATE,
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_EC_PARAMS,
  CKA_ENCRYPT,
  CKA_EXTRACTABLE,
  CKA_IBM_MACED_PUBLIC_KEY_INFO,
  CKA_IBM_USE_AS_DATA,
  CKA_KEY_TYPE,
  CKA_MODULUS_BITS,
  CKA_SIGN,
  CKA_TRUSTED,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_VERIFY,
  CKA_WRAP,
  CKA_WRAP_WITH_TRUSTED,
  CKD_IBM_HYBRID_NULL,
  CKG_MGF1_SHA256,
  CKK_AES,
  CKK_GENERIC_SECRET,
  CKM_AES_KEY_GEN,
  CKM_AES_KEY_WRAP_KWP,
  CKM_EC_KEY_PAIR_GEN,
  CKM_IBM_KYBER,
  CKM_IBM_TRANSPORTKEY,
  CKM_PKCS5_PBKD2,
  CKM_RSA_AES_KEY_WRAP,
  CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_RSA_PKCS_OAEP,
  CKM_SHA256,
  CKM_SHA256_HMAC,
  CKP_PKCS5_PBKD2_HMAC_SHA256,
  CKR_FUNCTION_CANCELED,
  CKR_KEY_NOT_WRAPPABLE,
  type KeyBlob,
  sealedBytes,
  type Template,
} from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { openKey, sealKey } from "../../src/blobs/key-blob.ts";
import { openPublicKey } from "../../src/blobs/spki-blob.ts";
import type { Engine } from "../../src/engine.ts";
import { hasBoolean, withBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { HPCS_POLICY, STRICT_POLICY } from "../../src/objects/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { encodePublicKey } from "../../src/primitives/keys/key-encodings.ts";
import { KYBER, kyberDecapsulate } from "../../src/primitives/lattice/kyber.ts";
import { generatePqcKeyPair } from "../../src/primitives/lattice/pqc-keys.ts";
import { pqcSet } from "../../src/primitives/lattice/pqc-sets.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { MASTER_KEY, repeatableRandom } from "../sealing.ts";
import { wire } from "../wire.ts";

const hpcs = testEngine({ policy: HPCS_POLICY });
const strict = testEngine({ policy: STRICT_POLICY });
const kwp = { mechanism: CKM_AES_KEY_WRAP_KWP };
const rsaAes = {
  mechanism: CKM_RSA_AES_KEY_WRAP,
  parameter: wire(128, CKM_SHA256, CKG_MGF1_SHA256, 0),
};
const RIGHTS = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
const keyring = {
  generation: 0,
  sealingKey: () => MASTER_KEY,
  openingKey: () => MASTER_KEY,
  nextCommittedKey: () => undefined,
};

function opened(blob: Uint8Array): Key {
  return blob[0] === 0x30 ? openPublicKey(keyring, blob).key : openKey(keyring, blob);
}

/** These rights and no others. */
function only(...rights: number[]): [number, AttributeValue][] {
  return RIGHTS.map((right) => [right, rights.includes(right)]);
}

async function aes(on: Engine, ...attributes: [number, AttributeValue][]): Promise<Uint8Array> {
  const template = new Map<number, AttributeValue>([[CKA_VALUE_LEN, 16], ...attributes]);
  return sealedBytes((await on.generateKey({ mech: { mechanism: CKM_AES_KEY_GEN }, template })).key);
}

async function rsa(on: Engine, pub: readonly number[], priv: readonly number[], ...more: [number, AttributeValue][]) {
  const { pubKey, privKey } = await on.generateKeyPair({
    mech: { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[CKA_MODULUS_BITS, 3072], ...only(...pub)]),
    privKeyTemplate: new Map([...only(...priv), ...more]),
  });
  return { pub: sealedBytes(pubKey), priv: sealedBytes(privKey) };
}

async function change(on: Engine, blob: Uint8Array | KeyBlob, ...changes: [number, boolean][]): Promise<Uint8Array> {
  return (await on.setAttributeValue({ object: sealedBytes(blob), attributes: new Map(changes) })).object;
}

const AES_TEMPLATE: [number, AttributeValue][] = [
  [CKA_KEY_TYPE, CKK_AES],
  [CKA_VALUE_LEN, 16],
];
const EXTRACTABLE: [number, AttributeValue] = [CKA_EXTRACTABLE, true];

/** Everything but the key itself, which `attack` wraps and reads. Null: the way has no use for the value. */
type Way = (on: Engine, key: Uint8Array) => Promise<Uint8Array>;

async function wrapAndDecrypt(on: Engine, key: Uint8Array, kek: Uint8Array, decrypts: Uint8Array): Promise<Uint8Array> {
  const { wrapped } = await on.wrapKey({ mech: kwp, key, kek });
  return (await on.decryptSingle({ mech: kwp, key: decrypts, ciphered: wrapped })).plain;
}

/** Under a KEK that anybody may encrypt to and a private half that decrypts OAEP: only the AES key is in the clear, and enough. */
async function wrapAndOpen(on: Engine, key: Uint8Array, pub: Uint8Array, priv: Uint8Array): Promise<Uint8Array> {
  const oaep = {
    mechanism: CKM_RSA_PKCS_OAEP,
    parameter: { type: "RSAOAEPParm", hashMech: CKM_SHA256, mgf: CKG_MGF1_SHA256 } as const,
  };
  const { wrapped } = await on.wrapKey({ mech: oaep, key, kek: pub });
  return (await on.decryptSingle({ mech: oaep, key: priv, ciphered: wrapped })).plain;
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    "a KEK that decrypts from the start",
    async (on, key) => {
      const kek = await aes(on, ...only(CKA_WRAP, CKA_DECRYPT));
      return wrapAndDecrypt(on, key, kek, kek);
    },
  ],
  [
    "a KEK that exchanges wrapping for decrypting",
    async (on, key) => {
      const kek = await aes(on, ...only(CKA_WRAP));
      return wrapAndDecrypt(on, key, kek, await change(on, kek, [CKA_WRAP, false], [CKA_DECRYPT, true]));
    },
  ],
  [
    "a KEK that gives up wrapping, and decrypts later",
    async (on, key) => {
      const kek = await aes(on, ...only(CKA_UNWRAP, CKA_WRAP));
      const stripped = await change(on, kek, [CKA_WRAP, false], [CKA_UNWRAP, false]);
      return wrapAndDecrypt(on, key, kek, await change(on, stripped, [CKA_DECRYPT, true]));
    },
  ],
  [
    "two copies of a key without rights, of which one wraps and one decrypts",
    async (on, key) => {
      const blank = await aes(on, ...only());
      const kek = await change(on, blank, [CKA_WRAP, true]);
      return wrapAndDecrypt(on, key, kek, await change(on, blank, [CKA_DECRYPT, true]));
    },
  ],
  [
    "a data key that becomes a KEK",
    async (on, key) => {
      const data = await aes(on, ...only(CKA_DECRYPT));
      return wrapAndDecrypt(on, key, await change(on, data, [CKA_DECRYPT, false], [CKA_WRAP, true]), data);
    },
  ],
  [
    "a KEK that is wrapped, and unwrapped with CKA_DECRYPT",
    async (on, key) => {
      const kek = await aes(on, ...only(CKA_WRAP), EXTRACTABLE);
      const outer = await aes(on, ...only(CKA_WRAP, CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key: kek, kek: outer });
      const template = new Map([...AES_TEMPLATE, ...only(CKA_DECRYPT)]);
      const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template });
      return wrapAndDecrypt(on, key, kek, sealedBytes(unwrapped));
    },
  ],
  [
    "a data key that is wrapped, and unwrapped with CKA_WRAP",
    async (on, key) => {
      const data = await aes(on, ...only(CKA_DECRYPT), EXTRACTABLE);
      const outer = await aes(on, ...only(CKA_WRAP, CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key: data, kek: outer });
      const template = new Map([...AES_TEMPLATE, ...only(CKA_WRAP)]);
      const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template });
      return wrapAndDecrypt(on, key, sealedBytes(unwrapped), data);
    },
  ],
  [
    "a KEK out of a password",
    async (on, key) => {
      const mech = {
        mechanism: CKM_PKCS5_PBKD2,
        parameter: wire(CKP_PKCS5_PBKD2_HMAC_SHA256, 1000, 8, 4, new Uint8Array(8), new Uint8Array(4)),
      };
      const make = async (right: number) => {
        const template = new Map([...AES_TEMPLATE, ...only(right)]);
        return sealedBytes((await on.generateKey({ mech, template })).key);
      };
      return wrapAndDecrypt(on, key, await make(CKA_WRAP), await make(CKA_DECRYPT));
    },
  ],
  [
    "a KEK with a value that is brought in",
    async (on, key) => {
      const outer = await rsa(on, [CKA_WRAP], [CKA_UNWRAP]);
      const value = new Uint8Array(16).fill(7);
      const mech = { ...rsaAes, mechanism: CKM_RSA_PKCS_OAEP, parameter: wire(CKM_SHA256, CKG_MGF1_SHA256, 0) };
      const { ciphered } = await on.encryptSingle({ mech, key: outer.pub, plain: value });
      const bring = async (right: number) => {
        const template = new Map([...AES_TEMPLATE, ...only(right)]);
        const unwrapped = await on.unwrapKey({ mech, wrapped: ciphered, kek: outer.priv, template });
        return sealedBytes(unwrapped.unwrapped);
      };
      return wrapAndDecrypt(on, key, await bring(CKA_WRAP), await bring(CKA_DECRYPT));
    },
  ],
  [
    "the caller's own RSA key, imported with CKA_WRAP",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [CKA_DECRYPT]);
      const imported = await on.unwrapKey({
        mech: { mechanism: CKM_IBM_TRANSPORTKEY },
        wrapped: pub.slice(0, -128),
        kek: new Uint8Array(0),
        template: new Map([[CKA_WRAP, true]]),
      });
      return wrapAndOpen(on, key, sealedBytes(imported.unwrapped), priv);
    },
  ],
  [
    "a pair whose public half wraps while the private half decrypts",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [CKA_WRAP], [CKA_DECRYPT]);
      return wrapAndOpen(on, key, pub, priv);
    },
  ],
  [
    "a pair whose public half wraps later",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [CKA_DECRYPT]);
      return wrapAndOpen(on, key, await change(on, pub, [CKA_WRAP, true]), priv);
    },
  ],
  [
    "a pair whose private half decrypts later",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [CKA_WRAP], []);
      return wrapAndOpen(on, key, pub, await change(on, priv, [CKA_DECRYPT, true]));
    },
  ],
  [
    "a pair that exchanges unwrapping for decrypting",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [CKA_WRAP], [CKA_UNWRAP]);
      return wrapAndOpen(on, key, pub, await change(on, priv, [CKA_UNWRAP, false], [CKA_DECRYPT, true]));
    },
  ],
  [
    "a signing pair that decrypts later, and whose public half wraps",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [CKA_SIGN]);
      const decrypts = await change(on, priv, [CKA_SIGN, false], [CKA_DECRYPT, true]);
      return wrapAndOpen(on, key, await change(on, pub, [CKA_WRAP, true]), decrypts);
    },
  ],
  [
    "the public half that a private key without rights answers, once it unwraps",
    async (on, key) => {
      const { priv } = await rsa(on, [], []);
      const object = await change(on, priv, [CKA_UNWRAP, true]);
      const attributes = [CKA_IBM_MACED_PUBLIC_KEY_INFO];
      const answer = await on.getAttributeValue({ object, attributes });
      const pub = answer.attributes.get(CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array;
      return wrapAndOpen(on, key, pub, await change(on, priv, [CKA_DECRYPT, true]));
    },
  ],
  [
    "a copy that is mixed, one byte more each time, into a key whose other bytes are known",
    async (on, key) => {
      const outer = await aes(on, ...only(CKA_WRAP, CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key, kek: outer });
      const template = new Map<number, AttributeValue>([
        [CKA_KEY_TYPE, CKK_GENERIC_SECRET],
        [CKA_IBM_USE_AS_DATA, true],
        EXTRACTABLE,
      ]);
      const blob = sealedBytes((await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template })).unwrapped);
      const found: number[] = [];
      while (found.length < opened(blob).value.length) found.push(await nextByte(on, blob, found));
      return Uint8Array.from(found);
    },
  ],
];

/**
 * The byte that follows `found` in the secret in `blob`: a KEM's secret, which the owner of the private key knows, and the
 * beginning of the other one make a key, of which every byte but the last is known.
 */
async function nextByte(on: Engine, blob: Uint8Array, found: readonly number[]): Promise<number> {
  const own = generatePqcKeyPair(pqcSet("kyber-768"), randomBytes);
  const imported = await on.unwrapKey({
    mech: { mechanism: CKM_IBM_TRANSPORTKEY },
    wrapped: encodePublicKey(own),
    kek: new Uint8Array(0),
    template: new Map([[CKA_DERIVE, true]]),
  });
  const none = new Uint8Array(0);
  const { newKey, checkSum } = await on.deriveKey({
    mech: {
      mechanism: CKM_IBM_KYBER,
      parameter: {
        ...{ type: "KyberKEMParm", version: 0, mode: CK_IBM_ML_KEM_ENCAPSULATE, kdf: CKD_IBM_HYBRID_NULL },
        ...{ prepend: true, cipherText: none, sharedData: none, blob },
      },
    },
    baseKey: imported.unwrapped,
    template: new Map([[CKA_KEY_TYPE, CKK_GENERIC_SECRET], [CKA_VALUE_LEN, 33 + found.length], ...only(CKA_SIGN)]),
  });
  const secret = kyberDecapsulate(KYBER["kyber-768"], own.privateKey, checkSum.subarray(-1088))!;
  const { signature } = await on.signSingle({ mech: { mechanism: CKM_SHA256_HMAC }, privKey: newKey, data: none });
  const mac = (byte: number) => createHmac("sha256", Uint8Array.of(...secret, ...found, byte)).digest();
  return Array.from({ length: 256 }, (_, byte) => byte).findIndex((byte) => mac(byte).equals(signature));
}

describe.each(WAYS)("%s", (_name, way) => {
  const make = (on: Engine) => aes(on, ...only(CKA_ENCRYPT, CKA_DECRYPT), EXTRACTABLE);

  test("gives no key away under strict", async () => {
    const rv = await rvOfCall(way(strict, await make(strict)));
    expect([CKR_FUNCTION_CANCELED, CKR_KEY_NOT_WRAPPABLE]).toContain(rv);
  });

  test("gives keys away under hpcs, as EP11 does", async () => {
    const key = await make(hpcs);
    expect(await way(hpcs, key)).toEqual(opened(key).value);
  });
});

test("RSA keys that signed decrypt nothing under strict, and the other way round", async () => {
  const signer = await rsa(strict, [], [CKA_SIGN]);
  const reader = await rsa(strict, [], [CKA_DECRYPT]);
  for (const [key, from, to] of [
    [signer.priv, CKA_SIGN, CKA_DECRYPT],
    [reader.priv, CKA_DECRYPT, CKA_SIGN],
  ] as const) {
    expect(await rvOfCall(change(strict, key, [from, false], [to, true]))).toBe(CKR_FUNCTION_CANCELED);
    const stripped = await change(strict, key, [from, false]);
    expect(await rvOfCall(change(strict, stripped, [to, true]))).toBe(CKR_FUNCTION_CANCELED);
    expect(opened(await change(strict, stripped, [from, true])).booleans).toBe(opened(key).booleans);
  }
});

test("what strict leaves: keys travel under KEKs that were made here, and KEKs are changed within their purpose", async () => {
  const key = await aes(strict, ...only(CKA_ENCRYPT, CKA_DECRYPT), EXTRACTABLE);
  const kek = await aes(strict, ...only(CKA_WRAP));
  const both = await change(strict, kek, [CKA_UNWRAP, true]);
  const { wrapped } = await strict.wrapKey({ mech: kwp, key, kek: both });
  const template = new Map([...AES_TEMPLATE, ...only(CKA_DECRYPT)]);
  const { unwrapped } = await strict.unwrapKey({ mech: kwp, wrapped, kek: both, template });
  expect(opened(sealedBytes(unwrapped)).value).toEqual(opened(key).value);
  const pair = await rsa(strict, [CKA_WRAP], [CKA_UNWRAP]);
  const { wrapped: under } = await strict.wrapKey({ mech: rsaAes, key, kek: pair.pub });
  expect(await rvOfCall(strict.unwrapKey({ mech: rsaAes, wrapped: under, kek: pair.priv, template }))).toBe(0);
  const answer = await strict.getAttributeValue({ object: pair.priv, attributes: [CKA_IBM_MACED_PUBLIC_KEY_INFO] });
  const pub = answer.attributes.get(CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array;
  expect(await rvOfCall(strict.wrapKey({ mech: rsaAes, key, kek: pub }))).toBe(0);
});

test("EC pairs unwrap or derive under strict", async () => {
  const make = (pub: readonly number[], priv: readonly number[]) =>
    rvOfCall(
      strict.generateKeyPair({
        mech: { mechanism: CKM_EC_KEY_PAIR_GEN },
        pubKeyTemplate: new Map([[CKA_EC_PARAMS, P_256.oid], ...only(...pub)]),
        privKeyTemplate: new Map(only(...priv)),
      }),
    );
  expect(await make([CKA_WRAP], [CKA_UNWRAP])).toBe(0);
  expect(await make([CKA_WRAP], [])).toBe(0);
  expect(await make([], [CKA_DERIVE, CKA_SIGN])).toBe(0);
  for (const right of [CKA_DERIVE, CKA_SIGN]) expect(await make([CKA_WRAP], [right])).toBe(CKR_FUNCTION_CANCELED);
});

test.each([
  ["hpcs", hpcs],
  ["strict", strict],
])("%s: what comes back from a trusted KEK still needs a trusted one", async (_name, on) => {
  const kek = await aes(on, ...only(CKA_WRAP, CKA_UNWRAP));
  const trust = (key: Key) => ({ ...key, booleans: withBoolean(key.booleans, CKA_TRUSTED, true) });
  const trusted = sealKey(MASTER_KEY, trust(opened(kek)), repeatableRandom());
  const key = await aes(on, ...only(CKA_ENCRYPT), EXTRACTABLE, [CKA_WRAP_WITH_TRUSTED, true]);
  const { wrapped } = await on.wrapKey({ mech: kwp, key, kek: trusted });
  const template: Template = new Map([...AES_TEMPLATE, ...only(CKA_ENCRYPT), EXTRACTABLE]);
  const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: trusted, template });
  expect(hasBoolean(opened(sealedBytes(unwrapped)).booleans, CKA_WRAP_WITH_TRUSTED)).toBe(true);
  expect(await rvOfCall(on.wrapKey({ mech: kwp, key: unwrapped, kek }))).toBe(CKR_KEY_NOT_WRAPPABLE);
  const { unwrapped: free } = await on.unwrapKey({ mech: kwp, wrapped, kek, template });
  expect(hasBoolean(opened(sealedBytes(free)).booleans, CKA_WRAP_WITH_TRUSTED)).toBe(false);
});
