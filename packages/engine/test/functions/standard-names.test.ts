/** Names of PKCS #11 v3.2 that EP11 has under others: CKA_ENCAPSULATE and CKA_DECAPSULATE, key types of families of curves. */
import {
  type AttributeValue,
  CK_IBM_ML_KEM_DECAPSULATE,
  CK_IBM_ML_KEM_ENCAPSULATE,
  CK_IBM_ML_KEM_VERSION,
  CKA_DECAPSULATE,
  CKA_DERIVE,
  CKA_EC_PARAMS,
  CKA_ENCAPSULATE,
  CKA_KEY_TYPE,
  CKA_MODIFIABLE,
  CKA_PARAMETER_SET,
  CKA_PUBLIC_KEY_INFO,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_WRAP,
  CKD_NULL,
  CKK_EC,
  CKK_EC_EDWARDS,
  CKK_EC_MONTGOMERY,
  CKK_GENERIC_SECRET,
  CKK_ML_KEM,
  CKM_AES_CBC_PAD,
  CKM_AES_KEY_GEN,
  CKM_EC_EDWARDS_KEY_PAIR_GEN,
  CKM_EC_KEY_PAIR_GEN,
  CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
  CKM_IBM_ML_KEM,
  CKM_IBM_TRANSPORTKEY,
  CKM_ML_KEM_KEY_PAIR_GEN,
  CKM_PUB_KEY_FROM_PRIV_KEY,
  CKP_ML_KEM_768,
  CKR_ACTION_PROHIBITED,
  CKR_ATTRIBUTE_TYPE_INVALID,
  CKR_KEY_FUNCTION_NOT_PERMITTED,
  CKR_TEMPLATE_INCONSISTENT,
  type Mechanism,
  sealedBytes,
  type Template,
} from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { ED25519, P_256, X25519 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";

const engine = testEngine();
type Attributes = readonly (readonly [number, AttributeValue])[];
const templateOf = (...attributes: Attributes): Template => new Map(attributes);

const pairOf = async (mechanism: number, pub: Attributes, priv: Attributes) => {
  const templates = { pubKeyTemplate: templateOf(...pub), privKeyTemplate: templateOf(...priv) };
  const { pubKey, privKey } = await engine.generateKeyPair({ mech: { mechanism }, ...templates });
  return { pub: sealedBytes(pubKey), priv: sealedBytes(privKey) };
};
const kemPair = (pub: Attributes, priv: Attributes) =>
  pairOf(CKM_ML_KEM_KEY_PAIR_GEN, [[CKA_KEY_TYPE, CKK_ML_KEM], [CKA_PARAMETER_SET, CKP_ML_KEM_768], ...pub], priv);

const kem = (mode: number, cipherText: Uint8Array = new Uint8Array(0)): Mechanism => {
  const nothing = { kdf: CKD_NULL, prepend: false, sharedData: new Uint8Array(0), blob: new Uint8Array(0) };
  const parameter = { type: "KyberKEMParm", version: CK_IBM_ML_KEM_VERSION, mode, cipherText, ...nothing } as const;
  return { mechanism: CKM_IBM_ML_KEM, parameter };
};

const secret = templateOf([CKA_KEY_TYPE, CKK_GENERIC_SECRET], [CKA_VALUE_LEN, 32]);
const encapsulate = (baseKey: Uint8Array) =>
  engine.deriveKey({ mech: kem(CK_IBM_ML_KEM_ENCAPSULATE), baseKey, template: secret });
const read = async (object: Uint8Array, ...attributes: number[]) =>
  Array.from((await engine.getAttributeValue({ object, attributes })).attributes.values());
const change = async (object: Uint8Array, ...attributes: Attributes) =>
  sealedBytes((await engine.setAttributeValue({ object, attributes: templateOf(...attributes) })).object);

test("CKA_ENCAPSULATE and CKA_DECAPSULATE are CKA_DERIVE of the halves of a KEM", async () => {
  const { pub, priv } = await kemPair([[CKA_ENCAPSULATE, true]], [[CKA_DECAPSULATE, true]]);
  const sent = await encapsulate(pub);
  const cipherText = sent.checkSum.subarray(7);
  const got = await engine.deriveKey({
    mech: kem(CK_IBM_ML_KEM_DECAPSULATE, cipherText),
    baseKey: priv,
    template: secret,
  });
  expect(got.checkSum).toEqual(sent.checkSum.subarray(0, 7));
  expect(await read(pub, CKA_ENCAPSULATE, CKA_DERIVE)).toEqual([true, true]);
  expect(await read(priv, CKA_DECAPSULATE, CKA_DERIVE)).toEqual([true, true]);
  const derived = await kemPair([[CKA_DERIVE, true]], [[CKA_DECAPSULATE, false]]);
  expect(await read(derived.pub, CKA_ENCAPSULATE)).toEqual([true]);
  expect(await read(derived.priv, CKA_DECAPSULATE, CKA_DERIVE)).toEqual([false, false]);
  for (const [object, other] of [
    [pub, CKA_DECAPSULATE],
    [priv, CKA_ENCAPSULATE],
  ] as const) {
    expect(await rvOfCall(read(object, other))).toBe(CKR_ATTRIBUTE_TYPE_INVALID);
  }
});

test("two names of one right with two values contradict", async () => {
  const contradiction: Attributes = [
    [CKA_ENCAPSULATE, true],
    [CKA_DERIVE, false],
    [CKA_DECAPSULATE, true],
  ];
  expect(await rvOfCall(kemPair(contradiction, []))).toBe(CKR_TEMPLATE_INCONSISTENT);
  expect(await rvOfCall(kemPair([], contradiction))).toBe(CKR_TEMPLATE_INCONSISTENT);
  const { pub, priv } = await kemPair(
    [
      [CKA_ENCAPSULATE, true],
      [CKA_DERIVE, true],
    ],
    [],
  );
  expect(await rvOfCall(change(pub, ...contradiction.slice(0, 2)))).toBe(CKR_TEMPLATE_INCONSISTENT);
  expect(await rvOfCall(change(priv, ...contradiction.slice(1)))).toBe(CKR_TEMPLATE_INCONSISTENT);
});

test("SetAttributeValue changes the right under both names", async () => {
  const { pub, priv } = await kemPair([[CKA_ENCAPSULATE, true]], [[CKA_MODIFIABLE, false]]);
  const without = await change(pub, [CKA_ENCAPSULATE, false]);
  expect(await read(without, CKA_ENCAPSULATE, CKA_DERIVE)).toEqual([false, false]);
  expect(await rvOfCall(encapsulate(without))).toBe(CKR_KEY_FUNCTION_NOT_PERMITTED);
  expect(await rvOfCall(encapsulate(await change(without, [CKA_DERIVE, true])))).toBe(0);
  expect(await rvOfCall(change(priv, [CKA_DECAPSULATE, true]))).toBe(CKR_ACTION_PROHIBITED);
  expect(await rvOfCall(change(priv, [CKA_DECAPSULATE, false]))).toBe(0);
  expect(await rvOfCall(change(pub, [CKA_DECAPSULATE, true]))).toBe(CKR_ATTRIBUTE_TYPE_INVALID);
  const ec = await pairOf(CKM_EC_KEY_PAIR_GEN, [[CKA_EC_PARAMS, P_256.oid]], [[CKA_DECAPSULATE, true]]);
  expect(await read(ec.priv, CKA_DERIVE)).toEqual([false]);
  expect(await rvOfCall(change(ec.priv, [CKA_DECAPSULATE, true]))).toBe(CKR_ATTRIBUTE_TYPE_INVALID);
});

test.each([
  ["P-256", CKM_EC_KEY_PAIR_GEN, P_256, [CKK_EC]],
  ["Ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519, [CKK_EC, CKK_EC_EDWARDS]],
  ["X25519", CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, [CKK_EC, CKK_EC_MONTGOMERY]],
] as const)("a key on %s is of no type that names other curves", async (_name, mechanism, { oid }, fitting) => {
  const params = [CKA_EC_PARAMS, oid] as const;
  const { pub, priv } = await pairOf(mechanism, [params], []);
  const [spki] = await read(pub, CKA_PUBLIC_KEY_INFO);
  const kekTemplate = templateOf([CKA_VALUE_LEN, 32], [CKA_WRAP, true], [CKA_UNWRAP, true]);
  const made = await engine.generateKey({ mech: { mechanism: CKM_AES_KEY_GEN }, template: kekTemplate });
  const kek = sealedBytes(made.key);
  const cbcPad = { mechanism: CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
  const { wrapped } = await engine.wrapKey({ mech: cbcPad, key: priv, kek });
  for (const keyType of [CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY]) {
    const type = [CKA_KEY_TYPE, keyType] as const;
    const template = templateOf(type);
    const rvs = await Promise.all(
      [
        pairOf(mechanism, [params, type], []),
        pairOf(mechanism, [params], [type]),
        engine.unwrapKey({ mech: cbcPad, wrapped, kek, template }),
        engine.unwrapKey({ mech: { mechanism: CKM_IBM_TRANSPORTKEY }, wrapped: spki as Uint8Array, template }),
        engine.deriveKey({ mech: { mechanism: CKM_PUB_KEY_FROM_PRIV_KEY }, baseKey: priv, template }),
      ].map(rvOfCall),
    );
    const expected = (fitting as readonly number[]).includes(keyType) ? 0 : CKR_TEMPLATE_INCONSISTENT;
    expect([keyType, rvs]).toEqual([keyType, rvs.map(() => expected)]);
  }
});
