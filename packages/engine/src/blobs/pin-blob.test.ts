import { expect, test } from "vitest";
import { counting, MASTER_KEY } from "../../test/sealing.ts";
import { MasterKey } from "../keyring/master-key.ts";
import { createPinBlob, PIN_BLOB_BYTES } from "./pin-blob.ts";

const PIN = counting(8, 0x31);
const STORE = counting(16);

test("is the same for the same PIN, store and master key, and for no others", () => {
  const blob = createPinBlob(MASTER_KEY, PIN, STORE);
  expect(blob.length).toBe(PIN_BLOB_BYTES);
  expect(createPinBlob(new MasterKey(counting(32)), PIN, STORE)).toEqual(blob);
  const others = [
    createPinBlob(MASTER_KEY, counting(8, 0x32), STORE),
    createPinBlob(MASTER_KEY, PIN, counting(16, 1)),
    createPinBlob(new MasterKey(counting(32, 1)), PIN, STORE),
    // These are the same bytes, but divided differently.
    createPinBlob(MASTER_KEY, Uint8Array.of(...PIN, STORE[0]!), STORE.subarray(1)),
  ];
  for (const other of others) {
    for (const [from, to] of [
      [0, 32],
      [32, 48],
      [48, 80],
    ] as const) {
      expect(other.subarray(from, to)).not.toEqual(blob.subarray(from, to));
    }
  }
});

test("a session id has EP11's marker and never starts like DER", () => {
  for (let i = 0; i < 2000; i++) {
    const blob = createPinBlob(MASTER_KEY, PIN, Uint8Array.of(i >> 8, i & 0xff));
    expect(blob[4]).toBe(0xaa);
    expect(blob[0]).not.toBe(0x30);
  }
});
