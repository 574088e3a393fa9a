/** Tests that a caller who has a blob cannot circumvent CKA_EXTRACTABLE false, CKA_WRAP_WITH_TRUSTED and CKA_IBM_ATTRBOUND. */
import { createHash, createHmac } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { openKey } from "../../src/blobs/key-blob.ts";
import { attributeBound } from "../../src/mechanisms/wrapping/attribute-bound.ts";
import { bitOf, hasBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { BLS12_381, P_256, SECP256K1 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { MASTER_KEY, repeatableRandom } from "../sealing.ts";
import { wire } from "../wire.ts";

const engine = testEngine();
const template = (...pairs: [number, ck.AttributeValue][]): ck.Template => new Map(pairs);
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };

async function generate(
  mechanism: number,
  wanted: ck.Template,
  parameter: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array> {
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism, parameter }, template: wanted })).key);
}

const kek = await generate(
  ck.CKM_AES_KEY_GEN,
  template([ck.CKA_VALUE_LEN, 32], [ck.CKA_WRAP, true], [ck.CKA_UNWRAP, true]),
);

const wrap = (key: Uint8Array | ck.KeyBlob) => engine.wrapKey({ mech: cbcPad, key, kek });

/** Imports a key whose value the caller knows. */
async function bring(value: Uint8Array, wanted: ck.Template): Promise<Uint8Array> {
  const { ciphered } = await engine.encryptSingle({ mech: cbcPad, key: kek, plain: value });
  return ck.sealedBytes((await engine.unwrapKey({ mech: cbcPad, wrapped: ciphered, kek, template: wanted })).unwrapped);
}

/** Returns the opened key of a blob. */
function opened(blob: Uint8Array | ck.KeyBlob): Key {
  const keyring = {
    generation: 0,
    sealingKey: () => MASTER_KEY,
    openingKey: () => MASTER_KEY,
    nextCommittedKey: () => undefined,
  };
  return openKey(keyring, ck.sealedBytes(blob));
}

describe("a key that is not extractable", () => {
  test("cannot be digested, because its HMACs could be computed from the digest", async () => {
    const long = await generate(
      ck.CKM_GENERIC_SECRET_KEY_GEN,
      template([ck.CKA_VALUE_LEN, 65], [ck.CKA_EXTRACTABLE, false]),
    );
    const changes = template([ck.CKA_DERIVE, true], [ck.CKA_IBM_USE_AS_DATA, true]);
    const { object } = await engine.setAttributeValue({ object: long, attributes: changes });
    const { state } = await engine.digestInit({ mech: { mechanism: ck.CKM_SHA256 } });
    expect(await rvOfCall(engine.digestKey({ state, key: object }))).toBe(ck.CKR_KEY_INDIGESTIBLE);
    const { newKey } = await engine.deriveKey({
      mech: { mechanism: ck.CKM_SHA256_KEY_DERIVATION },
      template: template([ck.CKA_EXTRACTABLE, true]),
      baseKey: object,
    });
    expect(await rvOfCall(wrap(newKey))).toBe(ck.CKR_KEY_UNEXTRACTABLE);
    // The caller could compute this MAC from the digest of the key, because the key is longer than a block of the hash.
    const data = new Uint8Array(5);
    const { signature } = await engine.signSingle({ mech: { mechanism: ck.CKM_SHA256_HMAC }, privKey: long, data });
    const digest = createHash("sha256").update(opened(long).value).digest();
    expect(signature).toEqual(new Uint8Array(createHmac("sha256", digest).update(data).digest()));
  });

  test("may be hashed into another key as long as HMAC would not use the digest in its place", async () => {
    const short = await generate(
      ck.CKM_GENERIC_SECRET_KEY_GEN,
      template([ck.CKA_VALUE_LEN, 64], [ck.CKA_EXTRACTABLE, false], [ck.CKA_DERIVE, true]),
    );
    const mech = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
    const { newKey } = await engine.deriveKey({ mech, template: new Map(), baseKey: short });
    expect(await rvOfCall(wrap(newKey))).toBe(0);
  });
});

describe("a part of a key that is not extractable", async () => {
  const NONE = new Uint8Array(0);
  const inside = await generate(ck.CKM_AES_KEY_GEN, template([ck.CKA_VALUE_LEN, 32], [ck.CKA_EXTRACTABLE, false]));
  const attributes = template([ck.CKA_IBM_USE_AS_DATA, true]);
  const { object: blob } = await engine.setAttributeValue({ object: inside, attributes });

  test("does not become a key of its own, nor the end of a key that starts with known bytes", async () => {
    const right = template([ck.CKA_DERIVE, true]);
    const mech = { mechanism: ck.CKM_IBM_KYBER };
    const { pubKey } = await engine.generateKeyPair({ mech, pubKeyTemplate: right, privKeyTemplate: right });
    const mix = (kdf: number, prepend: boolean, keyType: number, length: number) => {
      const parameter = { type: "KyberKEMParm", version: 0, mode: 1, cipherText: NONE, sharedData: NONE } as const;
      return engine.deriveKey({
        mech: { ...mech, parameter: { ...parameter, kdf, prepend, blob } },
        baseKey: pubKey,
        template: template([ck.CKA_KEY_TYPE, keyType], [ck.CKA_VALUE_LEN, length]),
      });
    };
    for (const kdf of [ck.CKD_NULL, ck.CKD_IBM_HYBRID_NULL]) {
      // The derived key would consist of a KEM secret that the caller may know and a few bytes of `blob`, which could be guessed.
      for (const length of [1, 2, 14, 63]) {
        const behind = mix(kdf, false, ck.CKK_GENERIC_SECRET, length);
        expect(await rvOfCall(behind)).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
      }
      for (const length of [33, 34, 63]) {
        expect(await rvOfCall(mix(kdf, true, ck.CKK_GENERIC_SECRET, length))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
      }
      // The halves of an XTS key work separately, and the first half is a complete AES key.
      expect(await rvOfCall(mix(kdf, false, ck.CKK_AES_XTS, 64))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
      expect(await rvOfCall(mix(kdf, false, ck.CKK_AES, 32))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
      const { newKey } = await mix(kdf, true, ck.CKK_GENERIC_SECRET, 64);
      expect(opened(newKey).value.subarray(32)).toEqual(opened(blob).value);
      expect(await rvOfCall(wrap(newKey))).toBe(ck.CKR_KEY_UNEXTRACTABLE);
    }
    const hashed = (length: number) => rvOfCall(mix(ck.CKD_IBM_HYBRID_SHA256_KDF, true, ck.CKK_GENERIC_SECRET, length));
    expect(await hashed(13)).toBe(ck.CKR_KEY_SIZE_RANGE);
    expect(await hashed(14)).toBe(0);
  });

  test("and parts of its digest or of a MAC with it are never short enough for exhaustive search", async () => {
    const right = template([ck.CKA_VALUE_LEN, 65], [ck.CKA_EXTRACTABLE, false], [ck.CKA_DERIVE, true]);
    const long = await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, right);
    const known = await bring(
      new Uint8Array(8),
      template([ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET], [ck.CKA_DERIVE, true]),
    );
    const extract = [1, ck.CKM_SHA256, 4, 0, blob.length, 0].flatMap((number) => [0, 0, number >> 8, number & 255]);
    const mechanisms = [
      [{ mechanism: ck.CKM_SHA256_KEY_DERIVATION }, long],
      [{ mechanism: ck.CKM_HKDF_DERIVE, parameter: Uint8Array.of(...extract, ...blob) }, known],
    ] as const;
    for (const [mech, baseKey] of mechanisms) {
      for (const [length, rv] of [
        [1, ck.CKR_KEY_SIZE_RANGE] as const,
        [13, ck.CKR_KEY_SIZE_RANGE] as const,
        [14, 0] as const,
      ]) {
        const derived = engine.deriveKey({ mech, baseKey, template: template([ck.CKA_VALUE_LEN, length]) });
        expect(await rvOfCall(derived)).toBe(rv);
      }
    }
  });
});

describe("a key that may be wrapped only with a trusted KEK", () => {
  test("cannot be changed to allow others", async () => {
    const careful = await generate(
      ck.CKM_AES_KEY_GEN,
      template([ck.CKA_VALUE_LEN, 16], [ck.CKA_WRAP_WITH_TRUSTED, true]),
    );
    expect(await rvOfCall(wrap(careful))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
    const attributes = template([ck.CKA_WRAP_WITH_TRUSTED, false]);
    expect(await rvOfCall(engine.setAttributeValue({ object: careful, attributes }))).toBe(ck.CKR_ATTRIBUTE_READ_ONLY);
    const { state } = await engine.digestInit({ mech: { mechanism: ck.CKM_SHA256 } });
    expect(await rvOfCall(engine.digestKey({ state, key: careful }))).toBe(ck.CKR_KEY_INDIGESTIBLE);
  });
});

describe("an attribute-bound key", () => {
  const BOUND = [ck.CKA_IBM_ATTRBOUND, true] as [number, boolean];

  test("is not wrapped with a KEK whose value was imported", async () => {
    const wanted = template([ck.CKA_KEY_TYPE, ck.CKK_AES], BOUND);
    expect(await rvOfCall(bring(new Uint8Array(32), wanted))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    const { pubKey } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: template([ck.CKA_EC_PARAMS, P_256.oid]),
      privKeyTemplate: new Map(),
    });
    const wrapped = ck.sealedBytes(pubKey).slice(0, -128);
    const request = (...wants: [number, boolean | number][]) => ({
      mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
      wrapped,
      kek: new Uint8Array(0),
      template: template(...wants),
    });
    const importAs = (...wants: [number, boolean | number][]) => rvOfCall(engine.unwrapKey(request(...wants)));
    expect(await importAs([ck.CKA_VERIFY, true])).toBe(0);
    expect(await importAs(BOUND)).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(await importAs([ck.CKA_CLASS, ck.CKO_SECRET_KEY])).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    expect(await importAs([ck.CKA_CLASS, ck.CKO_PUBLIC_KEY], [ck.CKA_KEY_TYPE, ck.CKK_EC])).toBe(0);
    const parameter = wire(ck.CKP_PKCS5_PBKD2_HMAC_SHA256, 1000, 8, 4, new Uint8Array(8), new Uint8Array(4));
    const fromPassword = generate(
      ck.CKM_PKCS5_PBKD2,
      template([ck.CKA_VALUE_LEN, 32], [ck.CKA_KEY_TYPE, ck.CKK_AES], BOUND),
      parameter,
    );
    expect(await rvOfCall(fromPassword)).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    const mech = { mechanism: ck.CKM_EC_KEY_PAIR_GEN };
    const pubKeyTemplate = template([ck.CKA_EC_PARAMS, BLS12_381.oid]);
    const point = ck.sealedBytes(
      (await engine.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate: new Map() })).pubKey,
    );
    const elements = { type: "ECAGGParm", version: 0, mode: 2, perElementSize: point.length, elements: point } as const;
    const sum = { mechanism: ck.CKM_IBM_EC_AGGREGATE, parameter: elements };
    const aggregate = engine.deriveKey({ mech: sum, template: template(BOUND), baseKey: new Uint8Array(0) });
    expect(await rvOfCall(aggregate)).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
  });

  test("is not revealed by an unbound key derived from it", async () => {
    const parent = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: template([ck.CKA_EC_PARAMS, SECP256K1.oid], BOUND),
      privKeyTemplate: template([ck.CKA_DERIVE, true], BOUND),
    });
    const child = (childKeyIndex: number, bound: boolean) => {
      const parameter = { type: "BTCDeriveParm", deriveType: ck.CK_IBM_BTC_BIP0032_PRV2PRV, version: 1 } as const;
      const mech = {
        mechanism: ck.CKM_IBM_BTC_DERIVE,
        parameter: { ...parameter, childKeyIndex, chainCode: new Uint8Array(32) },
      };
      return engine.deriveKey({ mech, baseKey: parent.privKey, template: template([ck.CKA_IBM_ATTRBOUND, bound]) });
    };
    expect(await rvOfCall(child(0, false))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    expect(await rvOfCall(wrap((await child(0, true)).newKey))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
    // A hardened child reveals nothing about its parent, so it need not be attribute-bound.
    expect(await rvOfCall(wrap((await child(2 ** 31, false)).newKey))).toBe(0);
  });

  test("does not become trusted or unbound through a MAC key that a caller knows", async () => {
    const wanted = template([ck.CKA_VALUE_LEN, 32], [ck.CKA_WRAP, true], [ck.CKA_UNWRAP, true], BOUND);
    const boundKek = await generate(ck.CKM_AES_KEY_GEN, wanted);
    const macKey = await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, template([ck.CKA_VALUE_LEN, 32], BOUND));
    const carry = async (...rights: number[]) => {
      const booleans = rights.reduce((word, attribute) => word | bitOf(attribute), 0x80000000);
      const forged = { ...opened(boundKek), value: new Uint8Array(32), booleans: booleans >>> 0 };
      const random = repeatableRandom();
      const wrapped = attributeBound.wrap!(opened(boundKek), undefined, forged, opened(macKey), random);
      const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
      const keyType = template([ck.CKA_KEY_TYPE, ck.CKK_AES]);
      return engine.unwrapKey({ mech, wrapped, kek: boundKek, macKey, template: keyType });
    };
    const { booleans } = opened(
      (await carry(ck.CKA_IBM_ATTRBOUND, ck.CKA_EXTRACTABLE, ck.CKA_TRUSTED, ck.CKA_WRAP)).unwrapped,
    );
    expect(hasBoolean(booleans, ck.CKA_TRUSTED)).toBe(false);
    expect(booleans).toBe(bitOf(ck.CKA_IBM_ATTRBOUND) | bitOf(ck.CKA_EXTRACTABLE) | bitOf(ck.CKA_WRAP));
    expect(await rvOfCall(carry(ck.CKA_EXTRACTABLE, ck.CKA_TRUSTED, ck.CKA_WRAP))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
    expect(await rvOfCall(carry(ck.CKA_IBM_ATTRBOUND, ck.CKA_WRAP))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
  });
});

test("a generic secret of less than 112 bits is not digested", async () => {
  const { state } = await engine.digestInit({ mech: { mechanism: ck.CKM_SHA256 } });
  const secretOf = (length: number) =>
    bring(new Uint8Array(length).fill(7), template([ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]));
  expect(await rvOfCall(engine.digestKey({ state, key: await secretOf(13) }))).toBe(ck.CKR_KEY_INDIGESTIBLE);
  const { state: digested } = await engine.digestKey({ state, key: await secretOf(14) });
  const expected = createHash("sha256").update(new Uint8Array(14).fill(7)).digest();
  expect((await engine.digestFinal({ state: digested })).digest).toEqual(new Uint8Array(expected));
});
