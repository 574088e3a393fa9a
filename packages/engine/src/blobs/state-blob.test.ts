import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import {
  AES_KEY,
  bitFlips,
  counting,
  encodeFields,
  type Field,
  MASTER_KEY,
  repeatableRandom,
  rvOf,
  sampleStates,
} from "../../test/sealing.ts";
import { sealV1 } from "../../test/sealing-v1.ts";
import { Keyring } from "../keyring/keyring.ts";
import { MasterKey } from "../keyring/master-key.ts";
import { NO_SESSION } from "../objects/key.ts";
import { impliedUid } from "../objects/key-uid.ts";
import { number } from "../sealing/tlv.ts";
import { BLOB_CLASS, seal } from "./g11b.ts";
import { CLOCK_SKEW_MS, type Operation, openState, sealState } from "./state-blob.ts";

const NOW = Date.UTC(2026, 0, 1);
const random = repeatableRandom();
const keyring = new Keyring({ epoch: 1, current: MASTER_KEY, next: undefined, previous: undefined });
const states = sampleStates(NOW + 3_600_000);

describe.each(states.map((state) => [state.operation, state] as const))("%s", (operation, state) => {
  const bytes = sealState(MASTER_KEY, state, random);

  test("round trip", () => {
    expect(openState(keyring, bytes, operation, NOW)).toEqual(state);
    expect(bytes[0]).not.toBe(0x30);
    expect(bytes.length % 16).toBe(0);
  });

  test("every single-bit flip is refused", () => {
    for (const [flipped, byte] of bitFlips(bytes)) {
      expect([byte, rvOf(() => openState(keyring, flipped, operation, NOW))]).toEqual([
        byte,
        ck.CKR_SAVED_STATE_INVALID,
      ]);
    }
  });

  test("is not accepted by another operation", () => {
    for (const other of states.map((candidate) => candidate.operation).filter((name) => name !== operation)) {
      expect(rvOf(() => openState(keyring, bytes, other, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
    }
  });

  test("expires, with a tolerance for clocks that differ", () => {
    const last = state.expires + CLOCK_SKEW_MS;
    expect(openState(keyring, bytes, operation, last)).toEqual(state);
    expect(rvOf(() => openState(keyring, bytes, operation, last + 1))).toBe(ck.CKR_SAVED_STATE_INVALID);
  });

  test("of another master key is refused", () => {
    const foreign = sealState(new MasterKey(counting(32, 9)), state, random);
    expect(rvOf(() => openState(keyring, foreign, operation, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
    expect(rvOf(() => openState(Keyring.empty(), bytes, operation, NOW))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);
  });
});

test("the key keeps its session, its rights, its history and its uid", () => {
  const key = { ...AES_KEY, session: counting(32, 1), booleans: 0x0c00, everSet: 0x6c00, uid: counting(16) };
  const state = { ...states[1]!, key };
  expect(openState(keyring, sealState(MASTER_KEY, state, random), "encrypt", NOW)).toEqual(state);
});

test("empty and random bytes are refused", () => {
  for (const length of [0, 1, 111, 112, 300]) {
    expect(rvOf(() => openState(keyring, counting(length), "digest", NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
  }
});

/** Class, type and value of a key in a state. */
const KEY_FIELDS: readonly Field[] = [
  [1, number.encode(AES_KEY.objectClass)],
  [2, number.encode(AES_KEY.keyType)],
  [3, AES_KEY.value],
];

test("a state of version 1 has a key with a derived uid", () => {
  const payload = (...uid: Field[]) =>
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [3, encodeFields([...KEY_FIELDS, ...uid])],
    ]);
  const header = { blobClass: BLOB_CLASS.sign, session: NO_SESSION, booleans: 0x100, mode: 0x250 };
  const { key } = openState(keyring, sealV1(MASTER_KEY, header, payload()), "sign", NOW);
  expect(key).toMatchObject({ booleans: 0x100, everSet: 0x100, uid: impliedUid(AES_KEY) });
  const mixed = sealV1(MASTER_KEY, header, payload([5, counting(16)]));
  expect(rvOf(() => openState(keyring, mixed, "sign", NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
});

test.each<readonly [string, Operation, Uint8Array]>([
  ["no expiry", "digest", encodeFields([[2, counting(0)]])],
  ["no parameter", "digest", encodeFields([[1, number.encode(NOW)]])],
  [
    "an unknown field",
    "digest",
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [5, counting(0)],
    ]),
  ],
  [
    "an expiry that is not a number",
    "digest",
    encodeFields([
      [1, counting(4)],
      [2, counting(0)],
    ]),
  ],
  [
    "a key that does not parse",
    "sign",
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [3, counting(3)],
    ]),
  ],
  [
    "a key without uid",
    "sign",
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [3, encodeFields(KEY_FIELDS)],
    ]),
  ],
  [
    "a key with a short uid",
    "sign",
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [3, encodeFields([...KEY_FIELDS, [5, counting(15)]])],
    ]),
  ],
  [
    "a key without value",
    "sign",
    encodeFields([
      [1, number.encode(NOW)],
      [2, counting(0)],
      [3, encodeFields([])],
    ]),
  ],
])("an authentic payload with %s is refused", (_, operation, payload) => {
  const header = { blobClass: BLOB_CLASS[operation], session: NO_SESSION, booleans: 0, everSet: 0, mode: 0x250 };
  const bytes = seal(MASTER_KEY, header, payload, random);
  expect(rvOf(() => openState(keyring, bytes, operation, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
});

test("a digest state fits EP11's 1024 bytes with 700 bytes of running state", () => {
  const state = { ...states[0]!, runningState: counting(700) };
  expect(sealState(MASTER_KEY, state, random).length).toBeLessThanOrEqual(1024);
});
