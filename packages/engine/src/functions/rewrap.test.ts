import {
  CKA_EC_PARAMS,
  CKA_GREP11_WKID,
  CKA_KEY_GEN_MECHANISM,
  CKA_KEY_TYPE,
  CKA_PUBLIC_KEY_INFO,
  CKK_EC,
  CKM_EC_KEY_PAIR_GEN,
  CKR_IBM_WK_NOT_INITIALIZED,
  sealedBytes,
} from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { rvOfCall, testEngine } from "../../test/engine.ts";
import { repeatableRandom } from "../../test/sealing.ts";
import { SPKI_TRAILER_BYTES } from "../blobs/spki-blob.ts";
import { Keyring } from "../keyring/keyring.ts";
import { LiveKeyring } from "../keyring/live-keyring.ts";
import { P_256 } from "../primitives/ec/curves.ts";

const random = repeatableRandom();

test("answers what the HSM knows of the key, whatever stands in the envelope that comes", async () => {
  const keyring = new LiveKeyring(Keyring.create(random));
  const engine = testEngine({ keyring });
  const { pubKey } = await engine.generateKeyPair({
    mech: { mechanism: CKM_EC_KEY_PAIR_GEN },
    pubKeyTemplate: new Map([[CKA_EC_PARAMS, P_256.oid]]),
    privKeyTemplate: new Map(),
  });
  const forged = new Map(pubKey.attributes).set(CKA_PUBLIC_KEY_INFO, new Uint8Array(91)).set(CKA_KEY_TYPE, 0);
  const wrappedKey = { ...pubKey, attributes: forged, version: 7 };
  expect(await rvOfCall(engine.rewrapKeyBlob({ wrappedKey }))).toBe(CKR_IBM_WK_NOT_INITIALIZED);

  const loaded = keyring.keyring.generate(random);
  const next = loaded.next!.masterKey;
  keyring.replace(loaded.commit(next.verificationPattern));
  const { rewrappedKey } = await engine.rewrapKeyBlob({ wrappedKey });
  expect(rewrappedKey.keyBlobId).toEqual(pubKey.keyBlobId);
  expect(rewrappedKey.version).toBe(8);
  const known = new Map(pubKey.attributes).set(CKA_GREP11_WKID, next.wkid);
  known.delete(CKA_KEY_GEN_MECHANISM); // a public key with its MAC does not carry it
  expect(rewrappedKey.attributes).toEqual(known);

  const spki = sealedBytes(pubKey).slice(0, -SPKI_TRAILER_BYTES);
  const bare = { ...wrappedKey, keyBlobs: [spki], version: Number.MAX_SAFE_INTEGER };
  const { rewrappedKey: untouched } = await engine.rewrapKeyBlob({ wrappedKey: bare });
  expect(sealedBytes(untouched)).toEqual(spki);
  expect(untouched.version).toBe(Number.MAX_SAFE_INTEGER);
  expect(untouched.attributes.get(CKA_KEY_TYPE)).toBe(CKK_EC);
  expect(untouched.attributes.get(CKA_PUBLIC_KEY_INFO)).toEqual(spki);
});
