/**
 * Tests that unknown attributes, with values of any kind, are ignored in templates, or cause CKR_ATTRIBUTE_TYPE_INVALID if
 * the policy refuses them, and that they can be neither read nor changed (PKCS #11 v3.2, 4.1 and 5.7;
 * docs/reference/ep11.md#attribute-rules).
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine.ts";
import { STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";

type Attributes = readonly (readonly [number, ck.AttributeValue])[];

/**
 * In this order: an attribute of another vendor, an attribute of a later standard, an unassigned number, and the first
 * vendor number.
 */
const UNKNOWN = [0x80015008, 0x00006000, 0xffffffff, ck.CKA_VENDOR_DEFINED];
const VALUES: readonly ck.AttributeValue[] = [
  true,
  false,
  0,
  7,
  Number.MAX_SAFE_INTEGER,
  new Uint8Array(0),
  Uint8Array.of(1),
];

const secret: Attributes = [
  [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
  [ck.CKA_VALUE_LEN, 32],
];
const templateOf = (attributes: Attributes, more: Attributes = []): ck.Template => new Map([...attributes, ...more]);
const generate = async (engine: Engine, mechanism: number, attributes: Attributes) =>
  ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template: templateOf(attributes) })).key);

/** Calls of every function that takes a template; `extra` is added to the template. */
function makers(engine: Engine): readonly (readonly [string, (extra: Attributes) => Promise<unknown>])[] {
  const ec: Attributes = [[ck.CKA_EC_PARAMS, P_256.oid]];
  const pair = (inPublic: Attributes, inPrivate: Attributes) =>
    engine.generateKeyPair({
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: templateOf(ec, inPublic),
      privKeyTemplate: templateOf([], inPrivate),
    });
  return [
    ["GenerateKey", (extra) => generate(engine, ck.CKM_AES_KEY_GEN, [[ck.CKA_VALUE_LEN, 16], ...extra])],
    [
      "GenerateKey of parameters",
      (extra) => generate(engine, ck.CKM_DH_PKCS_PARAMETER_GEN, [[ck.CKA_PRIME_BITS, 2048], ...extra]),
    ],
    ["GenerateKeyPair, public", (extra) => pair(extra, [])],
    ["GenerateKeyPair, private", (extra) => pair([], extra)],
    [
      "UnwrapKey",
      async (extra) => {
        const kek = await generate(engine, ck.CKM_AES_KEY_GEN, [
          [ck.CKA_VALUE_LEN, 32],
          [ck.CKA_WRAP, true],
          [ck.CKA_UNWRAP, true],
        ]);
        const mech = { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
        const key = await generate(engine, ck.CKM_AES_KEY_GEN, [
          [ck.CKA_VALUE_LEN, 16],
          [ck.CKA_EXTRACTABLE, true],
        ]);
        const { wrapped } = await engine.wrapKey({ mech, key, kek });
        return engine.unwrapKey({ mech, wrapped, kek, template: templateOf([[ck.CKA_KEY_TYPE, ck.CKK_AES]], extra) });
      },
    ],
    [
      "UnwrapKey of a public key",
      async (extra) => {
        const { pubKey } = await pair([], []);
        const sealed = ck.sealedBytes(pubKey);
        const wrapped = sealed.subarray(0, 2 + sealed[1]!);
        return engine.unwrapKey({
          mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
          wrapped,
          template: templateOf([], extra),
        });
      },
    ],
    [
      "DeriveKey",
      async (extra) => {
        const base: Attributes = [
          [ck.CKA_VALUE_LEN, 32],
          [ck.CKA_DERIVE, true],
        ];
        const baseKey = await generate(engine, ck.CKM_GENERIC_SECRET_KEY_GEN, base);
        const mech = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
        return engine.deriveKey({ mech, baseKey, template: templateOf(secret, extra) });
      },
    ],
  ];
}

describe.each([
  ["the default policy", testEngine(), 0],
  ["the policy strict", testEngine({ policy: STRICT_POLICY }), ck.CKR_ATTRIBUTE_TYPE_INVALID],
] as const)("%s", (_name, engine, expected) => {
  test.each(makers(engine))("%s", async (_function, make) => {
    expect(await rvOfCall(make([]))).toBe(0);
    for (const attribute of UNKNOWN) {
      for (const value of VALUES)
        expect(await rvOfCall(make([[attribute, value]])), `${attribute} ${value}`).toBe(expected);
    }
  });

  test("GetAttributeValue and SetAttributeValue refuse them", async () => {
    const object = await generate(engine, ck.CKM_AES_KEY_GEN, [[ck.CKA_VALUE_LEN, 16]]);
    for (const attribute of UNKNOWN) {
      expect(await rvOfCall(engine.getAttributeValue({ object, attributes: [attribute] }))).toBe(
        ck.CKR_ATTRIBUTE_TYPE_INVALID,
      );
      for (const value of VALUES) {
        const attributes = new Map([[attribute, value]]);
        expect(await rvOfCall(engine.setAttributeValue({ object, attributes }))).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
      }
    }
  });
});
