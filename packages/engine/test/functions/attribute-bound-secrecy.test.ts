/**
 * The content key of an attribute-bound transport (docs/attribute-bound.md) comes out of no other function: RSA keys that
 * are bound do not decrypt, and the OAEP label of the format belongs to the format.
 */
import {
  type AttributeValue,
  CKA_DECRYPT,
  CKA_ENCRYPT,
  CKA_EXTRACTABLE,
  CKA_IBM_ATTRBOUND,
  CKA_KEY_TYPE,
  CKA_MODULUS_BITS,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_WRAP,
  CKG_MGF1_SHA256,
  CKK_GENERIC_SECRET,
  CKM_AES_CBC_PAD,
  CKM_AES_KEY_GEN,
  CKM_GENERIC_SECRET_KEY_GEN,
  CKM_IBM_ATTRIBUTEBOUND_WRAP,
  CKM_RSA_AES_KEY_WRAP,
  CKM_RSA_PKCS,
  CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_RSA_PKCS_OAEP,
  CKM_RSA_X_509,
  CKM_SHA256,
  CKR_ATTRIBUTE_READ_ONLY,
  CKR_KEY_FUNCTION_NOT_PERMITTED,
  CKR_MECHANISM_PARAM_INVALID,
  sealedBytes,
  XCP_CPB_ALG_RAW_RSA,
} from "@grep11/cryptoki";
import { beforeAll, describe, expect, test } from "vitest";
import { openKey, sealKey } from "../../src/blobs/key-blob.ts";
import { withBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { adjustPolicy, HPCS_POLICY, type Policy, STRICT_POLICY } from "../../src/objects/policy.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { MASTER_KEY, repeatableRandom } from "../sealing.ts";
import { wire } from "../wire.ts";

const BOUND: [number, AttributeValue] = [CKA_IBM_ATTRBOUND, true];
const LABEL = new TextEncoder().encode("grep11 attribute-bound encryption v1");
const oaep = (encodingParm?: Uint8Array) => ({
  mechanism: CKM_RSA_PKCS_OAEP,
  parameter: {
    type: "RSAOAEPParm" as const,
    hashMech: CKM_SHA256,
    mgf: CKG_MGF1_SHA256,
    ...(encodingParm === undefined ? {} : { encodingParmType: 1, encodingParm }),
  },
});
const rsaAes = (label: Uint8Array) => ({
  mechanism: CKM_RSA_AES_KEY_WRAP,
  parameter: Uint8Array.of(...wire(256, CKM_SHA256, CKG_MGF1_SHA256, 1), ...label),
});
const POLICIES: readonly (readonly [string, Policy])[] = [HPCS_POLICY, STRICT_POLICY].map((policy) => [
  policy.name,
  policy,
]);

/** A key with its rights as the engine of another time sealed it. */
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

  const pairOf = async (pubRights: [number, AttributeValue][], privRights: [number, AttributeValue][]) => {
    const { pubKey, privKey } = await engine.generateKeyPair({
      mech: { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[CKA_MODULUS_BITS, 2048], ...pubRights]),
      privKeyTemplate: new Map(privRights),
    });
    return { pub: sealedBytes(pubKey), priv: sealedBytes(privKey) };
  };
  /** Of 112 bits, so that RSA-2048 may carry it under every policy. */
  const secretOf = async (...attributes: [number, AttributeValue][]) => {
    const template = new Map([[CKA_VALUE_LEN, 14], [CKA_SIGN, true], ...attributes]);
    return sealedBytes((await engine.generateKey({ mech: { mechanism: CKM_GENERIC_SECRET_KEY_GEN }, template })).key);
  };

  beforeAll(async () => {
    ({ pub, priv } = await pairOf([[CKA_WRAP, true], BOUND], [[CKA_UNWRAP, true], [CKA_SIGN, false], BOUND]));
    const key = await secretOf([CKA_EXTRACTABLE, true], BOUND);
    macKey = await secretOf(BOUND);
    const mech = { mechanism: CKM_IBM_ATTRIBUTEBOUND_WRAP };
    ({ wrapped } = await engine.wrapKey({ mech, key, kek: pub, macKey }));
    encapsulated = wrapped.slice(16, 16 + 256);
  });

  /** The private key with CKA_DECRYPT, as engines sealed it that knew no better. */
  const withDecrypt = () =>
    resealed(priv, (key) => ({ ...key, booleans: withBoolean(key.booleans, CKA_DECRYPT, true) }));

  test("a bound RSA key is made without CKA_DECRYPT, whatever is asked", async () => {
    for (const rights of [[], [[CKA_DECRYPT, true]]] as [number, AttributeValue][][]) {
      if (policy === STRICT_POLICY && rights.length === 0) continue;
      const made = await pairOf([BOUND], [...rights, [CKA_SIGN, false], BOUND]);
      const { attributes } = await engine.getAttributeValue({ object: made.priv, attributes: [CKA_DECRYPT] });
      expect(attributes.get(CKA_DECRYPT)).toBe(false);
      const { ciphered } = await engine.encryptSingle({ mech: oaep(), key: made.pub, plain: Uint8Array.of(1) });
      const decrypted = engine.decryptSingle({ mech: oaep(), key: made.priv, ciphered });
      expect(await rvOfCall(decrypted)).toBe(CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
  });

  test("a bound RSA key gets no CKA_DECRYPT later", async () => {
    const attributes = new Map([[CKA_DECRYPT, true]]);
    expect(await rvOfCall(engine.setAttributeValue({ object: priv, attributes }))).toBe(CKR_ATTRIBUTE_READ_ONLY);
    const other = new Map([
      [CKA_UNWRAP, false],
      [CKA_DECRYPT, true],
    ]);
    expect(await rvOfCall(engine.setAttributeValue({ object: priv, attributes: other }))).toBe(CKR_ATTRIBUTE_READ_ONLY);
  });

  test("a bound RSA key of an older blob unwraps, and decrypts in no way", async () => {
    const key = withDecrypt();
    const template = new Map([[CKA_KEY_TYPE, CKK_GENERIC_SECRET]]);
    const mech = { mechanism: CKM_IBM_ATTRIBUTEBOUND_WRAP };
    if (policy === HPCS_POLICY) {
      expect(await rvOfCall(engine.unwrapKey({ mech, wrapped, kek: key, macKey, template }))).toBe(0);
    }
    const { pubKey: other } = await engine.generateKeyPair({
      mech: { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[CKA_MODULUS_BITS, 2048]]),
      privKeyTemplate: new Map([[CKA_SIGN, true]]),
    });
    const refused = policy === HPCS_POLICY ? CKR_KEY_FUNCTION_NOT_PERMITTED : expect.any(Number);
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
      [[CKA_ENCRYPT, true]],
      [
        [CKA_DECRYPT, true],
        [CKA_SIGN, false],
      ],
    );
    const kek = await pairOf(
      [[CKA_WRAP, true]],
      [
        [CKA_UNWRAP, true],
        [CKA_SIGN, false],
        [CKA_DECRYPT, false],
      ],
    );
    const key = await secretOf([CKA_EXTRACTABLE, true]);
    const mech = oaep(LABEL);
    const ciphered = encapsulated;
    const template = new Map<number, AttributeValue>([
      [CKA_KEY_TYPE, CKK_GENERIC_SECRET],
      [CKA_VALUE_LEN, 14],
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
    for (const call of calls) expect(await rvOfCall(call())).toBe(CKR_MECHANISM_PARAM_INVALID);
    const almost = LABEL.slice(1);
    const { wrapped: fine } = await engine.wrapKey({ mech: oaep(almost), key, kek: kek.pub });
    expect(await rvOfCall(engine.unwrapKey({ mech: oaep(almost), wrapped: fine, kek: kek.priv, template }))).toBe(0);
  });
});

test("a bound RSA key does no raw RSA, which would undo OAEP, where a policy has it", async () => {
  const engine = testEngine({ policy: adjustPolicy(HPCS_POLICY, "raw", { on: [XCP_CPB_ALG_RAW_RSA] }) });
  const make = async (bound: boolean) => {
    const { privKey } = await engine.generateKeyPair({
      mech: { mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN },
      pubKeyTemplate: new Map<number, AttributeValue>([
        [CKA_MODULUS_BITS, 2048],
        [CKA_IBM_ATTRBOUND, bound],
      ]),
      privKeyTemplate: new Map([
        [CKA_SIGN, true],
        [CKA_IBM_ATTRBOUND, bound],
      ]),
    });
    return privKey;
  };
  const raw = { mechanism: CKM_RSA_X_509 };
  const data = new Uint8Array(16).fill(7);
  expect(await rvOfCall(engine.signSingle({ mech: raw, privKey: await make(false), data }))).toBe(0);
  const bound = await make(true);
  expect(await rvOfCall(engine.signSingle({ mech: raw, privKey: bound, data }))).toBe(CKR_KEY_FUNCTION_NOT_PERMITTED);
  expect(await rvOfCall(engine.signSingle({ mech: { mechanism: CKM_RSA_PKCS }, privKey: bound, data }))).toBe(0);
});

test("a secret KEK that also decrypts gives no content key away: it is a hash no mechanism computes", async () => {
  const engine = testEngine();
  const template = (...rights: number[]): Map<number, AttributeValue> =>
    new Map<number, AttributeValue>([[CKA_VALUE_LEN, 32], BOUND, ...rights.map((right) => [right, true] as const)]);
  const generate = async (mechanism: number, ...rights: number[]) =>
    sealedBytes((await engine.generateKey({ mech: { mechanism }, template: template(...rights) })).key);
  const kek = await generate(CKM_AES_KEY_GEN, CKA_WRAP, CKA_UNWRAP, CKA_DECRYPT);
  const key = await generate(CKM_AES_KEY_GEN, CKA_EXTRACTABLE);
  const macKey = await generate(CKM_GENERIC_SECRET_KEY_GEN, CKA_SIGN);
  const mech = { mechanism: CKM_IBM_ATTRIBUTEBOUND_WRAP };
  const { wrapped } = await engine.wrapKey({ mech, key, kek, macKey });
  const cbc = { mechanism: CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
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
