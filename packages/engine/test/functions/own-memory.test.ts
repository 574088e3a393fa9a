/** Tests that later calls are not affected if a caller changes the buffers of an earlier request or response. */
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { P_256 } from "../../src/primitives/ec/curves.ts";
import { testEngine } from "../engine.ts";

const engine = testEngine();

test("responses of GetAttributeValue and of key generation belong to the caller", async () => {
  const generate = () =>
    engine.generateKeyPair({
      mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
      pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid.slice()]]),
      privKeyTemplate: new Map(),
    });
  const { pubKey } = await generate();
  const object = ck.sealedBytes(pubKey).slice();
  const wanted = [ck.CKA_EC_POINT, ck.CKA_EC_PARAMS, ck.CKA_PUBLIC_KEY_INFO, ck.CKA_IBM_LOGIN_SESSION];
  const read = async () => (await engine.getAttributeValue({ object, attributes: wanted })).attributes;
  const before = structuredClone(await read());
  for (const attributes of [pubKey.attributes, await read()]) {
    for (const value of attributes.values()) if (value instanceof Uint8Array) value.fill(0xee);
  }
  expect(await read()).toEqual(before);
  expect((await generate()).pubKey.attributes.get(ck.CKA_GREP11_WKID)).not.toEqual(
    pubKey.attributes.get(ck.CKA_GREP11_WKID),
  );
});

test("the bytes of a key argument are read once", async () => {
  const { key } = await engine.generateKey({
    mech: { mechanism: ck.CKM_AES_KEY_GEN },
    template: new Map([[ck.CKA_VALUE_LEN, 16]]),
  });
  const encrypt = async (argument: Uint8Array) =>
    (await engine.encryptSingle({ mech: { mechanism: ck.CKM_AES_ECB }, key: argument, plain: new Uint8Array(16) }))
      .ciphered;
  const buffer = ck.sealedBytes(key).slice();
  const ciphered = await encrypt(buffer);
  buffer.fill(0);
  expect(await encrypt(ck.sealedBytes(key))).toEqual(ciphered);
});
