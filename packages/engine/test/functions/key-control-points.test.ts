/** What the control point of an algorithm takes away from keys of its type, whatever mechanism carries, makes or reads them. */
import {
  type AttributeValue,
  CKA_EC_PARAMS,
  CKA_IBM_ATTRBOUND,
  CKA_IBM_STRUCT_PARAMS,
  CKA_KEY_TYPE,
  CKA_MODULUS_BITS,
  CKA_PARAMETER_SET,
  CKA_PUBLIC_KEY_INFO,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_AES,
  CKK_DH,
  CKK_DSA,
  CKK_EC,
  CKK_IBM_ML_DSA,
  CKK_IBM_ML_KEM,
  CKK_IBM_PQC_DILITHIUM,
  CKK_IBM_PQC_KYBER,
  CKK_RSA,
  CKK_SLH_DSA,
  CKM_AES_CBC_PAD,
  CKM_AES_KEY_GEN,
  CKM_DH_PKCS_KEY_PAIR_GEN,
  CKM_DSA_KEY_PAIR_GEN,
  CKM_EC_KEY_PAIR_GEN,
  CKM_GENERIC_SECRET_KEY_GEN,
  CKM_IBM_ATTRIBUTEBOUND_WRAP,
  CKM_IBM_DILITHIUM,
  CKM_IBM_KYBER,
  CKM_IBM_ML_DSA_KEY_PAIR_GEN,
  CKM_IBM_ML_KEM_KEY_PAIR_GEN,
  CKM_IBM_TRANSPORTKEY,
  CKM_PUB_KEY_FROM_PRIV_KEY,
  CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_SLH_DSA_KEY_PAIR_GEN,
  CKP_ML_DSA_44,
  CKP_ML_KEM_512,
  CKP_SLH_DSA_SHA2_128F,
  CKR_FUNCTION_CANCELED,
  sealedBytes,
  type Template,
  XCP_CPB_ALG_EC,
  XCP_CPB_ALG_RSA,
  xcpCpbNumber,
} from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { adjustPolicy, HPCS_POLICY } from "../../src/objects/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { generateDsaParameters } from "../../src/primitives/finite-field/dsa-parameters.ts";
import { groupOfSize } from "../../src/primitives/finite-field/groups.ts";
import { encodeDhParameters, encodeDsaParameters } from "../../src/primitives/keys/integer-formats.ts";
import { rvOfCall, testEngine } from "../engine.ts";

const engine = testEngine();
const without = (off: number) => testEngine({ policy: adjustPolicy(HPCS_POLICY, "test", { off: [off] }) });
const templateOf = (...attributes: readonly [number, AttributeValue][]): Template => new Map(attributes);
const cbcPad = { mechanism: CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };

async function pairOf(mechanism: number, pub: Template, priv: Template) {
  const request = { mech: { mechanism }, pubKeyTemplate: pub, privKeyTemplate: priv };
  const { pubKey, privKey } = await engine.generateKeyPair(request);
  return { pub: sealedBytes(pubKey), priv: sealedBytes(privKey) };
}

async function secretOf(mechanism: number, ...attributes: readonly [number, AttributeValue][]) {
  const template = templateOf([CKA_VALUE_LEN, 32], ...attributes);
  return sealedBytes((await engine.generateKey({ mech: { mechanism }, template })).key);
}

/** Key type, how its pairs are made, and the control points that it needs. */
const KINDS: readonly (readonly [keyType: number, mechanism: number, template: () => Template, points: string])[] = [
  [CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, () => templateOf([CKA_MODULUS_BITS, 1024]), "ALG_RSA"],
  [
    CKK_DSA,
    CKM_DSA_KEY_PAIR_GEN,
    () => templateOf([CKA_IBM_STRUCT_PARAMS, encodeDsaParameters(generateDsaParameters(1024, 160))]),
    "ALG_DSA",
  ],
  [
    CKK_DH,
    CKM_DH_PKCS_KEY_PAIR_GEN,
    () => templateOf([CKA_IBM_STRUCT_PARAMS, encodeDhParameters(groupOfSize(2048)!)]),
    "ALG_DH",
  ],
  [CKK_EC, CKM_EC_KEY_PAIR_GEN, () => templateOf([CKA_EC_PARAMS, P_256.oid]), "ALG_EC ALG_EC_NISTCRV"],
  [CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, () => templateOf(), "ALG_PQC ALG_DILITHIUM"],
  [CKK_IBM_PQC_KYBER, CKM_IBM_KYBER, () => templateOf(), "ALG_PQC ALG_KYBER"],
  [
    CKK_IBM_ML_DSA,
    CKM_IBM_ML_DSA_KEY_PAIR_GEN,
    () => templateOf([CKA_PARAMETER_SET, CKP_ML_DSA_44]),
    "ALG_PQC ALG_ML_DSA",
  ],
  [
    CKK_IBM_ML_KEM,
    CKM_IBM_ML_KEM_KEY_PAIR_GEN,
    () => templateOf([CKA_PARAMETER_SET, CKP_ML_KEM_512]),
    "ALG_PQC ALG_ML_KEM",
  ],
  [CKK_SLH_DSA, CKM_SLH_DSA_KEY_PAIR_GEN, () => templateOf([CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F]), "ALG_PQC"],
];

test.each(KINDS)(
  "keys of type %i come and go only as their control points say",
  async (keyType, gen, template, points) => {
    const { pub, priv } = await pairOf(gen, template(), templateOf());
    const kek = await secretOf(CKM_AES_KEY_GEN, [CKA_WRAP, true], [CKA_UNWRAP, true]);
    const { wrapped } = await engine.wrapKey({ mech: cbcPad, key: priv, kek });
    const { attributes } = await engine.getAttributeValue({ object: pub, attributes: [CKA_PUBLIC_KEY_INFO] });
    const spki = attributes.get(CKA_PUBLIC_KEY_INFO) as Uint8Array;
    const importMech = { mechanism: CKM_IBM_TRANSPORTKEY };
    const calls = (on: typeof engine) => [
      on.generateKeyPair({ mech: { mechanism: gen }, pubKeyTemplate: template(), privKeyTemplate: templateOf() }),
      on.wrapKey({ mech: cbcPad, key: priv, kek }),
      on.unwrapKey({ mech: cbcPad, wrapped, kek, template: templateOf([CKA_KEY_TYPE, keyType]) }),
      on.unwrapKey({ mech: importMech, wrapped: spki, template: templateOf([CKA_KEY_TYPE, keyType]) }),
      on.deriveKey({ mech: { mechanism: CKM_PUB_KEY_FROM_PRIV_KEY }, baseKey: priv, template: templateOf() }),
    ];
    expect(await Promise.all(calls(engine).map(rvOfCall))).toEqual([0, 0, 0, 0, 0]);
    for (const point of points.split(" ")) {
      const rvs = await Promise.all(calls(without(xcpCpbNumber(point)!)).map(rvOfCall));
      expect([point, rvs]).toEqual([point, rvs.map(() => CKR_FUNCTION_CANCELED)]);
    }
  },
);

test("an algorithm that is off neither carries attribute-bound keys nor vouches for them", async () => {
  const bound: [number, AttributeValue] = [CKA_IBM_ATTRBOUND, true];
  const rsa = await pairOf(
    CKM_RSA_PKCS_KEY_PAIR_GEN,
    templateOf([CKA_MODULUS_BITS, 2048], [CKA_WRAP, true], bound),
    templateOf([CKA_UNWRAP, true], bound),
  );
  const ec = await pairOf(
    CKM_EC_KEY_PAIR_GEN,
    templateOf([CKA_EC_PARAMS, P_256.oid], [CKA_VERIFY, true], bound),
    templateOf([CKA_SIGN, true], bound),
  );
  const key = await secretOf(CKM_GENERIC_SECRET_KEY_GEN, bound);
  const aes = await secretOf(CKM_AES_KEY_GEN, bound, [CKA_WRAP, true], [CKA_UNWRAP, true]);
  const mech = { mechanism: CKM_IBM_ATTRIBUTEBOUND_WRAP };
  const template = templateOf([CKA_KEY_TYPE, CKK_AES], bound);
  const under = async (kek: typeof rsa, mac: typeof rsa) => {
    const { wrapped } = await engine.wrapKey({ mech, key: aes, kek: kek.pub, macKey: mac.priv });
    return (on: typeof engine) => [
      on.wrapKey({ mech, key: aes, kek: kek.pub, macKey: mac.priv }),
      on.unwrapKey({ mech, wrapped, kek: kek.priv, macKey: mac.pub, template }),
    ];
  };
  const both = (secret: Uint8Array) => ({ pub: secret, priv: secret });
  for (const [off, calls] of [
    [XCP_CPB_ALG_RSA, await under(rsa, both(key))],
    [XCP_CPB_ALG_EC, await under(both(aes), ec)],
  ] as const) {
    expect(await Promise.all(calls(engine).map(rvOfCall))).toEqual([0, 0]);
    expect(await Promise.all(calls(without(off)).map(rvOfCall))).toEqual([
      CKR_FUNCTION_CANCELED,
      CKR_FUNCTION_CANCELED,
    ]);
  }
});
