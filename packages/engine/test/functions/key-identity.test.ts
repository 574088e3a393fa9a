/** Tests that every function which makes a new blob of a key keeps the key's uid and its history of rights. */

import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { expect, test } from "vitest";
import { openKey } from "../../src/blobs/key-blob.ts";
import { openPublicKey } from "../../src/blobs/spki-blob.ts";
import { openState } from "../../src/blobs/state-blob.ts";
import { Keyring, LiveKeyring } from "../../src/keyring/keyring.ts";
import { bitOf, hasBoolean } from "../../src/objects/booleans.ts";
import type { Key } from "../../src/objects/key.ts";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { testEngine } from "../engine.ts";
import { repeatableRandom } from "../sealing.ts";

const random = repeatableRandom();
const loaded = Keyring.create(random).generate(random);
const keyring = new LiveKeyring(loaded.commit(loaded.next!.masterKey.verificationPattern));
const engine = testEngine({ keyring, clock: () => 0 });
const template = (...pairs: [number, ck.AttributeValue][]): ck.Template => new Map(pairs);
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };

function opened(blob: Uint8Array | ck.KeyBlob, at = keyring.keyring): Key {
  const sealed = ck.sealedBytes(blob);
  return sealed[0] === 0x30 ? openPublicKey(at, sealed).key : openKey(at, sealed);
}

async function generate(...rights: number[]): Promise<ck.KeyBlob> {
  const wanted = template([ck.CKA_VALUE_LEN, 32], ...rights.map((right): [number, boolean] => [right, true]));
  return (await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: wanted })).key;
}

const pair = await engine.generateKeyPair({
  mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
  pubKeyTemplate: template([ck.CKA_EC_PARAMS, P_256.oid], [ck.CKA_DERIVE, true]),
  privKeyTemplate: template([ck.CKA_DERIVE, true]),
});

test.each<readonly [string, ck.KeyBlob, number]>([
  ["a secret key", await generate(ck.CKA_WRAP), ck.CKA_WRAP],
  ["a private key", pair.privKey, ck.CKA_DERIVE],
  ["a public key", pair.pubKey, ck.CKA_DERIVE],
])(
  "%s keeps its uid and its history when it changes and is sealed under the next master key",
  async (_, made, right) => {
    const key = opened(made);
    expect(key.uid.length).toBe(16);
    // The history of the public half includes the rights of the private half.
    expect(key.everSet).toBe(key.booleans | (key.objectClass === ck.CKO_PUBLIC_KEY ? bitOf(ck.CKA_SIGN) : 0));
    expect(hasBoolean(key.booleans, right)).toBe(true);

    const { object } = await engine.setAttributeValue({
      object: ck.sealedBytes(made),
      attributes: template([right, false]),
    });
    const changed = opened(object);
    expect(changed).toEqual({ ...key, booleans: key.booleans & ~bitOf(right), attributes: changed.attributes });

    const { rewrappedKey } = await engine.rewrapKeyBlob({ wrappedKey: object });
    expect(ck.sealedBytes(rewrappedKey)).not.toEqual(object);
    expect(opened(rewrappedKey, keyring.keyring.activate())).toEqual(changed);
  },
);

test("the public half of a private key has in its history the counterparts of removed rights", async () => {
  const attributes = template([ck.CKA_DERIVE, false]);
  const { object } = await engine.setAttributeValue({ object: ck.sealedBytes(pair.privKey), attributes });
  const response = await engine.getAttributeValue({ object, attributes: [ck.CKA_IBM_MACED_PUBLIC_KEY_INFO] });
  const half = opened(response.attributes.get(ck.CKA_IBM_MACED_PUBLIC_KEY_INFO) as Uint8Array);
  expect(hasBoolean(half.booleans, ck.CKA_DERIVE)).toBe(false);
  expect(hasBoolean(half.everSet, ck.CKA_DERIVE)).toBe(true);
  expect(hasBoolean(half.everSet, ck.CKA_VERIFY)).toBe(true);
});

test("a state carries uid and history of its key", async () => {
  const made = await generate(ck.CKA_ENCRYPT, ck.CKA_WRAP);
  const { object } = await engine.setAttributeValue({
    object: ck.sealedBytes(made),
    attributes: template([ck.CKA_WRAP, false]),
  });
  const { state } = await engine.encryptInit({ mech: cbcPad, key: object });
  const after = await engine.encryptUpdate({ state, plain: new Uint8Array(20) });
  for (const sealed of [state, after.state]) {
    const { key } = openState(keyring.keyring, sealed, "encrypt", 0);
    expect(key).toEqual(opened(object));
    expect(hasBoolean(key!.everSet, ck.CKA_WRAP)).toBe(true);
  }
});

test("every new key has its own uid, even if the same value is unwrapped twice", async () => {
  const kek = await generate(ck.CKA_WRAP, ck.CKA_UNWRAP, ck.CKA_DERIVE);
  const key = await generate(ck.CKA_ENCRYPT, ck.CKA_DECRYPT);
  const { wrapped } = await engine.wrapKey({ mech: cbcPad, kek, key });
  const wanted = template([ck.CKA_CLASS, ck.CKO_SECRET_KEY], [ck.CKA_KEY_TYPE, ck.CKK_AES], [ck.CKA_ENCRYPT, true]);
  const unwrap = async () => (await engine.unwrapKey({ mech: cbcPad, kek, wrapped, template: wanted })).unwrapped;
  const derive = async () => {
    const mech = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
    return (await engine.deriveKey({ mech, baseKey: kek, template: new Map() })).newKey;
  };
  const made = [kek, key, await unwrap(), await unwrap(), await derive(), await derive(), pair.privKey].map((blob) =>
    opened(blob),
  );
  expect(new Set(made.map(({ uid }) => toHex(uid))).size).toBe(made.length);
  expect(made[2]!.value).toEqual(made[3]!.value);
  expect(hasBoolean(made[2]!.everSet, ck.CKA_DECRYPT)).toBe(false);
});

test("the uid is in no attribute, no envelope and no header", async () => {
  const made = await generate(ck.CKA_ENCRYPT);
  const uid = toHex(opened(made).uid);
  const everything = [...made.attributes.values(), made.keyBlobId, made.txId, ck.sealedBytes(made)];
  for (const value of everything) {
    if (value instanceof Uint8Array) expect(toHex(value)).not.toContain(uid);
  }
});
