import * as ck from "@grep11/cryptoki";
import { beforeEach, expect, test } from "vitest";
import { testEngine } from "../../test/engine.ts";
import { repeatableRandom } from "../../test/sealing.ts";
import { Keyring, LiveKeyring } from "../keyring/keyring.ts";
import { P_256 } from "../primitives/ec/curves.ts";

const random = repeatableRandom();
const keyring = new LiveKeyring(Keyring.create(random));
const { wkid } = keyring.keyring.sealingKey();
const engine = testEngine({ keyring });
const cbc = { mechanism: ck.CKM_AES_CBC, parameter: new Uint8Array(16) };
const template = new Map<number, ck.AttributeValue>([
  [ck.CKA_VALUE_LEN, 16],
  [ck.CKA_EXTRACTABLE, true],
]);

let report: ck.CallReport;
beforeEach(() => {
  report = { mechanisms: [], keys: [] };
});

async function aesKey(options?: ck.CallOptions): Promise<Uint8Array> {
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template }, options)).key);
}

test("reports a new key, and the same uid when the key is used", async () => {
  const key = await aesKey({ report });
  await engine.encryptSingle({ mech: cbc, key, plain: new Uint8Array(16) }, { report });
  expect(report).toEqual({ mechanisms: [], keys: [{ uid: expect.any(Uint8Array), wkid }] });
});

test("reports mechanism and key of an operation that a state continues", async () => {
  const key = await aesKey({ report });
  const { state } = await engine.encryptInit({ mech: cbc, key });
  const [known] = report.keys.splice(0);
  await engine.encryptUpdate({ state, plain: new Uint8Array(16) }, { report });
  expect(report).toEqual({ mechanisms: [ck.CKM_AES_CBC], keys: [known] });
  const digest = await engine.digestInit({ mech: { mechanism: ck.CKM_SHA256 } });
  await engine.digestUpdate({ ...digest, data: new Uint8Array(1) }, { report });
  expect(report.mechanisms).toEqual([ck.CKM_AES_CBC, ck.CKM_SHA256]);
});

test("reports every key of a call that has several, also if the call fails", async () => {
  const [key, kek] = [await aesKey({ report }), await aesKey({ report })];
  const known = report.keys.splice(0);
  await engine.wrapKey({ mech: cbc, key, kek }, { report }).catch(() => undefined);
  expect(report.keys).toEqual(known);
});

test("reports both master keys of a rewrap", async () => {
  const key = await aesKey({ report });
  const rotating = new LiveKeyring(keyring.keyring);
  const loaded = rotating.keyring.generate(random);
  const next = loaded.next!.masterKey;
  rotating.replace(loaded.commit(next.verificationPattern));
  await testEngine({ keyring: rotating }).rewrapKeyBlob({ wrappedKey: key }, { report });
  const [{ uid }] = report.keys as [ck.UsedKey];
  expect(report.keys).toEqual([
    { uid, wkid },
    { uid, wkid: next.wkid },
  ]);
});

test("reports a public key without MAC, which no master key seals", async () => {
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const spki = pubKey.attributes.get(ck.CKA_PUBLIC_KEY_INFO) as Uint8Array;
  const attributes = [ck.CKA_KEY_TYPE];
  await engine.getAttributeValue({ object: ck.sealedBytes(pubKey), attributes }, { report });
  await engine.getAttributeValue({ object: spki, attributes }, { report });
  expect(report.keys.map((used) => used.wkid)).toEqual([wkid, undefined]);
  expect(report.keys[0]?.uid).toEqual(report.keys[1]?.uid);
});

test("returns copies", async () => {
  const key = await aesKey();
  await engine.getAttributeValue({ object: key, attributes: [] }, { report });
  report.keys[0]!.uid.fill(0);
  report.keys[0]!.wkid!.fill(0);
  await engine.getAttributeValue({ object: key, attributes: [] }, { report });
  expect(report.keys[1]?.uid).not.toEqual(report.keys[0]?.uid);
  expect(report.keys[1]?.wkid).toEqual(wkid);
});
