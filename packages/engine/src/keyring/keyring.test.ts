import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import {
  AES_KEY,
  counting,
  EC_PUBLIC_KEY,
  MASTER_KEY,
  repeatableRandom,
  rvOf,
  sampleStates,
} from "../../test/sealing.ts";
import { openKey, sealKey } from "../blobs/key-blob.ts";
import { openPublicKey, sealPublicKey } from "../blobs/spki-blob.ts";
import { openState, sealState } from "../blobs/state-blob.ts";
import { Keyring, LiveKeyring } from "./keyring.ts";
import { MasterKey } from "./master-key.ts";

const random = repeatableRandom();
const patternOfNext = (keyring: Keyring) => keyring.next!.masterKey.verificationPattern;

const empty = Keyring.empty();
const initial = Keyring.create(random);
const loaded = initial.generate(random);
const committed = loaded.commit(patternOfNext(loaded));
const activated = committed.activate();
const finalised = activated.finalise();

test("a new keyring has a current key and nothing else", () => {
  expect(initial.current).toBeInstanceOf(MasterKey);
  expect([initial.next, initial.previous]).toEqual([undefined, undefined]);
  expect(initial.sealingKey()).toBe(initial.current);
});

test("every transition increases the epoch and does not change the original keyring", () => {
  const stages = [initial, loaded, committed, activated, finalised];
  expect(stages.map(({ epoch }) => epoch - initial.epoch)).toEqual([0, 1, 2, 3, 4]);
  expect(initial.next).toBeUndefined();
  expect(loaded.next?.committed).toBe(false);
  expect(committed.next?.committed).toBe(true);
  expect([activated.current, activated.next, activated.previous]).toEqual([
    committed.next!.masterKey,
    undefined,
    initial.current,
  ]);
  expect(finalised.previous).toBeUndefined();
  expect(committed.clearNext().next).toBeUndefined();
});

test("parts are combined by XOR", () => {
  const parts = [counting(32, 1), counting(32, 0x55), counting(32, 0x90)];
  const xor = (chosen: readonly Uint8Array[]) =>
    chosen[0]!.map((_, i) => chosen.reduce((sum, part) => sum ^ part[i]!, 0));
  for (const chosen of [parts, parts.slice(1)]) {
    const imported = empty.importParts(chosen);
    expect(imported.next?.masterKey.export()).toEqual(xor(chosen));
    expect(imported.next?.committed).toBe(false);
  }
  expect(parts[0]).toEqual(counting(32, 1));
});

test.each<readonly [string, () => unknown, number]>([
  ["one part", () => empty.importParts([counting(32)]), ck.CKR_ARGUMENTS_BAD],
  ["four parts", () => empty.importParts(Array.from({ length: 4 }, (_, i) => counting(32, i))), ck.CKR_ARGUMENTS_BAD],
  ["a short part", () => empty.importParts([counting(32), counting(31)]), ck.CKR_ARGUMENTS_BAD],
  ["equal parts", () => empty.importParts([counting(32), counting(32)]), ck.CKR_ARGUMENTS_BAD],
  ["loading when there is a next key", () => loaded.generate(random), ck.CKR_ACTION_PROHIBITED],
  ["loading the current key", () => reload(initial), ck.CKR_ACTION_PROHIBITED],
  ["loading the previous key", () => reload(activated, activated.previous!), ck.CKR_ACTION_PROHIBITED],
  ["clearing nothing", () => initial.clearNext(), ck.CKR_IBM_WK_NOT_INITIALIZED],
  ["committing nothing", () => initial.commit(counting(32)), ck.CKR_IBM_WK_NOT_INITIALIZED],
  ["committing with another pattern", () => loaded.commit(counting(32)), ck.CKR_IBM_WKID_MISMATCH],
  [
    "committing with only the WKID",
    () => loaded.commit(patternOfNext(loaded).subarray(0, 16)),
    ck.CKR_IBM_WKID_MISMATCH,
  ],
  ["committing twice", () => committed.commit(patternOfNext(committed)), ck.CKR_ACTION_PROHIBITED],
  ["activating nothing", () => initial.activate(), ck.CKR_IBM_WK_NOT_INITIALIZED],
  ["activating without committing", () => loaded.activate(), ck.CKR_ACTION_PROHIBITED],
  ["activating when there is a previous key", () => rotateAgain(activated), ck.CKR_ACTION_PROHIBITED],
  ["finalising nothing", () => initial.finalise(), ck.CKR_ACTION_PROHIBITED],
  ["finalising before activation", () => committed.finalise(), ck.CKR_ACTION_PROHIBITED],
  ["sealing without a key", () => empty.sealingKey(), ck.CKR_IBM_WK_NOT_INITIALIZED],
  ["opening without a key", () => empty.openingKey(MASTER_KEY.wkid), ck.CKR_IBM_WK_NOT_INITIALIZED],
])("refused: %s", (_, call, rv) => expect(rvOf(call)).toBe(rv));

function reload(keyring: Keyring, key: MasterKey = keyring.sealingKey()): Keyring {
  const mask = counting(32, 3);
  return keyring.importParts([mask, key.export().map((byte, i) => byte ^ mask[i]!)]);
}

function rotateAgain(keyring: Keyring): Keyring {
  const next = keyring.generate(random);
  return next.commit(patternOfNext(next)).activate();
}

describe("rotation", () => {
  const now = 1_000_000;
  const old = initial.sealingKey();
  const next = loaded.next!.masterKey;
  const foreign = new MasterKey(counting(32, 9));
  const state = sampleStates(now)[1]!;

  const MISMATCH = ck.CKR_IBM_WKID_MISMATCH;
  const stages: readonly (readonly [string, Keyring, MasterKey, boolean, number | undefined, number | undefined])[] = [
    // The columns are: stage, keyring, the key that seals, whether RewrapKeyBlob works, result for blobs of the old key,
    // and result for blobs of the next key.
    ["before", initial, old, false, undefined, MISMATCH],
    ["loaded", loaded, old, false, undefined, MISMATCH],
    ["committed", committed, old, true, undefined, MISMATCH],
    ["activated", activated, next, false, undefined, undefined],
    ["finalised", finalised, next, false, MISMATCH, undefined],
  ];

  test.each(stages)("%s", (_, keyring, sealing, mayRewrap, oldBlobs, nextBlobs) => {
    expect(keyring.sealingKey()).toBe(sealing);
    expect(keyring.nextCommittedKey()).toBe(mayRewrap ? next : undefined);
    for (const [masterKey, expected] of [
      [old, oldBlobs],
      [next, nextBlobs],
      [foreign, MISMATCH],
    ] as const) {
      const key = sealKey(masterKey, AES_KEY, random);
      const publicKey = sealPublicKey(masterKey, EC_PUBLIC_KEY, random);
      const operation = sealState(masterKey, state, random);
      const ofState = expected === undefined ? undefined : ck.CKR_SAVED_STATE_INVALID;
      expect(rvOf(() => openKey(keyring, key))).toBe(expected);
      expect(rvOf(() => openPublicKey(keyring, publicKey))).toBe(expected);
      expect(rvOf(() => openState(keyring, operation, "encrypt", now))).toBe(ofState);
    }
  });
});

describe("a live keyring", () => {
  test("behaves like the latest keyring", () => {
    const live = new LiveKeyring(initial);
    expect(live.sealingKey()).toBe(initial.current);
    expect(live.nextCommittedKey()).toBeUndefined();
    live.replace(committed);
    expect(live.keyring).toBe(committed);
    expect(live.nextCommittedKey()).toBe(committed.next?.masterKey);
    live.replace(finalised);
    expect(live.openingKey(finalised.sealingKey().wkid)).toBe(finalised.current);
    expect(rvOf(() => live.openingKey(initial.sealingKey().wkid))).toBe(ck.CKR_IBM_WKID_MISMATCH);
  });

  test("is not rolled back", () => {
    const live = new LiveKeyring(finalised);
    expect(rvOf(() => live.replace(activated))).toBe(ck.CKR_ACTION_PROHIBITED);
    expect(live.keyring).toBe(finalised);
  });
});
