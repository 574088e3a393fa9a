/** Tests what the control point of an algorithm forbids for keys of its type, whatever mechanism wraps, makes or uses them. */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { adjustPolicy, HPCS_POLICY } from "../../src/objects/policy/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { generateDsaParameters } from "../../src/primitives/finite-field/dsa-parameters.ts";
import { groupOfSize } from "../../src/primitives/finite-field/groups.ts";
import { encodeDhParameters, encodeDsaParameters } from "../../src/primitives/keys/integer-formats.ts";
import { rvOfCall, testEngine } from "../engine.ts";

const engine = testEngine();
const without = (off: number) => testEngine({ policy: adjustPolicy(HPCS_POLICY, "test", { off: [off] }) });
const templateOf = (...attributes: readonly [number, ck.AttributeValue][]): ck.Template => new Map(attributes);
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };

async function pairOf(mechanism: number, pub: ck.Template, priv: ck.Template) {
  const request = { mech: { mechanism }, pubKeyTemplate: pub, privKeyTemplate: priv };
  const { pubKey, privKey } = await engine.generateKeyPair(request);
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
}

async function secretOf(mechanism: number, ...attributes: readonly [number, ck.AttributeValue][]) {
  const template = templateOf([ck.CKA_VALUE_LEN, 32], ...attributes);
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template })).key);
}

/** Key type, mechanism and template that generate a pair, and the control points that it needs. */
const KINDS: readonly (readonly [keyType: number, mechanism: number, template: () => ck.Template, points: string])[] = [
  [ck.CKK_RSA, ck.CKM_RSA_PKCS_KEY_PAIR_GEN, () => templateOf([ck.CKA_MODULUS_BITS, 1024]), "ALG_RSA"],
  [
    ck.CKK_DSA,
    ck.CKM_DSA_KEY_PAIR_GEN,
    () => templateOf([ck.CKA_IBM_STRUCT_PARAMS, encodeDsaParameters(generateDsaParameters(1024, 160))]),
    "ALG_DSA",
  ],
  [
    ck.CKK_DH,
    ck.CKM_DH_PKCS_KEY_PAIR_GEN,
    () => templateOf([ck.CKA_IBM_STRUCT_PARAMS, encodeDhParameters(groupOfSize(2048)!)]),
    "ALG_DH",
  ],
  [ck.CKK_EC, ck.CKM_EC_KEY_PAIR_GEN, () => templateOf([ck.CKA_EC_PARAMS, P_256.oid]), "ALG_EC ALG_EC_NISTCRV"],
  [ck.CKK_IBM_PQC_DILITHIUM, ck.CKM_IBM_DILITHIUM, () => templateOf(), "ALG_PQC ALG_DILITHIUM"],
  [ck.CKK_IBM_PQC_KYBER, ck.CKM_IBM_KYBER, () => templateOf(), "ALG_PQC ALG_KYBER"],
  [
    ck.CKK_IBM_ML_DSA,
    ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN,
    () => templateOf([ck.CKA_PARAMETER_SET, ck.CKP_ML_DSA_44]),
    "ALG_PQC ALG_ML_DSA",
  ],
  [
    ck.CKK_IBM_ML_KEM,
    ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN,
    () => templateOf([ck.CKA_PARAMETER_SET, ck.CKP_ML_KEM_512]),
    "ALG_PQC ALG_ML_KEM",
  ],
  [
    ck.CKK_SLH_DSA,
    ck.CKM_SLH_DSA_KEY_PAIR_GEN,
    () => templateOf([ck.CKA_PARAMETER_SET, ck.CKP_SLH_DSA_SHA2_128F]),
    "ALG_PQC",
  ],
];

test.each(KINDS)(
  "keys of type %i are made, imported and wrapped only if their control points allow it",
  async (keyType, gen, template, points) => {
    const { pub, priv } = await pairOf(gen, template(), templateOf());
    const kek = await secretOf(ck.CKM_AES_KEY_GEN, [ck.CKA_WRAP, true], [ck.CKA_UNWRAP, true]);
    const { wrapped } = await engine.wrapKey({ mech: cbcPad, key: priv, kek });
    const { attributes } = await engine.getAttributeValue({ object: pub, attributes: [ck.CKA_PUBLIC_KEY_INFO] });
    const spki = attributes.get(ck.CKA_PUBLIC_KEY_INFO) as Uint8Array;
    const importMech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
    const calls = (on: typeof engine) => [
      on.generateKeyPair({ mech: { mechanism: gen }, pubKeyTemplate: template(), privKeyTemplate: templateOf() }),
      on.wrapKey({ mech: cbcPad, key: priv, kek }),
      on.unwrapKey({ mech: cbcPad, wrapped, kek, template: templateOf([ck.CKA_KEY_TYPE, keyType]) }),
      on.unwrapKey({ mech: importMech, wrapped: spki, template: templateOf([ck.CKA_KEY_TYPE, keyType]) }),
      on.deriveKey({ mech: { mechanism: ck.CKM_PUB_KEY_FROM_PRIV_KEY }, baseKey: priv, template: templateOf() }),
    ];
    expect(await Promise.all(calls(engine).map(rvOfCall))).toEqual([0, 0, 0, 0, 0]);
    for (const point of points.split(" ")) {
      const rvs = await Promise.all(calls(without(ck.xcpCpbNumber(point)!)).map(rvOfCall));
      expect([point, rvs]).toEqual([point, rvs.map(() => ck.CKR_FUNCTION_CANCELED)]);
    }
  },
);

test("an algorithm that is off neither encrypts nor authenticates attribute-bound keys", async () => {
  const bound: [number, ck.AttributeValue] = [ck.CKA_IBM_ATTRBOUND, true];
  const rsa = await pairOf(
    ck.CKM_RSA_PKCS_KEY_PAIR_GEN,
    templateOf([ck.CKA_MODULUS_BITS, 2048], [ck.CKA_WRAP, true], bound),
    templateOf([ck.CKA_UNWRAP, true], bound),
  );
  const ec = await pairOf(
    ck.CKM_EC_KEY_PAIR_GEN,
    templateOf([ck.CKA_EC_PARAMS, P_256.oid], [ck.CKA_VERIFY, true], bound),
    templateOf([ck.CKA_SIGN, true], bound),
  );
  const key = await secretOf(ck.CKM_GENERIC_SECRET_KEY_GEN, bound);
  const aes = await secretOf(ck.CKM_AES_KEY_GEN, bound, [ck.CKA_WRAP, true], [ck.CKA_UNWRAP, true]);
  const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
  const template = templateOf([ck.CKA_KEY_TYPE, ck.CKK_AES], bound);
  const under = async (kek: typeof rsa, mac: typeof rsa) => {
    const { wrapped } = await engine.wrapKey({ mech, key: aes, kek: kek.pub, macKey: mac.priv });
    return (on: typeof engine) => [
      on.wrapKey({ mech, key: aes, kek: kek.pub, macKey: mac.priv }),
      on.unwrapKey({ mech, wrapped, kek: kek.priv, macKey: mac.pub, template }),
    ];
  };
  const both = (secret: Uint8Array) => ({ pub: secret, priv: secret });
  for (const [off, calls] of [
    [ck.XCP_CPB_ALG_RSA, await under(rsa, both(key))],
    [ck.XCP_CPB_ALG_EC, await under(both(aes), ec)],
  ] as const) {
    expect(await Promise.all(calls(engine).map(rvOfCall))).toEqual([0, 0]);
    expect(await Promise.all(calls(without(off)).map(rvOfCall))).toEqual([
      ck.CKR_FUNCTION_CANCELED,
      ck.CKR_FUNCTION_CANCELED,
    ]);
  }
});
