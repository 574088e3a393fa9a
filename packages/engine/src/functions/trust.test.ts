import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";
import { keyringOf, MASTER_KEY, repeatableRandom, rvOf } from "../../test/sealing.ts";
import { HPCS_POLICY, STRICT_POLICY } from "../objects/policy/policy.ts";
import { P_256 } from "../primitives/ec/curves.ts";
import { changeTrust } from "./trust.ts";

const keyring = keyringOf(MASTER_KEY);
const random = repeatableRandom();
const RIGHTS = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE];
const only = (...rights: number[]): [number, ck.AttributeValue][] =>
  RIGHTS.map((right) => [right, rights.includes(right)]);

const trust = (blob: Uint8Array, imported = false) => changeTrust(keyring, blob, { trusted: true, imported }, random);
const distrust = (blob: Uint8Array) => changeTrust(keyring, blob, { trusted: false, imported: false }, random);
const hpcs = testEngine({ policy: HPCS_POLICY });
const strict = testEngine({ policy: STRICT_POLICY });

async function aes(on: typeof hpcs, ...attributes: [number, ck.AttributeValue][]): Promise<Uint8Array> {
  const template = new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, 32], ...attributes]);
  return ck.sealedBytes((await on.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template })).key);
}

async function ecPair(on: typeof hpcs, pub: readonly number[], priv: readonly number[]) {
  const { pubKey, privKey } = await on.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid], ...only(...pub)]),
    privKeyTemplate: new Map(only(...priv)),
  });
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
}

describe.each([
  ["hpcs", hpcs],
  ["strict", strict],
])("%s", (_name, on) => {
  test("a trusted KEK wraps keys that need one; it cannot be changed and does not leave", async () => {
    const kek = await aes(on, ...only(ck.CKA_WRAP, ck.CKA_UNWRAP), [ck.CKA_EXTRACTABLE, true]);
    const trusted = trust(kek);
    const asked = [ck.CKA_TRUSTED, ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_MODIFIABLE, ck.CKA_EXTRACTABLE];
    const { attributes } = await on.getAttributeValue({ object: trusted, attributes: asked });
    expect(asked.map((attribute) => attributes.get(attribute))).toEqual([true, true, true, false, false]);
    const key = await aes(on, ...only(ck.CKA_ENCRYPT), [ck.CKA_EXTRACTABLE, true], [ck.CKA_WRAP_WITH_TRUSTED, true]);
    const mech = { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
    expect(await rvOfCall(on.wrapKey({ mech, key, kek: trusted }))).toBe(0);
    expect(await rvOfCall(on.wrapKey({ mech, key, kek }))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
    expect(await rvOfCall(on.wrapKey({ mech, key: trusted, kek }))).toBe(ck.CKR_KEY_UNEXTRACTABLE);
    const changes = new Map([[ck.CKA_DECRYPT, true]]);
    expect(await rvOfCall(on.setAttributeValue({ object: trusted, attributes: changes }))).toBe(
      ck.CKR_ACTION_PROHIBITED,
    );
    expect(await rvOfCall(on.wrapKey({ mech, key, kek: distrust(trusted) }))).toBe(ck.CKR_KEY_NOT_WRAPPABLE);
  });

  test("a public key of a pair for transport can be trusted; other halves cannot", async () => {
    const kek = await ecPair(on, [ck.CKA_WRAP], [ck.CKA_UNWRAP]);
    expect(await rvOfCall(on.getAttributeValue({ object: trust(kek.pub), attributes: [ck.CKA_TRUSTED] }))).toBe(0);
    expect(rvOf(() => trust(kek.priv))).toBe(ck.CKR_ACTION_PROHIBITED);
    const signer = await ecPair(on, [], [ck.CKA_SIGN]);
    expect(rvOf(() => trust(signer.pub, true))).toBe(ck.CKR_ACTION_PROHIBITED);
  });

  test("an imported key is trusted only if the operator vouches for it", async () => {
    const { pub } = await ecPair(on, [], []);
    const imported = await on.unwrapKey({
      mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
      wrapped: pub.slice(0, -128),
      kek: new Uint8Array(0),
      template: new Map([[ck.CKA_WRAP, true]]),
    });
    const blob = ck.sealedBytes(imported.unwrapped);
    expect(rvOf(() => trust(blob))).toBe(ck.CKR_ACTION_PROHIBITED);
    const { attributes } = await on.getAttributeValue({ object: trust(blob, true), attributes: [ck.CKA_TRUSTED] });
    expect(attributes.get(ck.CKA_TRUSTED)).toBe(true);
    expect(rvOf(() => trust(pub.slice(0, -128), true))).toBe(ck.CKR_ACTION_PROHIBITED);
  });
});

test.each([ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY, ck.CKA_DERIVE, ck.CKA_IBM_USE_AS_DATA])(
  "a key that ever had attribute %i is never trusted",
  async (right) => {
    const has = await aes(hpcs, ...only(ck.CKA_WRAP), [right, true]);
    const { object } = await hpcs.setAttributeValue({ object: has, attributes: new Map([[right, false]]) });
    for (const blob of [has, object]) expect(rvOf(() => trust(blob, true))).toBe(ck.CKR_ACTION_PROHIBITED);
  },
);

test("a pair whose private half could ever decrypt, sign or derive is not trusted, whichever half records it", async () => {
  for (const right of [ck.CKA_SIGN, ck.CKA_DERIVE]) {
    const { pub } = await ecPair(hpcs, [ck.CKA_WRAP], [ck.CKA_UNWRAP, right]);
    expect(rvOf(() => trust(pub, true))).toBe(ck.CKR_ACTION_PROHIBITED);
  }
});

test("damaged blobs, too long ones and several at once are refused", async () => {
  const { pub } = await ecPair(hpcs, [ck.CKA_WRAP], [ck.CKA_UNWRAP]);
  const changed = pub.slice();
  changed[changed.length - 1]! ^= 1;
  for (const blob of [changed, Uint8Array.of(...pub, ...pub), new Uint8Array(20_000)]) {
    expect(rvOf(() => trust(blob))).toBe(ck.CKR_IBM_BLOB_ERROR);
  }
});
