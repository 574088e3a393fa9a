/**
 * Tests PKCS #11 v3.2 names for what EP11 calls differently: CKA_ENCAPSULATE, CKA_DECAPSULATE, and key types of curve
 * families.
 */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { ED25519, P_256, X25519 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";

const engine = testEngine();
type Attributes = readonly (readonly [number, ck.AttributeValue])[];
const templateOf = (...attributes: Attributes): ck.Template => new Map(attributes);

const pairOf = async (mechanism: number, pub: Attributes, priv: Attributes) => {
  const templates = { pubKeyTemplate: templateOf(...pub), privKeyTemplate: templateOf(...priv) };
  const { pubKey, privKey } = await engine.generateKeyPair({ mech: { mechanism }, ...templates });
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
};
const kemPair = (pub: Attributes, priv: Attributes) =>
  pairOf(
    ck.CKM_ML_KEM_KEY_PAIR_GEN,
    [[ck.CKA_KEY_TYPE, ck.CKK_ML_KEM], [ck.CKA_PARAMETER_SET, ck.CKP_ML_KEM_768], ...pub],
    priv,
  );

const kem = (mode: number, cipherText: Uint8Array = new Uint8Array(0)): ck.Mechanism => {
  const nothing = { kdf: ck.CKD_NULL, prepend: false, sharedData: new Uint8Array(0), blob: new Uint8Array(0) };
  const parameter = { type: "KyberKEMParm", version: ck.CK_IBM_ML_KEM_VERSION, mode, cipherText, ...nothing } as const;
  return { mechanism: ck.CKM_IBM_ML_KEM, parameter };
};

const secret = templateOf([ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET], [ck.CKA_VALUE_LEN, 32]);
const encapsulate = (baseKey: Uint8Array) =>
  engine.deriveKey({ mech: kem(ck.CK_IBM_ML_KEM_ENCAPSULATE), baseKey, template: secret });
const read = async (object: Uint8Array, ...attributes: number[]) =>
  Array.from((await engine.getAttributeValue({ object, attributes })).attributes.values());
const change = async (object: Uint8Array, ...attributes: Attributes) =>
  ck.sealedBytes((await engine.setAttributeValue({ object, attributes: templateOf(...attributes) })).object);

test("CKA_ENCAPSULATE and CKA_DECAPSULATE are CKA_DERIVE of the halves of a KEM", async () => {
  const { pub, priv } = await kemPair([[ck.CKA_ENCAPSULATE, true]], [[ck.CKA_DECAPSULATE, true]]);
  const sent = await encapsulate(pub);
  const cipherText = sent.checkSum.subarray(7);
  const got = await engine.deriveKey({
    mech: kem(ck.CK_IBM_ML_KEM_DECAPSULATE, cipherText),
    baseKey: priv,
    template: secret,
  });
  expect(got.checkSum).toEqual(sent.checkSum.subarray(0, 7));
  expect(await read(pub, ck.CKA_ENCAPSULATE, ck.CKA_DERIVE)).toEqual([true, true]);
  expect(await read(priv, ck.CKA_DECAPSULATE, ck.CKA_DERIVE)).toEqual([true, true]);
  const derived = await kemPair([[ck.CKA_DERIVE, true]], [[ck.CKA_DECAPSULATE, false]]);
  expect(await read(derived.pub, ck.CKA_ENCAPSULATE)).toEqual([true]);
  expect(await read(derived.priv, ck.CKA_DECAPSULATE, ck.CKA_DERIVE)).toEqual([false, false]);
  for (const [object, other] of [
    [pub, ck.CKA_DECAPSULATE],
    [priv, ck.CKA_ENCAPSULATE],
  ] as const) {
    expect(await rvOfCall(read(object, other))).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
  }
});

test("two names of one right must not have different values", async () => {
  const contradiction: Attributes = [
    [ck.CKA_ENCAPSULATE, true],
    [ck.CKA_DERIVE, false],
    [ck.CKA_DECAPSULATE, true],
  ];
  expect(await rvOfCall(kemPair(contradiction, []))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
  expect(await rvOfCall(kemPair([], contradiction))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
  const { pub, priv } = await kemPair(
    [
      [ck.CKA_ENCAPSULATE, true],
      [ck.CKA_DERIVE, true],
    ],
    [],
  );
  expect(await rvOfCall(change(pub, ...contradiction.slice(0, 2)))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
  expect(await rvOfCall(change(priv, ...contradiction.slice(1)))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
});

test("SetAttributeValue changes the right under both names", async () => {
  const { pub, priv } = await kemPair([[ck.CKA_ENCAPSULATE, true]], [[ck.CKA_MODIFIABLE, false]]);
  const without = await change(pub, [ck.CKA_ENCAPSULATE, false]);
  expect(await read(without, ck.CKA_ENCAPSULATE, ck.CKA_DERIVE)).toEqual([false, false]);
  expect(await rvOfCall(encapsulate(without))).toBe(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
  expect(await rvOfCall(encapsulate(await change(without, [ck.CKA_DERIVE, true])))).toBe(0);
  expect(await rvOfCall(change(priv, [ck.CKA_DECAPSULATE, true]))).toBe(ck.CKR_ACTION_PROHIBITED);
  expect(await rvOfCall(change(priv, [ck.CKA_DECAPSULATE, false]))).toBe(0);
  expect(await rvOfCall(change(pub, [ck.CKA_DECAPSULATE, true]))).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
  const ec = await pairOf(ck.CKM_EC_KEY_PAIR_GEN, [[ck.CKA_EC_PARAMS, P_256.oid]], [[ck.CKA_DECAPSULATE, true]]);
  expect(await read(ec.priv, ck.CKA_DERIVE)).toEqual([false]);
  expect(await rvOfCall(change(ec.priv, [ck.CKA_DECAPSULATE, true]))).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
});

test.each([
  ["P-256", ck.CKM_EC_KEY_PAIR_GEN, P_256, [ck.CKK_EC]],
  ["Ed25519", ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519, [ck.CKK_EC, ck.CKK_EC_EDWARDS]],
  ["X25519", ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, [ck.CKK_EC, ck.CKK_EC_MONTGOMERY]],
] as const)("a key on %s cannot have the key type of other curves", async (_name, mechanism, { oid }, fitting) => {
  const params = [ck.CKA_EC_PARAMS, oid] as const;
  const { pub, priv } = await pairOf(mechanism, [params], []);
  const [spki] = await read(pub, ck.CKA_PUBLIC_KEY_INFO);
  const kekTemplate = templateOf([ck.CKA_VALUE_LEN, 32], [ck.CKA_WRAP, true], [ck.CKA_UNWRAP, true]);
  const made = await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: kekTemplate });
  const kek = ck.sealedBytes(made.key);
  const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
  const { wrapped } = await engine.wrapKey({ mech: cbcPad, key: priv, kek });
  for (const keyType of [ck.CKK_EC, ck.CKK_EC_EDWARDS, ck.CKK_EC_MONTGOMERY]) {
    const type = [ck.CKA_KEY_TYPE, keyType] as const;
    const template = templateOf(type);
    const rvs = await Promise.all(
      [
        pairOf(mechanism, [params, type], []),
        pairOf(mechanism, [params], [type]),
        engine.unwrapKey({ mech: cbcPad, wrapped, kek, template }),
        engine.unwrapKey({ mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY }, wrapped: spki as Uint8Array, template }),
        engine.deriveKey({ mech: { mechanism: ck.CKM_PUB_KEY_FROM_PRIV_KEY }, baseKey: priv, template }),
      ].map(rvOfCall),
    );
    const expected = (fitting as readonly number[]).includes(keyType) ? 0 : ck.CKR_TEMPLATE_INCONSISTENT;
    expect([keyType, rvs]).toEqual([keyType, rvs.map(() => expected)]);
  }
});
