/** The policy `strict`, when keys are made and when keys of a laxer engine come in, fresh, opened before or inside a state. */
import {
  type AttributeValue,
  CKA_ALLOWED_MECHANISMS,
  CKA_ALWAYS_AUTHENTICATE,
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_EC_PARAMS,
  CKA_ENCRYPT,
  CKA_END_DATE,
  CKA_EXTRACTABLE,
  CKA_KEY_TYPE,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_UNWRAP_TEMPLATE,
  CKA_VALUE_LEN,
  CKA_VERIFY,
  CKA_WRAP,
  CKD_SHA256_KDF,
  CKF_DECRYPT,
  CKF_ENCRYPT,
  CKK_AES,
  CKM_AES_CBC,
  CKM_AES_CBC_PAD,
  CKM_AES_KEY_GEN,
  CKM_EC_KEY_PAIR_GEN,
  CKM_ECDH_AES_KEY_WRAP,
  CKM_IBM_BLS,
  CKM_IBM_EC_AGGREGATE,
  CKM_IBM_ECDSA_OTHER,
  CKM_SHA256_HMAC,
  CKM_SHA256_KEY_DERIVATION,
  CKR_ATTRIBUTE_TYPE_INVALID,
  CKR_FUNCTION_CANCELED,
  CKR_KEY_FUNCTION_NOT_PERMITTED,
  CKR_WRAPPING_KEY_SIZE_RANGE,
  sealedBytes,
  type Template,
} from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { STRICT_POLICY } from "../../src/objects/policy.ts";
import { BLS12_381, P_521 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const lax = testEngine();
const strict = testEngine({ policy: STRICT_POLICY });
const data = new Uint8Array(16);
const cbcPad = { mechanism: CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
const hmac = { mechanism: CKM_SHA256_HMAC };

const CRYPT = [CKA_ENCRYPT, CKA_DECRYPT];
const SIGN = [CKA_SIGN, CKA_VERIFY];
const TRANSPORT = [CKA_WRAP, CKA_UNWRAP];
const USAGES = [...CRYPT, ...SIGN, ...TRANSPORT, CKA_DERIVE];

/** Every choice of the usage attributes. */
const CHOICES = Array.from({ length: 2 ** USAGES.length }, (_, choice) =>
  USAGES.filter((_usage, index) => ((choice >> index) & 1) === 1),
);

/** SP 800-57, 5.2: one key, one purpose; an independent wording of the rules. */
function isPure(rights: readonly number[]): boolean {
  const groups = [CRYPT, SIGN, TRANSPORT].filter((group) => group.some((usage) => rights.includes(usage)));
  return groups.length <= 1 && !(rights.includes(CKA_DERIVE) && groups.length > 0);
}

function aesTemplate(rights: readonly number[]): Template {
  const usages = USAGES.map((usage): [number, AttributeValue] => [usage, rights.includes(usage)]);
  return new Map([[CKA_VALUE_LEN, 16], [CKA_EXTRACTABLE, true], ...usages]);
}

async function make(engine: typeof lax, rights: readonly number[]): Promise<Uint8Array> {
  const mech = { mechanism: CKM_AES_KEY_GEN };
  return sealedBytes((await engine.generateKey({ mech, template: aesTemplate(rights) })).key);
}

test("makes no key of mixed rights", async () => {
  for (const rights of CHOICES) {
    expect(await rvOfCall(make(strict, rights))).toBe(isPure(rights) ? 0 : CKR_FUNCTION_CANCELED);
  }
});

test.each<[number, AttributeValue, AttributeValue]>([
  [CKA_ALLOWED_MECHANISMS, Uint8Array.of(0, 1), new Uint8Array(0)],
  [CKA_ALWAYS_AUTHENTICATE, true, false],
  [CKA_END_DATE, new TextEncoder().encode("20301231"), new Uint8Array(0)],
  [CKA_UNWRAP_TEMPLATE, Uint8Array.of(1), new Uint8Array(0)],
])("makes no key with a restriction that it would not have: attribute %i", async (attribute, restriction, none) => {
  const make = (engine: typeof lax, value: AttributeValue) => {
    const template = new Map<number, AttributeValue>([...aesTemplate(CRYPT), [attribute, value]]);
    return rvOfCall(engine.generateKey({ mech: { mechanism: CKM_AES_KEY_GEN }, template }));
  };
  expect(await make(strict, restriction)).toBe(CKR_ATTRIBUTE_TYPE_INVALID);
  expect(await make(strict, none)).toBe(0);
  expect(await make(lax, restriction)).toBe(0);
});

test("changes no key to mixed rights", async () => {
  const key = await make(strict, [CKA_ENCRYPT]);
  for (const usage of [CKA_SIGN, CKA_WRAP, CKA_DERIVE]) {
    const attributes = new Map([[usage, true]]);
    expect(await rvOfCall(strict.setAttributeValue({ object: key, attributes }))).toBe(CKR_FUNCTION_CANCELED);
  }
});

test("uses no key of mixed rights, known or not, nor a state with one", async () => {
  for (const rights of CHOICES) {
    const key = await make(lax, rights);
    const expected = (usage: number) => {
      if (!isPure(rights)) return CKR_FUNCTION_CANCELED;
      return rights.includes(usage) ? 0 : CKR_KEY_FUNCTION_NOT_PERMITTED;
    };
    for (let time = 0; time < 2; time++) {
      const encrypted = strict.encryptSingle({ mech: cbcPad, key, plain: data });
      expect(await rvOfCall(encrypted)).toBe(expected(CKA_ENCRYPT));
      expect(await rvOfCall(strict.signSingle({ mech: hmac, privKey: key, data }))).toBe(expected(CKA_SIGN));
      const derived = { mech: { mechanism: CKM_SHA256_KEY_DERIVATION }, template: new Map(), baseKey: key };
      expect(await rvOfCall(strict.deriveKey(derived))).toBe(expected(CKA_DERIVE));
    }
    if (!rights.includes(CKA_ENCRYPT) || isPure(rights)) continue;
    const { state } = await lax.encryptInit({ mech: cbcPad, key });
    const continued = [
      strict.encrypt({ state, plain: data }),
      strict.encryptUpdate({ state, plain: data }),
      strict.encryptFinal({ state }),
    ];
    for (const call of continued) expect(await rvOfCall(call)).toBe(CKR_FUNCTION_CANCELED);
  }
});

test("transports no key under an AES key weaker than it, whatever agrees on that", async () => {
  const { pubKey, privKey } = await strict.generateKeyPair({
    mech: { mechanism: CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map<number, AttributeValue>([
      [CKA_EC_PARAMS, P_521.oid],
      [CKA_WRAP, true],
    ]),
    privKeyTemplate: new Map([[CKA_UNWRAP, true]]),
  });
  const template = new Map<number, AttributeValue>([...aesTemplate(CRYPT), [CKA_VALUE_LEN, 32]]);
  const { key } = await strict.generateKey({ mech: { mechanism: CKM_AES_KEY_GEN }, template });
  for (const bits of [128, 192, 256]) {
    const mech = { mechanism: CKM_ECDH_AES_KEY_WRAP, parameter: wire(bits, CKD_SHA256_KDF, 0) };
    const rv = bits < 256 ? CKR_WRAPPING_KEY_SIZE_RANGE : 0;
    expect(await rvOfCall(strict.wrapKey({ mech, key, kek: pubKey }))).toBe(rv);
    const { wrapped } = await lax.wrapKey({ mech, key, kek: pubKey });
    const wanted = new Map([[CKA_KEY_TYPE, CKK_AES]]);
    expect(await rvOfCall(strict.unwrapKey({ mech, wrapped, kek: privKey, template: wanted }))).toBe(rv);
  }
});

test("verifies against the sum of several public keys", async () => {
  const mech = { mechanism: CKM_IBM_ECDSA_OTHER, parameter: wire(CKM_IBM_BLS) };
  const { pubKey, privKey } = await strict.generateKeyPair({
    mech: { mechanism: CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[CKA_EC_PARAMS, BLS12_381.oid]]),
    privKeyTemplate: new Map([[CKA_SIGN, true]]),
  });
  const { signature } = await strict.signSingle({ mech, privKey, data });
  const sum = { mechanism: CKM_IBM_EC_AGGREGATE };
  const elements = { type: "ECAGGParm", version: 0, mode: 1, perElementSize: signature.length } as const;
  const twice = { ...sum, parameter: { ...elements, elements: Uint8Array.of(...signature, ...signature) } };
  const both = await strict.signSingle({ mech: twice, privKey: new Uint8Array(0), data: new Uint8Array(0) });
  const pubKeys = Uint8Array.of(...sealedBytes(pubKey), ...sealedBytes(pubKey));
  expect(await rvOfCall(strict.verifySingle({ mech, pubKey: pubKeys, data, signature: both.signature }))).toBe(0);
});

test("transports no key by what does not notice a change of it", async () => {
  const kek = await make(strict, TRANSPORT);
  const key = await make(strict, CRYPT);
  for (const mechanism of [CKM_AES_CBC, CKM_AES_CBC_PAD]) {
    const mech = { mechanism, parameter: new Uint8Array(16) };
    expect(await rvOfCall(strict.wrapKey({ mech, key, kek }))).toBe(CKR_FUNCTION_CANCELED);
    const { wrapped } = await lax.wrapKey({ mech, key, kek });
    const template = new Map([[CKA_KEY_TYPE, CKK_AES]]);
    expect(await rvOfCall(strict.unwrapKey({ mech, wrapped, kek, template }))).toBe(CKR_FUNCTION_CANCELED);
    const { mechInfo } = await strict.getMechanismInfo({ mech: mechanism });
    expect(mechInfo.flags).toBe(CKF_ENCRYPT | CKF_DECRYPT);
  }
});
