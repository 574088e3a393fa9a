/**
 * Opens blobs of version 1 as they were when the format was frozen (testdata/blobs-v1.json). They must open forever, but are
 * no longer written. The history of such a key consists of its present rights, and its uid is derived from its value.
 */

import { readFileSync } from "node:fs";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { expect, test } from "vitest";
import * as frozenBlobs from "../../test/frozen-blobs.ts";
import * as sealing from "../../test/sealing.ts";
import { hex } from "../../test/vectors.ts";
import { impliedUid, type Key } from "../objects/key.ts";
import { openKey, sealKey } from "./key-blob.ts";

const frozen: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../testdata/blobs-v1.json", import.meta.url), "utf8"),
);
const opened = (key: Key): Key => ({ ...key, uid: impliedUid(key) });
const keys = new Map([
  ["secretKey", opened(sealing.AES_KEY)],
  ["privateKey", opened(sealing.EC_PRIVATE_KEY)],
  ["boundSecretKey", opened({ ...sealing.AES_KEY, session: frozenBlobs.frozenSession })],
]);
const publicKeys = new Map([["publicKey", sealing.EC_PUBLIC_KEY]]);
const states = new Map(
  sealing
    .sampleStates(frozenBlobs.frozenExpires)
    .map((state) => [`${state.operation}State`, { ...state, key: state.key && opened(state.key) }]),
);

frozenBlobs.testFrozenBlobs(frozen, { keys, publicKeys, states });

test("a login still returns the same PIN blob", () => {
  expect(toHex(frozenBlobs.frozenPinBlob)).toBe(frozen.pinBlob);
});

test.each([...keys])("%s becomes the same key of version 2", (name, key) => {
  const blob = hex(frozen[name]!);
  const again = sealKey(sealing.MASTER_KEY, openKey(frozenBlobs.frozenKeyring, blob), sealing.repeatableRandom());
  expect([toHex(blob.subarray(64, 66)), toHex(again.subarray(64, 66))]).toEqual(["4731", "4732"]);
  expect(openKey(frozenBlobs.frozenKeyring, again)).toEqual(key);
});

test.each([...keys])("%s: every single-bit flip is refused", (name) => {
  for (const [flipped, byte] of sealing.bitFlips(hex(frozen[name]!))) {
    const expected = byte >= 32 && byte < 48 ? ck.CKR_IBM_WKID_MISMATCH : ck.CKR_IBM_BLOB_ERROR;
    expect([byte, sealing.rvOf(() => openKey(frozenBlobs.frozenKeyring, flipped))]).toEqual([byte, expected]);
  }
});
