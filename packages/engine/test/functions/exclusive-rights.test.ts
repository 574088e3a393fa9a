/**
 * Tests that under `strict` callers cannot read the keys that they can use. Runs every known attack step by step. Under
 * `strict`, one step of each attack is refused. Under `hpcs`, which does not promise this secrecy, each attack
 * succeeds.
 */
import { createHmac, randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { openKey, sealKey } from "../../src/blobs/key-blob.ts";
import { openPublicKey } from "../../src/blobs/spki-blob.ts";
import type { Engine } from "../../src/engine.ts";
import { hasBoolean, withBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { HPCS_POLICY, STRICT_POLICY } from "../../src/objects/policy/policy.ts";
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
const kwp = { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
const rsaAes = {
  mechanism: ck.CKM_RSA_AES_KEY_WRAP,
  parameter: wire(128, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0),
};
const RIGHTS = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE];
const keyring = {
  generation: 0,
  sealingKey: () => MASTER_KEY,
  openingKey: () => MASTER_KEY,
  nextCommittedKey: () => undefined,
};

function opened(blob: Uint8Array): Key {
  return blob[0] === 0x30 ? openPublicKey(keyring, blob).key : openKey(keyring, blob);
}

/** Returns template attributes for these rights and no others. */
function only(...rights: number[]): [number, ck.AttributeValue][] {
  return RIGHTS.map((right) => [right, rights.includes(right)]);
}

async function aes(on: Engine, ...attributes: [number, ck.AttributeValue][]): Promise<Uint8Array> {
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, 16], ...attributes]);
  return ck.sealedBytes((await on.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template })).key);
}

async function rsa(
  on: Engine,
  pub: readonly number[],
  priv: readonly number[],
  ...more: [number, ck.AttributeValue][]
) {
  const { pubKey, privKey } = await on.generateKeyPair({
    mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_MODULUS_BITS, 3072], ...only(...pub)]),
    privKeyTemplate: new Map([...only(...priv), ...more]),
  });
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
}

async function change(on: Engine, blob: Uint8Array | ck.KeyBlob, ...changes: [number, boolean][]): Promise<Uint8Array> {
  return (await on.setAttributeValue({ object: ck.sealedBytes(blob), attributes: new Map(changes) })).object;
}

const AES_TEMPLATE: [number, ck.AttributeValue][] = [
  [ck.CKA_KEY_TYPE, ck.CKK_AES],
  [ck.CKA_VALUE_LEN, 16],
];
const EXTRACTABLE: [number, ck.AttributeValue] = [ck.CKA_EXTRACTABLE, true];

/** An attack on the value of `key`. Returns the value, and throws the error of the step that the engine refuses. */
type Way = (on: Engine, key: Uint8Array) => Promise<Uint8Array>;

async function wrapAndDecrypt(on: Engine, key: Uint8Array, kek: Uint8Array, decrypts: Uint8Array): Promise<Uint8Array> {
  const { wrapped } = await on.wrapKey({ mech: kwp, key, kek });
  return (await on.decryptSingle({ mech: kwp, key: decrypts, ciphered: wrapped })).plain;
}

/**
 * Wraps `key` with a public KEK, and decrypts the result with the private half of the KEK. Returns the value of `key`.
 */
async function wrapAndOpen(on: Engine, key: Uint8Array, pub: Uint8Array, priv: Uint8Array): Promise<Uint8Array> {
  const oaep = {
    mechanism: ck.CKM_RSA_PKCS_OAEP,
    parameter: { type: "RSAOAEPParm", hashMech: ck.CKM_SHA256, mgf: ck.CKG_MGF1_SHA256 } as const,
  };
  const { wrapped } = await on.wrapKey({ mech: oaep, key, kek: pub });
  return (await on.decryptSingle({ mech: oaep, key: priv, ciphered: wrapped })).plain;
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    "a KEK that decrypts from the start",
    async (on, key) => {
      const kek = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_DECRYPT));
      return wrapAndDecrypt(on, key, kek, kek);
    },
  ],
  [
    "a KEK that exchanges wrapping for decrypting",
    async (on, key) => {
      const kek = await aes(on, ...only(ck.CKA_WRAP));
      return wrapAndDecrypt(on, key, kek, await change(on, kek, [ck.CKA_WRAP, false], [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "a KEK that gives up wrapping, and decrypts later",
    async (on, key) => {
      const kek = await aes(on, ...only(ck.CKA_UNWRAP, ck.CKA_WRAP));
      const stripped = await change(on, kek, [ck.CKA_WRAP, false], [ck.CKA_UNWRAP, false]);
      return wrapAndDecrypt(on, key, kek, await change(on, stripped, [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "two copies of a key without rights, of which one wraps and one decrypts",
    async (on, key) => {
      const blank = await aes(on, ...only());
      const kek = await change(on, blank, [ck.CKA_WRAP, true]);
      return wrapAndDecrypt(on, key, kek, await change(on, blank, [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "a data key that becomes a KEK",
    async (on, key) => {
      const data = await aes(on, ...only(ck.CKA_DECRYPT));
      return wrapAndDecrypt(on, key, await change(on, data, [ck.CKA_DECRYPT, false], [ck.CKA_WRAP, true]), data);
    },
  ],
  [
    "a KEK that is wrapped, and unwrapped with CKA_DECRYPT",
    async (on, key) => {
      const kek = await aes(on, ...only(ck.CKA_WRAP), EXTRACTABLE);
      const outer = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key: kek, kek: outer });
      const template = new Map([...AES_TEMPLATE, ...only(ck.CKA_DECRYPT)]);
      const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template });
      return wrapAndDecrypt(on, key, kek, ck.sealedBytes(unwrapped));
    },
  ],
  [
    "a data key that is wrapped, and unwrapped with CKA_WRAP",
    async (on, key) => {
      const data = await aes(on, ...only(ck.CKA_DECRYPT), EXTRACTABLE);
      const outer = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key: data, kek: outer });
      const template = new Map([...AES_TEMPLATE, ...only(ck.CKA_WRAP)]);
      const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template });
      return wrapAndDecrypt(on, key, ck.sealedBytes(unwrapped), data);
    },
  ],
  [
    "a KEK made from a password",
    async (on, key) => {
      const mech = {
        mechanism: ck.CKM_PKCS5_PBKD2,
        parameter: wire(ck.CKP_PKCS5_PBKD2_HMAC_SHA256, 1000, 8, 4, new Uint8Array(8), new Uint8Array(4)),
      };
      const make = async (right: number) => {
        const template = new Map([...AES_TEMPLATE, ...only(right)]);
        return ck.sealedBytes((await on.generateKey({ mech, template })).key);
      };
      return wrapAndDecrypt(on, key, await make(ck.CKA_WRAP), await make(ck.CKA_DECRYPT));
    },
  ],
  [
    "a KEK with an imported value",
    async (on, key) => {
      const outer = await rsa(on, [ck.CKA_WRAP], [ck.CKA_UNWRAP]);
      const value = new Uint8Array(16).fill(7);
      const mech = {
        ...rsaAes,
        mechanism: ck.CKM_RSA_PKCS_OAEP,
        parameter: wire(ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 0),
      };
      const { ciphered } = await on.encryptSingle({ mech, key: outer.pub, plain: value });
      const bring = async (right: number) => {
        const template = new Map([...AES_TEMPLATE, ...only(right)]);
        const unwrapped = await on.unwrapKey({ mech, wrapped: ciphered, kek: outer.priv, template });
        return ck.sealedBytes(unwrapped.unwrapped);
      };
      return wrapAndDecrypt(on, key, await bring(ck.CKA_WRAP), await bring(ck.CKA_DECRYPT));
    },
  ],
  [
    "the caller's own RSA key, imported with CKA_WRAP",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [ck.CKA_DECRYPT]);
      const imported = await on.unwrapKey({
        mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
        wrapped: pub.slice(0, -128),
        kek: new Uint8Array(0),
        template: new Map([[ck.CKA_WRAP, true]]),
      });
      return wrapAndOpen(on, key, ck.sealedBytes(imported.unwrapped), priv);
    },
  ],
  [
    "a pair whose public half wraps while the private half decrypts",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [ck.CKA_WRAP], [ck.CKA_DECRYPT]);
      return wrapAndOpen(on, key, pub, priv);
    },
  ],
  [
    "a pair whose public half wraps later",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [ck.CKA_DECRYPT]);
      return wrapAndOpen(on, key, await change(on, pub, [ck.CKA_WRAP, true]), priv);
    },
  ],
  [
    "a pair whose private half decrypts later",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [ck.CKA_WRAP], []);
      return wrapAndOpen(on, key, pub, await change(on, priv, [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "a pair that exchanges unwrapping for decrypting",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [ck.CKA_WRAP], [ck.CKA_UNWRAP]);
      return wrapAndOpen(on, key, pub, await change(on, priv, [ck.CKA_UNWRAP, false], [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "a signing pair that decrypts later, and whose public half wraps",
    async (on, key) => {
      const { pub, priv } = await rsa(on, [], [ck.CKA_SIGN]);
      const decrypts = await change(on, priv, [ck.CKA_SIGN, false], [ck.CKA_DECRYPT, true]);
      return wrapAndOpen(on, key, await change(on, pub, [ck.CKA_WRAP, true]), decrypts);
    },
  ],
  [
    "the public half of a private key that had no rights and then unwraps",
    async (on, key) => {
      const { priv } = await rsa(on, [], []);
      const object = await change(on, priv, [ck.CKA_UNWRAP, true]);
      const attributes = [ck.CKA_IBM_MACED_PUBLIC_KEY_INFO];
      const response = await on.getAttributeValue({ object, attributes });
      const pub = response.attributes.get(ck.CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array;
      return wrapAndOpen(on, key, pub, await change(on, priv, [ck.CKA_DECRYPT, true]));
    },
  ],
  [
    "a copy of which one more byte each time becomes part of a key whose other bytes are known",
    async (on, key) => {
      const outer = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_UNWRAP));
      const { wrapped } = await on.wrapKey({ mech: kwp, key, kek: outer });
      const template = new Map<number, ck.AttributeValue>([
        [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
        [ck.CKA_IBM_USE_AS_DATA, true],
        EXTRACTABLE,
      ]);
      const blob = ck.sealedBytes((await on.unwrapKey({ mech: kwp, wrapped, kek: outer, template })).unwrapped);
      const found: number[] = [];
      while (found.length < opened(blob).value.length) found.push(await nextByte(on, blob, found));
      return Uint8Array.from(found);
    },
  ],
];

/**
 * Returns the byte that follows the bytes `found` in the secret of `blob`. Derives a key from two secrets: the shared secret
 * of a KEM, which this test knows because it made the KEM key pair, and the beginning of the secret of `blob`. Only the last
 * byte of the derived key is then unknown, and 256 guesses find it.
 */
async function nextByte(on: Engine, blob: Uint8Array, found: readonly number[]): Promise<number> {
  const own = generatePqcKeyPair(pqcSet("kyber-768"), randomBytes);
  const imported = await on.unwrapKey({
    mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
    wrapped: encodePublicKey(own),
    kek: new Uint8Array(0),
    template: new Map([[ck.CKA_DERIVE, true]]),
  });
  const none = new Uint8Array(0);
  const { newKey, checkSum } = await on.deriveKey({
    mech: {
      mechanism: ck.CKM_IBM_KYBER,
      parameter: {
        ...{ type: "KyberKEMParm", version: 0, mode: ck.CK_IBM_ML_KEM_ENCAPSULATE, kdf: ck.CKD_IBM_HYBRID_NULL },
        ...{ prepend: true, cipherText: none, sharedData: none, blob },
      },
    },
    baseKey: imported.unwrapped,
    template: new Map([
      [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
      [ck.CKA_VALUE_LEN, 33 + found.length],
      ...only(ck.CKA_SIGN),
    ]),
  });
  const secret = kyberDecapsulate(KYBER["kyber-768"], own.privateKey, checkSum.subarray(-1088))!;
  const { signature } = await on.signSingle({ mech: { mechanism: ck.CKM_SHA256_HMAC }, privKey: newKey, data: none });
  const mac = (byte: number) => createHmac("sha256", Uint8Array.of(...secret, ...found, byte)).digest();
  return Array.from({ length: 256 }, (_, byte) => byte).findIndex((byte) => mac(byte).equals(signature));
}

describe.each(WAYS)("%s", (_name, way) => {
  const make = (on: Engine) => aes(on, ...only(ck.CKA_ENCRYPT, ck.CKA_DECRYPT), EXTRACTABLE);

  test("reveals no key under strict", async () => {
    const rv = await rvOfCall(way(strict, await make(strict)));
    expect([ck.CKR_FUNCTION_CANCELED, ck.CKR_KEY_NOT_WRAPPABLE]).toContain(rv);
  });

  test("reveals keys under hpcs, as in EP11", async () => {
    const key = await make(hpcs);
    expect(await way(hpcs, key)).toEqual(opened(key).value);
  });
});

test("RSA keys that could sign never decrypt under strict, and vice versa", async () => {
  const signer = await rsa(strict, [], [ck.CKA_SIGN]);
  const reader = await rsa(strict, [], [ck.CKA_DECRYPT]);
  for (const [key, from, to] of [
    [signer.priv, ck.CKA_SIGN, ck.CKA_DECRYPT],
    [reader.priv, ck.CKA_DECRYPT, ck.CKA_SIGN],
  ] as const) {
    expect(await rvOfCall(change(strict, key, [from, false], [to, true]))).toBe(ck.CKR_FUNCTION_CANCELED);
    const stripped = await change(strict, key, [from, false]);
    expect(await rvOfCall(change(strict, stripped, [to, true]))).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(opened(await change(strict, stripped, [from, true])).booleans).toBe(opened(key).booleans);
  }
});

test("what strict allows: keys are wrapped with KEKs that were made here, and KEKs are changed within their purpose", async () => {
  const key = await aes(strict, ...only(ck.CKA_ENCRYPT, ck.CKA_DECRYPT), EXTRACTABLE);
  const kek = await aes(strict, ...only(ck.CKA_WRAP));
  const both = await change(strict, kek, [ck.CKA_UNWRAP, true]);
  const { wrapped } = await strict.wrapKey({ mech: kwp, key, kek: both });
  const template = new Map([...AES_TEMPLATE, ...only(ck.CKA_DECRYPT)]);
  const { unwrapped } = await strict.unwrapKey({ mech: kwp, wrapped, kek: both, template });
  expect(opened(ck.sealedBytes(unwrapped)).value).toEqual(opened(key).value);
  const pair = await rsa(strict, [ck.CKA_WRAP], [ck.CKA_UNWRAP]);
  const { wrapped: under } = await strict.wrapKey({ mech: rsaAes, key, kek: pair.pub });
  expect(await rvOfCall(strict.unwrapKey({ mech: rsaAes, wrapped: under, kek: pair.priv, template }))).toBe(0);
  const response = await strict.getAttributeValue({
    object: pair.priv,
    attributes: [ck.CKA_IBM_MACED_PUBLIC_KEY_INFO],
  });
  const pub = response.attributes.get(ck.CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array;
  expect(await rvOfCall(strict.wrapKey({ mech: rsaAes, key, kek: pub }))).toBe(0);
});

test("EC pairs unwrap or derive under strict", async () => {
  const make = (pub: readonly number[], priv: readonly number[]) =>
    rvOfCall(
      strict.generateKeyPair({
        mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
        pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid], ...only(...pub)]),
        privKeyTemplate: new Map(only(...priv)),
      }),
    );
  expect(await make([ck.CKA_WRAP], [ck.CKA_UNWRAP])).toBe(0);
  expect(await make([ck.CKA_WRAP], [])).toBe(0);
  expect(await make([], [ck.CKA_DERIVE, ck.CKA_SIGN])).toBe(0);
  for (const right of [ck.CKA_DERIVE, ck.CKA_SIGN])
    expect(await make([ck.CKA_WRAP], [right])).toBe(ck.CKR_FUNCTION_CANCELED);
});

test.each([
  ["hpcs", hpcs],
  ["strict", strict],
])("%s: a key unwrapped with a trusted KEK still needs a trusted one", async (_name, on) => {
  const kek = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_UNWRAP));
  const trust = (key: Key) => ({ ...key, booleans: withBoolean(key.booleans, ck.CKA_TRUSTED, true) });
  const trusted = sealKey(MASTER_KEY, trust(opened(kek)), repeatableRandom());
  const key = await aes(on, ...only(ck.CKA_ENCRYPT), EXTRACTABLE, [ck.CKA_WRAP_WITH_TRUSTED, true]);
  const { wrapped } = await on.wrapKey({ mech: kwp, key, kek: trusted });
  const template: ck.Template = new Map([...AES_TEMPLATE, ...only(ck.CKA_ENCRYPT), EXTRACTABLE]);
  const { unwrapped } = await on.unwrapKey({ mech: kwp, wrapped, kek: trusted, template });
  expect(hasBoolean(opened(ck.sealedBytes(unwrapped)).booleans, ck.CKA_WRAP_WITH_TRUSTED)).toBe(true);
  expect(await rvOfCall(on.wrapKey({ mech: kwp, key: unwrapped, kek }))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
  const { unwrapped: free } = await on.unwrapKey({ mech: kwp, wrapped, kek, template });
  expect(hasBoolean(opened(ck.sealedBytes(free)).booleans, ck.CKA_WRAP_WITH_TRUSTED)).toBe(false);
});
