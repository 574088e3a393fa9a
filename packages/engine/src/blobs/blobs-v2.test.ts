/**
 * Opens blobs of version 2 as they were when the format was frozen (testdata/blobs-v2.json), with the public keys, PIN blob
 * and keyring files of that time. They must open forever. If the test that rebuilds them fails, the format has changed and
 * needs a new version in addition to this one, not a new fixture.
 */

import { readFileSync } from "node:fs";
import { toHex } from "@grep11/encoding";
import { expect, test } from "vitest";
import * as frozenBlobs from "../../test/frozen-blobs.ts";
import * as sealing from "../../test/sealing.ts";
import { serialiseKeyring } from "../keyring/keyring-file.ts";
import { UnsealKey } from "../keyring/unseal-key.ts";
import { sealKey } from "./key-blob.ts";
import { sealPublicKey } from "./spki-blob.ts";
import { sealState } from "./state-blob.ts";

const frozen: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../testdata/blobs-v2.json", import.meta.url), "utf8"),
);
const keys = new Map([
  ["secretKey", sealing.AES_KEY],
  ["privateKey", sealing.EC_PRIVATE_KEY],
  ["boundSecretKey", { ...sealing.AES_KEY, session: frozenBlobs.frozenSession }],
  ["restrictedSecretKey", { ...sealing.AES_KEY, booleans: 0x8125, everSet: 0xed25 }],
  ["secretKeyOfWholeBlocks", { ...sealing.AES_KEY, attributes: new Map(), value: sealing.counting(48) }],
]);
const publicKeys = new Map([
  ["publicKey", sealing.EC_PUBLIC_KEY],
  ["restrictedPublicKey", { ...sealing.EC_PUBLIC_KEY, booleans: 0x8020, everSet: 0xc024 }],
]);
const restricted = { ...sealing.AES_KEY, everSet: 0xcd25 };
const states = new Map(
  sealing
    .sampleStates(frozenBlobs.frozenExpires)
    .map((state) => [`${state.operation}State`, state.operation === "encrypt" ? { ...state, key: restricted } : state]),
);

frozenBlobs.testFrozenBlobs(frozen, { keys, publicKeys, states });

test("sealing the same content with the same random bytes gives identical blobs", async () => {
  const random = sealing.repeatableRandom("blobs v2");
  const made: [string, Uint8Array][] = [];
  for (const [name, key] of keys) made.push([name, sealKey(sealing.MASTER_KEY, key, random)]);
  for (const [name, key] of publicKeys) made.push([name, sealPublicKey(sealing.MASTER_KEY, key, random)]);
  for (const [name, state] of states) made.push([name, sealState(sealing.MASTER_KEY, state, random)]);
  made.push(["pinBlob", frozenBlobs.frozenPinBlob]);
  for (const [name, secret] of frozenBlobs.frozenSecrets) {
    const unsealKey = await UnsealKey.create(secret, random, { memoryKiB: 64 * 1024, passes: 1, lanes: 1 });
    made.push([name, serialiseKeyring(frozenBlobs.frozenKeyring, unsealKey, random)]);
  }
  expect(Object.fromEntries(made.map(([name, bytes]) => [name, toHex(bytes)]))).toEqual(frozen);
});
