import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";

const engine = testEngine();
const iv = new Uint8Array(16);
const cbc = { mechanism: ck.CKM_AES_CBC, parameter: iv };
const cbcPad = { mechanism: ck.CKM_AES_CBC_PAD, parameter: iv };

async function key(...without: readonly number[]): Promise<Uint8Array> {
  const template = new Map<number, number | boolean>([[ck.CKA_VALUE_LEN, 16]]);
  for (const usage of without) template.set(usage, false);
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template })).key);
}

test("reveals nothing about the plaintext when it fails, whichever key fails", async () => {
  const [decKey, encKey] = [await key(), await key()];
  const reencrypt = (ciphered: Uint8Array) =>
    engine
      .reencryptSingle({ decMech: cbcPad, encMech: cbc, decKey, encKey, ciphered })
      .catch((error: ck.CkError) => error);
  const uneven = (await engine.encryptSingle({ mech: cbcPad, key: decKey, plain: new Uint8Array(5) })).ciphered;
  const even = (await engine.encryptSingle({ mech: cbcPad, key: decKey, plain: new Uint8Array(16) })).ciphered;
  const broken = even.slice(0, 16);
  const [first, second] = [await reencrypt(uneven), await reencrypt(broken)];
  expect(first).toMatchObject({ rv: ck.CKR_ENCRYPTED_DATA_INVALID });
  expect(JSON.stringify(first)).toBe(JSON.stringify(second));
  expect((first as ck.CkError).message).toBe((second as ck.CkError).message);
  expect(await reencrypt(even)).not.toBeInstanceOf(ck.CkError);
});

test("needs the right to decrypt with one key and to encrypt with the other", async () => {
  const [decKey, encKey] = [await key(ck.CKA_ENCRYPT), await key(ck.CKA_DECRYPT)];
  const { ciphered } = await engine.encryptSingle({ mech: cbc, key: encKey, plain: new Uint8Array(32) });
  const reencrypt = (from: Uint8Array, to: Uint8Array) =>
    rvOfCall(engine.reencryptSingle({ decMech: cbc, encMech: cbcPad, decKey: from, encKey: to, ciphered }));
  expect(await reencrypt(decKey, encKey)).toBe(0);
  expect(await reencrypt(encKey, encKey)).toBe(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
  expect(await reencrypt(decKey, decKey)).toBe(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
});
