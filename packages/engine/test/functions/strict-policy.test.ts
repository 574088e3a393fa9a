/**
 * Tests the policy `strict` for new keys, and for keys that an engine with another policy made. Such keys are newly
 * opened, cached, or part of a state.
 */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { BLS12_381, P_521 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const lax = testEngine();
const strict = testEngine({ policy: STRICT_POLICY });
const data = new Uint8Array(16);
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
const hmac = { mechanism: ck.CKM_SHA256_HMAC };

const CRYPT = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT];
const SIGN = [ck.CKA_SIGN, ck.CKA_VERIFY];
const TRANSPORT = [ck.CKA_WRAP, ck.CKA_UNWRAP];
const USAGES = [...CRYPT, ...SIGN, ...TRANSPORT, ck.CKA_DERIVE];

const CHOICES = Array.from({ length: 2 ** USAGES.length }, (_, choice) =>
  USAGES.filter((_usage, index) => ((choice >> index) & 1) === 1),
);

/** Whether a key has only one purpose (SP 800-57, 5.2). Does not use the engine's rules. */
function isPure(rights: readonly number[]): boolean {
  const groups = [CRYPT, SIGN, TRANSPORT].filter((group) => group.some((usage) => rights.includes(usage)));
  return groups.length <= 1 && !(rights.includes(ck.CKA_DERIVE) && groups.length > 0);
}

function aesTemplate(rights: readonly number[]): ck.Template {
  const usages = USAGES.map((usage): [number, ck.AttributeValue] => [usage, rights.includes(usage)]);
  return new Map([[ck.CKA_VALUE_LEN, 16], [ck.CKA_EXTRACTABLE, true], ...usages]);
}

async function make(engine: typeof lax, rights: readonly number[]): Promise<Uint8Array> {
  const mech = { mechanism: ck.CKM_AES_KEY_GEN };
  return ck.sealedBytes((await engine.generateKey({ mech, template: aesTemplate(rights) })).key);
}

test("makes no key with exclusive rights", async () => {
  for (const rights of CHOICES) {
    expect(await rvOfCall(make(strict, rights))).toBe(isPure(rights) ? 0 : ck.CKR_FUNCTION_CANCELED);
  }
});

test.each<[number, ck.AttributeValue, ck.AttributeValue]>([
  [ck.CKA_ALLOWED_MECHANISMS, Uint8Array.of(0, 1), new Uint8Array(0)],
  [ck.CKA_ALWAYS_AUTHENTICATE, true, false],
  [ck.CKA_END_DATE, new TextEncoder().encode("20301231"), new Uint8Array(0)],
  [ck.CKA_UNWRAP_TEMPLATE, Uint8Array.of(1), new Uint8Array(0)],
])("refuses a restriction that it does not enforce: attribute %i", async (attribute, restriction, none) => {
  const make = (engine: typeof lax, value: ck.AttributeValue) => {
    const template = new Map<number, ck.AttributeValue>([...aesTemplate(CRYPT), [attribute, value]]);
    return rvOfCall(engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template }));
  };
  expect(await make(strict, restriction)).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
  expect(await make(strict, none)).toBe(0);
  expect(await make(lax, restriction)).toBe(0);
});

test("does not change a key to exclusive rights", async () => {
  const key = await make(strict, [ck.CKA_ENCRYPT]);
  for (const usage of [ck.CKA_SIGN, ck.CKA_WRAP, ck.CKA_DERIVE]) {
    const attributes = new Map([[usage, true]]);
    expect(await rvOfCall(strict.setAttributeValue({ object: key, attributes }))).toBe(ck.CKR_FUNCTION_CANCELED);
  }
});

test("does not use a key with exclusive rights, cached or not, nor a state with one", async () => {
  for (const rights of CHOICES) {
    const key = await make(lax, rights);
    const expected = (usage: number) => {
      if (!isPure(rights)) return ck.CKR_FUNCTION_CANCELED;
      return rights.includes(usage) ? 0 : ck.CKR_KEY_FUNCTION_NOT_PERMITTED;
    };
    for (let time = 0; time < 2; time++) {
      const encrypted = strict.encryptSingle({ mech: cbcPad, key, plain: data });
      expect(await rvOfCall(encrypted)).toBe(expected(ck.CKA_ENCRYPT));
      expect(await rvOfCall(strict.signSingle({ mech: hmac, privKey: key, data }))).toBe(expected(ck.CKA_SIGN));
      const derived = { mech: { mechanism: ck.CKM_SHA256_KEY_DERIVATION }, template: new Map(), baseKey: key };
      expect(await rvOfCall(strict.deriveKey(derived))).toBe(expected(ck.CKA_DERIVE));
    }
    if (!rights.includes(ck.CKA_ENCRYPT) || isPure(rights)) continue;
    const { state } = await lax.encryptInit({ mech: cbcPad, key });
    const continued = [
      strict.encrypt({ state, plain: data }),
      strict.encryptUpdate({ state, plain: data }),
      strict.encryptFinal({ state }),
    ];
    for (const call of continued) expect(await rvOfCall(call)).toBe(ck.CKR_FUNCTION_CANCELED);
  }
});

test("does not wrap a key with a weaker AES key, however strong the key agreement is", async () => {
  const { pubKey, privKey } = await strict.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map<number, ck.AttributeValue>([
      [ck.CKA_EC_PARAMS, P_521.oid],
      [ck.CKA_WRAP, true],
    ]),
    privKeyTemplate: new Map([[ck.CKA_UNWRAP, true]]),
  });
  const template = new Map<number, ck.AttributeValue>([...aesTemplate(CRYPT), [ck.CKA_VALUE_LEN, 32]]);
  const { key } = await strict.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
  for (const bits of [128, 192, 256]) {
    const mech = { mechanism: ck.CKM_ECDH_AES_KEY_WRAP, parameter: wire(bits, ck.CKD_SHA256_KDF, 0) };
    const rv = bits < 256 ? ck.CKR_WRAPPING_KEY_SIZE_RANGE : 0;
    expect(await rvOfCall(strict.wrapKey({ mech, key, kek: pubKey }))).toBe(rv);
    const { wrapped } = await lax.wrapKey({ mech, key, kek: pubKey });
    const wanted = new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]]);
    expect(await rvOfCall(strict.unwrapKey({ mech, wrapped, kek: privKey, template: wanted }))).toBe(rv);
  }
});

test("verifies against the sum of several public keys", async () => {
  const mech = { mechanism: ck.CKM_IBM_ECDSA_OTHER, parameter: wire(ck.CKM_IBM_BLS) };
  const { pubKey, privKey } = await strict.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, BLS12_381.oid]]),
    privKeyTemplate: new Map([[ck.CKA_SIGN, true]]),
  });
  const { signature } = await strict.signSingle({ mech, privKey, data });
  const sum = { mechanism: ck.CKM_IBM_EC_AGGREGATE };
  const elements = { type: "ECAGGParm", version: 0, mode: 1, perElementSize: signature.length } as const;
  const twice = { ...sum, parameter: { ...elements, elements: Uint8Array.of(...signature, ...signature) } };
  const both = await strict.signSingle({ mech: twice, privKey: new Uint8Array(0), data: new Uint8Array(0) });
  const pubKeys = Uint8Array.of(...ck.sealedBytes(pubKey), ...ck.sealedBytes(pubKey));
  expect(await rvOfCall(strict.verifySingle({ mech, pubKey: pubKeys, data, signature: both.signature }))).toBe(0);
});

test("does not wrap keys with mechanisms that do not detect modifications", async () => {
  const kek = await make(strict, TRANSPORT);
  const key = await make(strict, CRYPT);
  for (const mechanism of [ck.CKM_AES_CBC, ck.CKM_AES_CBC_PAD]) {
    const mech = { mechanism, parameter: new Uint8Array(16) };
    expect(await rvOfCall(strict.wrapKey({ mech, key, kek }))).toBe(ck.CKR_FUNCTION_CANCELED);
    const { wrapped } = await lax.wrapKey({ mech, key, kek });
    const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]]);
    expect(await rvOfCall(strict.unwrapKey({ mech, wrapped, kek, template }))).toBe(ck.CKR_FUNCTION_CANCELED);
    const { mechInfo } = await strict.getMechanismInfo({ mech: mechanism });
    expect(mechInfo.flags).toBe(ck.CKF_ENCRYPT | ck.CKF_DECRYPT);
  }
});
