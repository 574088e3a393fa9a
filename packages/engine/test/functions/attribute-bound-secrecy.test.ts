/**
 * Tests that no function reveals the content key of an attribute-bound transport (docs/attribute-bound.md):
 * attribute-bound RSA keys do not decrypt data, and all other uses of the OAEP label of this format are refused.
 */
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, test } from "vitest";
import { openKey, sealKey } from "../../src/blobs/key-blob.ts";
import { withBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { adjustPolicy, HPCS_POLICY, type Policy, STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { MASTER_KEY, repeatableRandom } from "../sealing.ts";
import { wire } from "../wire.ts";

const BOUND: [number, ck.AttributeValue] = [ck.CKA_IBM_ATTRBOUND, true];
const LABEL = new TextEncoder().encode("grep11 attribute-bound encryption v1");
const oaep = (encodingParm?: Uint8Array) => ({
  mechanism: ck.CKM_RSA_PKCS_OAEP,
  parameter: {
    type: "RSAOAEPParm" as const,
    hashMech: ck.CKM_SHA256,
    mgf: ck.CKG_MGF1_SHA256,
    ...(encodingParm === undefined ? {} : { encodingParmType: 1, encodingParm }),
  },
});
const rsaAes = (label: Uint8Array) => ({
  mechanism: ck.CKM_RSA_AES_KEY_WRAP,
  parameter: Uint8Array.of(...wire(256, ck.CKM_SHA256, ck.CKG_MGF1_SHA256, 1), ...label),
});
const POLICIES: readonly (readonly [string, Policy])[] = [HPCS_POLICY, STRICT_POLICY].map((policy) => [
  policy.name,
  policy,
]);

/** Returns the blob of a changed key, as an older engine may have sealed it. */
function resealed(blob: Uint8Array, change: (key: Key) => Key): Uint8Array {
  const keyring = {
    generation: 0,
    sealingKey: () => MASTER_KEY,
    openingKey: () => MASTER_KEY,
    nextCommittedKey: () => undefined,
  };
  return sealKey(MASTER_KEY, change(openKey(keyring, blob)), repeatableRandom());
}

describe.each(POLICIES)("%s", (_name, policy) => {
  const engine = testEngine({ policy });
  let pub: Uint8Array;
  let priv: Uint8Array;
  let encapsulated: Uint8Array;
  let wrapped: Uint8Array;
  let macKey: Uint8Array;

  const pairOf = async (pubRights: [number, ck.AttributeValue][], privRights: [number, ck.AttributeValue][]) => {
    const { pubKey, privKey } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[ck.CKA_MODULUS_BITS, 2048], ...pubRights]),
      privKeyTemplate: new Map(privRights),
    });
    return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
  };
  /** Makes a secret with 112 bits of strength, so that RSA-2048 may wrap it under every policy. */
  const secretOf = async (...attributes: [number, ck.AttributeValue][]) => {
    const template = new Map([[ck.CKA_VALUE_LEN, 14], [ck.CKA_SIGN, true], ...attributes]);
    return ck.sealedBytes(
      (await engine.generateKey({ mech: { mechanism: ck.CKM_GENERIC_SECRET_KEY_GEN }, template })).key,
    );
  };

  beforeAll(async () => {
    ({ pub, priv } = await pairOf([[ck.CKA_WRAP, true], BOUND], [[ck.CKA_UNWRAP, true], [ck.CKA_SIGN, false], BOUND]));
    const key = await secretOf([ck.CKA_EXTRACTABLE, true], BOUND);
    macKey = await secretOf(BOUND);
    const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
    ({ wrapped } = await engine.wrapKey({ mech, key, kek: pub, macKey }));
    encapsulated = wrapped.slice(16, 16 + 256);
  });

  /** Returns the private key with CKA_DECRYPT, as older engines sealed it. */
  const withDecrypt = () =>
    resealed(priv, (key) => ({ ...key, booleans: withBoolean(key.booleans, ck.CKA_DECRYPT, true) }));

  test("a bound RSA key is made without CKA_DECRYPT, whatever the template asks", async () => {
    for (const rights of [[], [[ck.CKA_DECRYPT, true]]] as [number, ck.AttributeValue][][]) {
      if (policy === STRICT_POLICY && rights.length === 0) continue;
      const made = await pairOf([BOUND], [...rights, [ck.CKA_SIGN, false], BOUND]);
      const { attributes } = await engine.getAttributeValue({ object: made.priv, attributes: [ck.CKA_DECRYPT] });
      expect(attributes.get(ck.CKA_DECRYPT)).toBe(false);
      const { ciphered } = await engine.encryptSingle({ mech: oaep(), key: made.pub, plain: Uint8Array.of(1) });
      const decrypted = engine.decryptSingle({ mech: oaep(), key: made.priv, ciphered });
      expect(await rvOfCall(decrypted)).toBe(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
  });

  test("a bound RSA key does not get CKA_DECRYPT later", async () => {
    const attributes = new Map([[ck.CKA_DECRYPT, true]]);
    expect(await rvOfCall(engine.setAttributeValue({ object: priv, attributes }))).toBe(ck.CKR_ATTRIBUTE_READ_ONLY);
    const other = new Map([
      [ck.CKA_UNWRAP, false],
      [ck.CKA_DECRYPT, true],
    ]);
    expect(await rvOfCall(engine.setAttributeValue({ object: priv, attributes: other }))).toBe(
      ck.CKR_ATTRIBUTE_READ_ONLY,
    );
  });

  test("a bound RSA key of an older blob unwraps, but does not decrypt", async () => {
    const key = withDecrypt();
    const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]]);
    const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
    if (policy === HPCS_POLICY) {
      expect(await rvOfCall(engine.unwrapKey({ mech, wrapped, kek: key, macKey, template }))).toBe(0);
    }
    const { pubKey: other } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[ck.CKA_MODULUS_BITS, 2048]]),
      privKeyTemplate: new Map([[ck.CKA_SIGN, true]]),
    });
    const refused = policy === HPCS_POLICY ? ck.CKR_KEY_FUNCTION_NOT_PERMITTED : expect.any(Number);
    const calls = [
      () => engine.decryptSingle({ mech: oaep(), key, ciphered: encapsulated }),
      () => engine.decryptInit({ mech: oaep(), key }),
      () =>
        engine.reencryptSingle({
          decMech: oaep(),
          decKey: key,
          encMech: oaep(),
          encKey: other,
          ciphered: encapsulated,
        }),
    ];
    for (const call of calls) {
      const rv = await rvOfCall(call());
      expect(rv).toEqual(refused);
      expect(rv).not.toBe(0);
    }
  });

  test("the label of the content key is refused everywhere else", async () => {
    const crypt = await pairOf(
      [[ck.CKA_ENCRYPT, true]],
      [
        [ck.CKA_DECRYPT, true],
        [ck.CKA_SIGN, false],
      ],
    );
    const kek = await pairOf(
      [[ck.CKA_WRAP, true]],
      [
        [ck.CKA_UNWRAP, true],
        [ck.CKA_SIGN, false],
        [ck.CKA_DECRYPT, false],
      ],
    );
    const key = await secretOf([ck.CKA_EXTRACTABLE, true]);
    const mech = oaep(LABEL);
    const ciphered = encapsulated;
    const template = new Map<number, ck.AttributeValue>([
      [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
      [ck.CKA_VALUE_LEN, 14],
    ]);
    const calls = [
      () => engine.decryptSingle({ mech, key: crypt.priv, ciphered }),
      () => engine.decryptInit({ mech, key: crypt.priv }),
      () => engine.reencryptSingle({ decMech: mech, decKey: crypt.priv, encMech: oaep(), encKey: crypt.pub, ciphered }),
      () => engine.unwrapKey({ mech, wrapped: ciphered, kek: kek.priv, template }),
      () => engine.unwrapKey({ mech: rsaAes(LABEL), wrapped: new Uint8Array(256 + 24), kek: kek.priv, template }),
      () => engine.wrapKey({ mech, key, kek: kek.pub }),
      () => engine.wrapKey({ mech: rsaAes(LABEL), key, kek: kek.pub }),
    ];
    for (const call of calls) expect(await rvOfCall(call())).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
    const almost = LABEL.slice(1);
    const { wrapped: fine } = await engine.wrapKey({ mech: oaep(almost), key, kek: kek.pub });
    expect(await rvOfCall(engine.unwrapKey({ mech: oaep(almost), wrapped: fine, kek: kek.priv, template }))).toBe(0);
  });
});

test("a bound RSA key does not do raw RSA, which would undo OAEP, even if the policy has it", async () => {
  const engine = testEngine({ policy: adjustPolicy(HPCS_POLICY, "raw", { on: [ck.XCP_CPB_ALG_RAW_RSA] }) });
  const make = async (bound: boolean) => {
    const { privKey } = await engine.generateKeyPair({
      mech: { mechanism: ck.CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map<number, ck.AttributeValue>([
        [ck.CKA_MODULUS_BITS, 2048],
        [ck.CKA_IBM_ATTRBOUND, bound],
      ]),
      privKeyTemplate: new Map([
        [ck.CKA_SIGN, true],
        [ck.CKA_IBM_ATTRBOUND, bound],
      ]),
    });
    return privKey;
  };
  const raw = { mechanism: ck.CKM_RSA_X_509 };
  const data = new Uint8Array(16).fill(7);
  expect(await rvOfCall(engine.signSingle({ mech: raw, privKey: await make(false), data }))).toBe(0);
  const bound = await make(true);
  expect(await rvOfCall(engine.signSingle({ mech: raw, privKey: bound, data }))).toBe(
    ck.CKR_KEY_FUNCTION_NOT_PERMITTED,
  );
  expect(await rvOfCall(engine.signSingle({ mech: { mechanism: ck.CKM_RSA_PKCS }, privKey: bound, data }))).toBe(0);
});

test("a secret KEK that also decrypts does not reveal a content key: it is a hash that no mechanism computes", async () => {
  const engine = testEngine();
  const template = (...rights: number[]): Map<number, ck.AttributeValue> =>
    new Map<number, ck.AttributeValue>([
      [ck.CKA_VALUE_LEN, 32],
      BOUND,
      ...rights.map((right) => [right, true] as const),
    ]);
  const generate = async (mechanism: number, ...rights: number[]) =>
    ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template: template(...rights) })).key);
  const kek = await generate(ck.CKM_AES_KEY_GEN, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DECRYPT);
  const key = await generate(ck.CKM_AES_KEY_GEN, ck.CKA_EXTRACTABLE);
  const macKey = await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, ck.CKA_SIGN);
  const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
  const { wrapped } = await engine.wrapKey({ mech, key, kek, macKey });
  const cbc = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
  const encrypted = wrapped.subarray(48, 48 + 48);
  const found = await engine.decryptSingle({ mech: cbc, key: kek, ciphered: encrypted }).catch(() => undefined);
  const keyring = {
    generation: 0,
    sealingKey: () => MASTER_KEY,
    openingKey: () => MASTER_KEY,
    nextCommittedKey: () => undefined,
  };
  const { value } = openKey(keyring, key);
  expect(Buffer.from(found?.plain ?? new Uint8Array(0)).includes(Buffer.from(value))).toBe(false);
});
