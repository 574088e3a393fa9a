import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { HPCS_POLICY, STRICT_POLICY } from "../../src/objects/policy/policy.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";

type Attributes = readonly [number, ck.AttributeValue][];

const NO_SESSION = new Uint8Array(32);
const AES: Attributes = [
  [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
  [ck.CKA_KEY_TYPE, ck.CKK_AES],
  [ck.CKA_VALUE_LEN, 32],
];

describe.each([HPCS_POLICY, STRICT_POLICY])("under $name", (policy) => {
  const engine = testEngine({ policy });
  const mech = (mechanism: number) => ({ mechanism });
  const keyWith = async (...rights: number[]) => {
    const template = new Map([...AES, ...rights.map((right): [number, ck.AttributeValue] => [right, true])]);
    return (await engine.generateKey({ mech: mech(ck.CKM_AES_KEY_GEN), template })).key;
  };

  test("no function binds a key to a login session or claims that it did", async () => {
    const { pinblob } = await engine.login({ storeid: new Uint8Array(4), pin: new Uint8Array(8).fill(0x31) });
    const [kek, baseKey] = [await keyWith(ck.CKA_WRAP, ck.CKA_UNWRAP), await keyWith(ck.CKA_DERIVE)];
    const { wrapped } = await testEngine().wrapKey({
      mech: mech(ck.CKM_AES_KEY_WRAP_KWP),
      kek,
      key: await exportable(),
    });
    const made = async (session: ck.AttributeValue) => {
      const secret = new Map([...AES, [ck.CKA_IBM_LOGIN_SESSION, session] as const]);
      const bound = new Map([[ck.CKA_IBM_LOGIN_SESSION, session]]);
      const curve = new Map<number, ck.AttributeValue>([[ck.CKA_EC_PARAMS, P_256.oid]]);
      const pair = mech(ck.CKM_EC_KEY_PAIR_GEN);
      const both = new Map([...curve, ...bound]);
      return Promise.all(
        [
          engine.generateKey({ mech: mech(ck.CKM_AES_KEY_GEN), template: secret }),
          engine.generateKeyPair({ mech: pair, pubKeyTemplate: both, privKeyTemplate: new Map() }),
          engine.generateKeyPair({ mech: pair, pubKeyTemplate: curve, privKeyTemplate: bound }),
          engine.deriveKey({ mech: mech(ck.CKM_SHA256_KEY_DERIVATION), template: secret, baseKey }),
          engine.unwrapKey({ mech: mech(ck.CKM_AES_KEY_WRAP_KWP), template: secret, kek, wrapped }),
        ].map((call) => rvOfCall(call)),
      );
    };
    const refused = new Array<number>(5).fill(ck.CKR_IBM_SESSION_IMMUTABLE);
    for (const session of [pinblob, pinblob.subarray(0, 32), NO_SESSION.with(31, 1), true, 1]) {
      expect(await made(session)).toEqual(refused);
    }
    for (const none of [NO_SESSION, new Uint8Array(0)]) expect(await made(none)).toEqual([0, 0, 0, 0, 0]);
  });

  test("no key is bound afterwards", async () => {
    const object = ck.sealedBytes(await keyWith());
    const attributes = new Map([[ck.CKA_IBM_LOGIN_SESSION, NO_SESSION.with(0, 1)]]);
    expect(await rvOfCall(engine.setAttributeValue({ object, attributes }))).toBe(ck.CKR_IBM_SESSION_IMMUTABLE);
    const read = await engine.getAttributeValue({ object, attributes: [ck.CKA_IBM_LOGIN_SESSION] });
    expect(read.attributes.get(ck.CKA_IBM_LOGIN_SESSION)).toEqual(NO_SESSION);
  });
});

/** Generates an extractable key, whatever the policy's default is. */
async function exportable() {
  return (await testEngine().generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: new Map(AES) })).key;
}
