import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";
import { repeatableRandom } from "../../test/sealing.ts";
import { SPKI_TRAILER_BYTES } from "../blobs/spki-blob.ts";
import { Keyring, LiveKeyring } from "../keyring/keyring.ts";
import { P_256 } from "../primitives/ec/curves.ts";

const random = repeatableRandom();

test("returns the attributes of the key, whatever the caller wrote into the envelope", async () => {
  const keyring = new LiveKeyring(Keyring.create(random));
  const engine = testEngine({ keyring });
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[ck.CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const forged = new Map(pubKey.attributes).set(ck.CKA_PUBLIC_KEY_INFO, new Uint8Array(91)).set(ck.CKA_KEY_TYPE, 0);
  const wrappedKey = { ...pubKey, attributes: forged, version: 7 };
  expect(await rvOfCall(engine.rewrapKeyBlob({ wrappedKey }))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);

  const loaded = keyring.keyring.generate(random);
  const next = loaded.next!.masterKey;
  keyring.replace(loaded.commit(next.verificationPattern));
  const { rewrappedKey } = await engine.rewrapKeyBlob({ wrappedKey });
  expect(rewrappedKey.keyBlobId).toEqual(pubKey.keyBlobId);
  expect(rewrappedKey.version).toBe(8);
  const known = new Map(pubKey.attributes).set(ck.CKA_GREP11_WKID, next.wkid);
  known.delete(ck.CKA_KEY_GEN_MECHANISM); // a public key with its MAC does not carry it
  expect(rewrappedKey.attributes).toEqual(known);

  const spki = ck.sealedBytes(pubKey).slice(0, -SPKI_TRAILER_BYTES);
  const bare = { ...wrappedKey, keyBlobs: [spki], version: Number.MAX_SAFE_INTEGER };
  const { rewrappedKey: untouched } = await engine.rewrapKeyBlob({ wrappedKey: bare });
  expect(ck.sealedBytes(untouched)).toEqual(spki);
  expect(untouched.version).toBe(Number.MAX_SAFE_INTEGER);
  expect(untouched.attributes.get(ck.CKA_KEY_TYPE)).toBe(ck.CKK_EC);
  expect(untouched.attributes.get(ck.CKA_PUBLIC_KEY_INFO)).toEqual(spki);
});
