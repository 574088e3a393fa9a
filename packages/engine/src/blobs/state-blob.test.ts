import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import * as sealing from "../../test/sealing.ts";
import { sealV1 } from "../../test/sealing-v1.ts";
import { wire } from "../../test/wire.ts";
import { Keyring } from "../keyring/keyring.ts";
import { MasterKey } from "../keyring/master-key.ts";
import { impliedUid, NO_SESSION } from "../objects/key.ts";
import { BLOB_CLASS, seal } from "./g11b.ts";
import { CLOCK_SKEW_MS, type Operation, openState, sealState } from "./state-blob.ts";

const u64 = (value: number) => wire(Math.floor(value / 2 ** 32), value % 2 ** 32);
const NOW = Date.UTC(2026, 0, 1);
const random = sealing.repeatableRandom();
const keyring = new Keyring({ epoch: 1, current: sealing.MASTER_KEY, next: undefined, previous: undefined });
const states = sealing.sampleStates(NOW + 3_600_000);

describe.each(states.map((state) => [state.operation, state] as const))("%s", (operation, state) => {
  const bytes = sealState(sealing.MASTER_KEY, state, random);

  test("round trip", () => {
    expect(openState(keyring, bytes, operation, NOW)).toEqual(state);
    expect(bytes[0]).not.toBe(0x30);
    expect(bytes.length % 16).toBe(0);
  });

  test("every single-bit flip is refused", () => {
    for (const [flipped, byte] of sealing.bitFlips(bytes)) {
      expect([byte, sealing.rvOf(() => openState(keyring, flipped, operation, NOW))]).toEqual([
        byte,
        ck.CKR_SAVED_STATE_INVALID,
      ]);
    }
  });

  test("is not accepted by another operation", () => {
    for (const other of states.map((candidate) => candidate.operation).filter((name) => name !== operation)) {
      expect(sealing.rvOf(() => openState(keyring, bytes, other, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
    }
  });

  test("expires, with a tolerance for clocks that differ", () => {
    const last = state.expires + CLOCK_SKEW_MS;
    expect(openState(keyring, bytes, operation, last)).toEqual(state);
    expect(sealing.rvOf(() => openState(keyring, bytes, operation, last + 1))).toBe(ck.CKR_SAVED_STATE_INVALID);
  });

  test("of another master key is refused", () => {
    const foreign = sealState(new MasterKey(sealing.counting(32, 9)), state, random);
    expect(sealing.rvOf(() => openState(keyring, foreign, operation, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
    expect(sealing.rvOf(() => openState(Keyring.empty(), bytes, operation, NOW))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);
  });
});

test("the key keeps its session, its rights, its history and its uid", () => {
  const key = {
    ...sealing.AES_KEY,
    session: sealing.counting(32, 1),
    booleans: 0x0c00,
    everSet: 0x6c00,
    uid: sealing.counting(16),
  };
  const state = { ...states[1]!, key };
  expect(openState(keyring, sealState(sealing.MASTER_KEY, state, random), "encrypt", NOW)).toEqual(state);
});

test("empty and random bytes are refused", () => {
  for (const length of [0, 1, 111, 112, 300]) {
    expect(sealing.rvOf(() => openState(keyring, sealing.counting(length), "digest", NOW))).toBe(
      ck.CKR_SAVED_STATE_INVALID,
    );
  }
});

/** These fields are the class, type and value of the key in a state. */
const KEY_FIELDS: readonly sealing.Field[] = [
  [1, u64(sealing.AES_KEY.objectClass)],
  [2, u64(sealing.AES_KEY.keyType)],
  [3, sealing.AES_KEY.value],
];

test("a state of version 1 has a key with a derived uid", () => {
  const payload = (...uid: sealing.Field[]) =>
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [3, sealing.encodeFields([...KEY_FIELDS, ...uid])],
    ]);
  const header = { blobClass: BLOB_CLASS.sign, session: NO_SESSION, booleans: 0x100, mode: 0x250 };
  const { key } = openState(keyring, sealV1(sealing.MASTER_KEY, header, payload()), "sign", NOW);
  expect(key).toMatchObject({ booleans: 0x100, everSet: 0x100, uid: impliedUid(sealing.AES_KEY) });
  const mixed = sealV1(sealing.MASTER_KEY, header, payload([5, sealing.counting(16)]));
  expect(sealing.rvOf(() => openState(keyring, mixed, "sign", NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
});

test.each<readonly [string, Operation, Uint8Array]>([
  ["no expiry", "digest", sealing.encodeFields([[2, sealing.counting(0)]])],
  ["no parameter", "digest", sealing.encodeFields([[1, u64(NOW)]])],
  [
    "an unknown field",
    "digest",
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [5, sealing.counting(0)],
    ]),
  ],
  [
    "an expiry that is not a number",
    "digest",
    sealing.encodeFields([
      [1, sealing.counting(4)],
      [2, sealing.counting(0)],
    ]),
  ],
  [
    "a key that does not parse",
    "sign",
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [3, sealing.counting(3)],
    ]),
  ],
  [
    "a key without uid",
    "sign",
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [3, sealing.encodeFields(KEY_FIELDS)],
    ]),
  ],
  [
    "a key with a short uid",
    "sign",
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [3, sealing.encodeFields([...KEY_FIELDS, [5, sealing.counting(15)]])],
    ]),
  ],
  [
    "a key without value",
    "sign",
    sealing.encodeFields([
      [1, u64(NOW)],
      [2, sealing.counting(0)],
      [3, sealing.encodeFields([])],
    ]),
  ],
])("an authentic payload with %s is refused", (_, operation, payload) => {
  const header = { blobClass: BLOB_CLASS[operation], session: NO_SESSION, booleans: 0, everSet: 0, mode: 0x250 };
  const bytes = seal(sealing.MASTER_KEY, header, payload, random);
  expect(sealing.rvOf(() => openState(keyring, bytes, operation, NOW))).toBe(ck.CKR_SAVED_STATE_INVALID);
});

test("a digest state fits EP11's 1024 bytes with 700 bytes of running state", () => {
  const state = { ...states[0]!, runningState: sealing.counting(700) };
  expect(sealState(sealing.MASTER_KEY, state, random).length).toBeLessThanOrEqual(1024);
});
