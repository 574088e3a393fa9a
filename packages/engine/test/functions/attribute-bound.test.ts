import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, test } from "vitest";
import { createPolicy } from "../../src/objects/policy/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";

const engine = testEngine();
const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
const BOUND: [number, ck.AttributeValue] = [ck.CKA_IBM_ATTRBOUND, true];

async function secret(mechanism: number, ...attributes: readonly [number, ck.AttributeValue][]): Promise<Uint8Array> {
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template: new Map(attributes) })).key);
}

async function pair(
  mechanism: number,
  pub: readonly [number, ck.AttributeValue][],
  priv: readonly [number, ck.AttributeValue][],
): Promise<{ pub: Uint8Array; priv: Uint8Array }> {
  const request = { mech: { mechanism }, pubKeyTemplate: new Map(pub), privKeyTemplate: new Map(priv) };
  const { pubKey, privKey } = await engine.generateKeyPair(request);
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
}

type Keys = Record<"des3" | "aes" | "generic" | "loose", Uint8Array> &
  Record<"rsa" | "ec" | "dh" | "looseRsa" | "looseEc", { pub: Uint8Array; priv: Uint8Array }>;
let keys: Keys;

beforeAll(async () => {
  const transport: [number, ck.AttributeValue][] = [
    [ck.CKA_WRAP, true],
    [ck.CKA_UNWRAP, true],
  ];
  const rsa = (bits: number): [number, ck.AttributeValue][] => [
    [ck.CKA_MODULUS_BITS, bits],
    [ck.CKA_WRAP, true],
    [ck.CKA_VERIFY, true],
  ];
  const rsaPrivate: [number, ck.AttributeValue][] = [
    [ck.CKA_SIGN, true],
    [ck.CKA_UNWRAP, true],
  ];
  const curve: [number, ck.AttributeValue] = [ck.CKA_EC_PARAMS, P_256.oid];
  const dhParameters = await engine.generateKey({
    mech: { mechanism: ck.CKM_DH_PKCS_PARAMETER_GEN },
    template: new Map([[ck.CKA_PRIME_BITS, 1024]]),
  });
  keys = {
    des3: await secret(ck.CKM_DES3_KEY_GEN, BOUND),
    aes: await secret(ck.CKM_AES_KEY_GEN, [ck.CKA_VALUE_LEN, 32], BOUND, ...transport),
    generic: await secret(ck.CKM_GENERIC_SECRET_KEY_GEN, [ck.CKA_VALUE_LEN, 32], BOUND),
    loose: await secret(ck.CKM_AES_KEY_GEN, [ck.CKA_VALUE_LEN, 32], ...transport),
    rsa: await pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, [...rsa(2048), BOUND], [...rsaPrivate, BOUND]),
    ec: await pair(ck.CKM_EC_KEY_PAIR_GEN, [curve, BOUND], [[ck.CKA_DERIVE, true], [ck.CKA_SIGN, true], BOUND]),
    dh: await pair(
      ck.CKM_DH_PKCS_KEY_PAIR_GEN,
      [[ck.CKA_IBM_STRUCT_PARAMS, ck.sealedBytes(dhParameters.key)], BOUND],
      [BOUND],
    ),
    looseRsa: await pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(1024), rsaPrivate),
    looseEc: await pair(ck.CKM_EC_KEY_PAIR_GEN, [curve], [[ck.CKA_DERIVE, true]]),
  };
});

const desTemplate = new Map<number, ck.AttributeValue>([
  [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
  [ck.CKA_KEY_TYPE, ck.CKK_DES3],
  BOUND,
]);
const ecTemplate = new Map<number, ck.AttributeValue>([
  [ck.CKA_CLASS, ck.CKO_PRIVATE_KEY],
  [ck.CKA_KEY_TYPE, ck.CKK_EC],
  BOUND,
]);
const aesTemplate = new Map<number, ck.AttributeValue>([[ck.CKA_KEY_TYPE, ck.CKK_AES]]);

type Pick = (keys: Keys) => Uint8Array;

const wrap = (key: Uint8Array, kek: Uint8Array, macKey: Uint8Array, on = engine) =>
  on.wrapKey({ mech, key, kek, macKey });
const unwrap = (
  wrapped: Uint8Array,
  kek: Uint8Array,
  macKey: Uint8Array,
  template: ReadonlyMap<number, ck.AttributeValue>,
  on = engine,
) => on.unwrapKey({ mech, wrapped, kek, macKey, template });

describe("every kind of key under every kind of KEK and MAC key", () => {
  const targets: readonly [string, Pick, ReadonlyMap<number, ck.AttributeValue>][] = [
    ["DES3", (k) => k.des3, desTemplate],
    ["EC private", (k) => k.ec.priv, ecTemplate],
  ];
  const keks: readonly [string, Pick, Pick][] = [
    ["AES", (k) => k.aes, (k) => k.aes],
    ["RSA", (k) => k.rsa.pub, (k) => k.rsa.priv],
  ];
  const macKeys: readonly [string, Pick, Pick][] = [
    ["AES", (k) => k.aes, (k) => k.aes],
    ["generic secret", (k) => k.generic, (k) => k.generic],
    ["RSA", (k) => k.rsa.priv, (k) => k.rsa.pub],
    ["EC", (k) => k.ec.priv, (k) => k.ec.pub],
  ];
  const cases = targets.flatMap((target) => keks.flatMap((kek) => macKeys.map((mac) => [target, kek, mac] as const)));
  test.each(cases.map((c) => [c.map(([name]) => name).join(" / "), ...c] as const))(
    "%s",
    async (_name, target, kek, mac) => {
      const { wrapped } = await wrap(target[1](keys), kek[1](keys), mac[1](keys));
      const { unwrapped, checkSum } = await unwrap(wrapped, kek[2](keys), mac[2](keys), target[2]);
      const attributes = [
        ck.CKA_KEY_TYPE,
        ck.CKA_SIGN,
        ck.CKA_ENCRYPT,
        ck.CKA_DERIVE,
        ck.CKA_EXTRACTABLE,
        ck.CKA_IBM_ATTRBOUND,
      ];
      const before = await engine.getAttributeValue({ object: target[1](keys), attributes });
      const after = await engine.getAttributeValue({ object: ck.sealedBytes(unwrapped), attributes });
      expect(after.attributes).toEqual(before.attributes);
      const local = await engine.getAttributeValue({
        object: ck.sealedBytes(unwrapped),
        attributes: [ck.CKA_LOCAL],
      });
      expect(local.attributes.get(ck.CKA_LOCAL)).toBe(false);
      expect(checkSum.length).toBeGreaterThanOrEqual(7);
    },
  );

  test("the unwrapped private key is the wrapped one", async () => {
    const { wrapped } = await wrap(keys.ec.priv, keys.rsa.pub, keys.generic);
    const { unwrapped } = await unwrap(wrapped, keys.rsa.priv, keys.generic, ecTemplate);
    const data = new Uint8Array(32).fill(7);
    const ecdsa = { mechanism: ck.CKM_ECDSA };
    const { signature } = await engine.signSingle({ mech: ecdsa, privKey: ck.sealedBytes(unwrapped), data });
    await engine.verifySingle({ mech: ecdsa, pubKey: keys.ec.pub, data, signature });
  });

  test("wrapping twice gives different bytes", async () => {
    const first = await wrap(keys.des3, keys.aes, keys.generic);
    const second = await wrap(keys.des3, keys.aes, keys.generic);
    expect(first.wrapped).not.toEqual(second.wrapped);
  });
});

/** These are the cases of openCryptoki's abfunc test. */
describe("refused", () => {
  test.each<[string, Pick, Pick, Pick, number]>([
    ["KEK of another type", (k) => k.des3, (k) => k.ec.pub, (k) => k.aes, ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT],
    ["KEK not bound", (k) => k.des3, (k) => k.looseRsa.pub, (k) => k.aes, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["MAC key not bound", (k) => k.des3, (k) => k.rsa.pub, (k) => k.looseRsa.priv, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["public key as MAC key", (k) => k.des3, (k) => k.rsa.pub, (k) => k.ec.pub, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["key not bound", (k) => k.looseRsa.priv, (k) => k.rsa.pub, (k) => k.aes, ck.CKR_KEY_NOT_WRAPPABLE],
    ["DH key as MAC key", (k) => k.des3, (k) => k.rsa.pub, (k) => k.dh.priv, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
  ])("wrapping: %s", async (_name, key, kek, macKey, rv) => {
    expect(await rvOfCall(wrap(key(keys), kek(keys), macKey(keys)))).toBe(rv);
  });

  test.each<[string, Pick, Pick, ReadonlyMap<number, ck.AttributeValue>, number]>([
    ["KEK of another type", (k) => k.ec.priv, (k) => k.aes, desTemplate, ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT],
    ["KEK not bound", (k) => k.looseRsa.priv, (k) => k.aes, desTemplate, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["MAC key not bound", (k) => k.rsa.priv, (k) => k.looseRsa.pub, desTemplate, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["private key as MAC key", (k) => k.rsa.priv, (k) => k.ec.priv, desTemplate, ck.CKR_KEY_FUNCTION_NOT_PERMITTED],
    ["another MAC key", (k) => k.rsa.priv, (k) => k.generic, desTemplate, ck.CKR_WRAPPED_KEY_INVALID],
    ["MAC key of another kind", (k) => k.rsa.priv, (k) => k.ec.pub, desTemplate, ck.CKR_WRAPPED_KEY_INVALID],
    ["another KEK", (k) => k.aes, (k) => k.aes, desTemplate, ck.CKR_WRAPPED_KEY_INVALID],
    ["another class", (k) => k.rsa.priv, (k) => k.aes, ecTemplate, ck.CKR_TEMPLATE_INCONSISTENT],
    ["another type", (k) => k.rsa.priv, (k) => k.aes, aesTemplate, ck.CKR_TEMPLATE_INCONSISTENT],
  ])("unwrapping: %s", async (_name, kek, macKey, template, rv) => {
    const { wrapped } = await wrap(keys.des3, keys.rsa.pub, keys.aes);
    expect(await rvOfCall(unwrap(wrapped, kek(keys), macKey(keys), template))).toBe(rv);
  });

  test("every changed or missing byte", async () => {
    for (const kek of [keys.aes, keys.rsa.pub]) {
      const { wrapped } = await wrap(keys.des3, kek, keys.generic);
      const opening = kek === keys.aes ? keys.aes : keys.rsa.priv;
      for (let at = 0; at < wrapped.length; at++) {
        const changed = wrapped.slice();
        changed[at]! ^= 0x10;
        expect(await rvOfCall(unwrap(changed, opening, keys.generic, desTemplate))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
        const cut = wrapped.subarray(0, at);
        expect(await rvOfCall(unwrap(cut, opening, keys.generic, desTemplate))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
      }
    }
  });

  test("a key that may not leave", async () => {
    const key = await secret(ck.CKM_AES_KEY_GEN, [ck.CKA_VALUE_LEN, 16], [ck.CKA_EXTRACTABLE, false], BOUND);
    expect(await rvOfCall(wrap(key, keys.aes, keys.generic))).toBe(ck.CKR_KEY_UNEXTRACTABLE);
  });

  test("a curve that does not sign as MAC key", async () => {
    const oid = Uint8Array.of(6, 3, 0x2b, 0x65, 0x70);
    const ed = await pair(ck.CKM_EC_KEY_PAIR_GEN, [[ck.CKA_EC_PARAMS, oid], BOUND], [BOUND]);
    expect(await rvOfCall(wrap(keys.des3, keys.aes, ed.priv))).toBe(ck.CKR_KEY_TYPE_INCONSISTENT);
  });

  test("a bound key with another mechanism, bound or not", async () => {
    const request = { mech: { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) }, key: keys.des3 };
    expect(await rvOfCall(engine.wrapKey({ ...request, kek: keys.loose }))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
    expect(await rvOfCall(engine.wrapKey({ ...request, kek: keys.aes }))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
  });
});

describe("making bound keys", () => {
  test("halves that differ, keys that are not sensitive, types that cannot be bound", async () => {
    const rsa: [number, ck.AttributeValue] = [ck.CKA_MODULUS_BITS, 1024];
    const make = (pub: readonly [number, ck.AttributeValue][], priv: readonly [number, ck.AttributeValue][]) =>
      rvOfCall(pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, pub, priv));
    expect(await make([rsa, BOUND], [])).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    expect(await make([rsa], [BOUND])).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    expect(await make([rsa, BOUND], [BOUND, [ck.CKA_SENSITIVE, false]])).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    expect(await make([rsa], [[ck.CKA_IBM_ATTRBOUND, false]])).toBe(0);
  });

  test("derived keys inherit the binding, and only from bound ones", async () => {
    const derive = async (base: { pub: Uint8Array; priv: Uint8Array }, bound: boolean | undefined, on = engine) => {
      const template = new Map<number, ck.AttributeValue>([
        [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
        [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
        [ck.CKA_VALUE_LEN, 10],
      ]);
      if (bound !== undefined) template.set(ck.CKA_IBM_ATTRBOUND, bound);
      const spki = base.pub.subarray(0, 2 + base.pub[1]!);
      const { newKey } = await on.deriveKey({
        mech: {
          mechanism: ck.CKM_ECDH1_DERIVE,
          parameter: { type: "ECDH1DeriveParm", kdf: ck.CKD_NULL, sharedData: new Uint8Array(0), publicData: spki },
        },
        template,
        baseKey: base.priv,
      });
      const attributes = [ck.CKA_IBM_ATTRBOUND];
      return (await on.getAttributeValue({ object: ck.sealedBytes(newKey), attributes })).attributes.get(
        ck.CKA_IBM_ATTRBOUND,
      );
    };
    expect(await derive(keys.ec, true)).toBe(true);
    expect(await derive(keys.ec, undefined)).toBe(true);
    expect(await derive(keys.ec, false)).toBe(false);
    expect(await derive(keys.looseEc, undefined)).toBe(false);
    expect(await rvOfCall(derive(keys.looseEc, true))).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    const strict = testEngine({ policy: createPolicy("bound", [ck.XCP_CPB_DERIVE_NON_AB_KEYS]) });
    expect(await rvOfCall(derive(keys.ec, false, strict))).toBe(ck.CKR_FUNCTION_CANCELED);
  });
});

describe("control points", () => {
  test("apply to the kind of KEK, and the mechanism list keeps what is left", async () => {
    const policed = testEngine({ policy: createPolicy("some", [ck.XCP_CPB_WRAP_SYMM, ck.XCP_CPB_UNWRAP_ASYMM]) });
    expect(await rvOfCall(wrap(keys.des3, keys.aes, keys.generic, policed))).toBe(ck.CKR_FUNCTION_CANCELED);
    const underRsa = await wrap(keys.des3, keys.rsa.pub, keys.generic, policed);
    const underAes = await wrap(keys.des3, keys.aes, keys.generic);
    const open = (wrapped: Uint8Array, kek: Uint8Array) =>
      rvOfCall(unwrap(wrapped, kek, keys.generic, desTemplate, policed));
    expect(await open(underRsa.wrapped, keys.rsa.priv)).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(await open(underAes.wrapped, keys.aes)).toBe(0);
    expect((await policed.getMechanismList({})).mechs).toContain(ck.CKM_IBM_ATTRIBUTEBOUND_WRAP);
  });

  test("that forbid secret keys allow private keys", async () => {
    const policed = testEngine({ policy: createPolicy("no-secrets", [ck.XCP_CPB_KEYGEN_SYMM]) });
    const des3 = await wrap(keys.des3, keys.aes, keys.generic);
    const ec = await wrap(keys.ec.priv, keys.aes, keys.generic);
    const open = (wrapped: Uint8Array, template: ReadonlyMap<number, ck.AttributeValue>) =>
      rvOfCall(unwrap(wrapped, keys.aes, keys.generic, template, policed));
    expect(await open(des3.wrapped, desTemplate)).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(await open(ec.wrapped, ecTemplate)).toBe(0);
  });

  test("that allow only bound transport", async () => {
    const policed = testEngine({ policy: createPolicy("bound only", [ck.XCP_CPB_NON_ATTRBOUND]) });
    const mechanism = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
    const loose = policed.wrapKey({ mech: mechanism, key: keys.looseRsa.priv, kek: keys.loose });
    expect(await rvOfCall(loose)).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(await rvOfCall(wrap(keys.des3, keys.aes, keys.generic, policed))).toBe(0);
  });
});
