import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as sealing from "../../test/sealing.ts";
import { sealV1 } from "../../test/sealing-v1.ts";
import { Keyring } from "../keyring/keyring.ts";
import { type Key, NO_SESSION } from "../objects/key.ts";
import { BLOB_CLASS, G11B_OVERHEAD_BYTES, seal } from "./g11b.ts";
import { openKey, sealKey } from "./key-blob.ts";

const random = sealing.repeatableRandom();
const keyring = new Keyring({ epoch: 1, current: sealing.MASTER_KEY, next: undefined, previous: undefined });

test.each([
  ["AES key", sealing.AES_KEY],
  ["EC private key", sealing.EC_PRIVATE_KEY],
  ["key without further attributes", { ...sealing.AES_KEY, attributes: new Map() }],
  ["key of a login session", { ...sealing.AES_KEY, session: sealing.counting(32, 1) }],
  ["key that lost rights", { ...sealing.AES_KEY, everSet: 0xffff }],
])("%s: round trip", (_, key) => {
  const blob = sealKey(sealing.MASTER_KEY, key, random);
  expect(blob.length % 16).toBe(0);
  expect(openKey(keyring, blob)).toEqual(key);
  expect(blob[0]).not.toBe(0x30);
  expect(sealKey(sealing.MASTER_KEY, key, random)).not.toEqual(blob);
});

test("any key: round trip", () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const keys: fc.Arbitrary<Key> = fc.record({
    objectClass: fc.constantFrom(ck.CKO_SECRET_KEY, ck.CKO_PRIVATE_KEY),
    keyType: u32,
    value: fc.uint8Array({ maxLength: 300 }),
    booleans: u32,
    everSet: u32,
    uid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    session: fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((session) => session[0] !== 0x30),
    attributes: fc.constantFrom(new Map(), new Map([[ck.CKA_IBM_LOGIN_SESSION, sealing.counting(32)]])),
  });
  fc.assert(
    fc.property(keys, (key) => {
      const everSet = (key.everSet | key.booleans) >>> 0;
      expect(openKey(keyring, sealKey(sealing.MASTER_KEY, key, random))).toEqual({ ...key, everSet });
    }),
  );
});

test("the opened key shares no memory with the blob", () => {
  const blob = sealKey(sealing.MASTER_KEY, { ...sealing.AES_KEY, session: sealing.counting(32, 1) }, random);
  const { value, session } = openKey(keyring, blob);
  blob.fill(0xff);
  expect(value).toEqual(sealing.AES_KEY.value);
  expect(session).toEqual(sealing.counting(32, 1));
});

test.each([
  ["AES key", sealing.AES_KEY],
  ["EC private key", sealing.EC_PRIVATE_KEY],
])("%s: every single-bit flip is refused", (_, key) => {
  for (const [flipped, byte] of sealing.bitFlips(sealKey(sealing.MASTER_KEY, key, random))) {
    const expected = byte >= 32 && byte < 48 ? ck.CKR_IBM_WKID_MISMATCH : ck.CKR_IBM_BLOB_ERROR;
    expect([byte, sealing.rvOf(() => openKey(keyring, flipped))]).toEqual([byte, expected]);
  }
});

describe("refuses", () => {
  test("nothing", () =>
    expect(sealing.rvOf(() => openKey(keyring, new Uint8Array(0)))).toBe(ck.CKR_KEY_HANDLE_INVALID));

  test("random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        expect(sealing.rvOf(() => openKey(keyring, bytes))).toBe(ck.CKR_IBM_BLOB_ERROR);
      }),
    );
  });

  test("any key while there is no master key", () => {
    const blob = sealKey(sealing.MASTER_KEY, sealing.AES_KEY, random);
    expect(sealing.rvOf(() => openKey(Keyring.empty(), blob))).toBe(ck.CKR_IBM_WK_NOT_INITIALIZED);
  });

  test("to seal a public key", () => {
    expect(sealing.rvOf(() => sealKey(sealing.MASTER_KEY, sealing.EC_PUBLIC_KEY, random))).toBe(
      ck.CKR_KEY_HANDLE_INVALID,
    );
  });

  const [value, uid] = [sealing.counting(16), sealing.counting(16, 0xb0)];
  const withUid: sealing.Field = [3, uid];
  const header = { blobClass: BLOB_CLASS.secretKey, session: NO_SESSION, booleans: 0, everSet: 0, mode: 0x1f };

  test.each<readonly [string, Uint8Array]>([
    ["no value", sealing.encodeFields([withUid])],
    ["no uid", sealing.encodeFields([[1, value]])],
    [
      "a short uid",
      sealing.encodeFields([
        [1, value],
        [3, sealing.counting(15)],
      ]),
    ],
    ["an unknown field", sealing.encodeFields([[1, value], withUid, [4, sealing.counting(1)]])],
    ["attributes that do not parse", sealing.encodeFields([[1, value], [2, sealing.counting(3)], withUid])],
    ["a byte after the last field", Uint8Array.of(...sealing.encodeFields([[1, value], withUid]), 0)],
  ])("an authentic payload with %s", (_, payload) => {
    expect(sealing.rvOf(() => openKey(keyring, seal(sealing.MASTER_KEY, header, payload, random)))).toBe(
      ck.CKR_IBM_BLOB_ERROR,
    );
  });

  test("an authentic payload of version 1 with fields of version 2", () => {
    const made = (payload: Uint8Array) => sealV1(sealing.MASTER_KEY, header, payload);
    expect(openKey(keyring, made(sealing.encodeFields([[1, value]]))).value).toEqual(value);
    for (const payload of [
      sealing.encodeFields([[1, value], withUid]),
      Uint8Array.of(...sealing.encodeFields([[1, value]]), ...new Uint8Array(8).fill(8)),
    ]) {
      expect(sealing.rvOf(() => openKey(keyring, made(payload)))).toBe(ck.CKR_IBM_BLOB_ERROR);
    }
  });
});

describe("the uid of a blob of version 1", () => {
  const header = { blobClass: BLOB_CLASS.secretKey, session: NO_SESSION, booleans: 0x24, mode: 0x1f };
  const old = (value: Uint8Array, mode = 0x1f) =>
    openKey(keyring, sealV1(sealing.MASTER_KEY, { ...header, mode }, sealing.encodeFields([[1, value]])));

  test("is the same each time, after a change of rights, and in version 2", () => {
    const key = old(sealing.counting(32));
    expect(old(sealing.counting(32)).uid).toEqual(key.uid);
    const changed = { ...key, booleans: 0x20 };
    expect(openKey(keyring, sealKey(sealing.MASTER_KEY, changed, random)).uid).toEqual(key.uid);
  });

  test("differs for other keys, and for the same bytes of another type", () => {
    const uids = [old(sealing.counting(32)), old(sealing.counting(32, 1)), old(sealing.counting(32), 0x10)].map(
      ({ uid }) => toHex(uid),
    );
    expect(new Set(uids).size).toBe(3);
  });
});

test("sizes: 112 bytes around the padded payload, an AES-256 key below 220", () => {
  const blob = sealKey(sealing.MASTER_KEY, sealing.AES_KEY, random);
  const payloadBytes = 8 + 32 + (8 + 8 + 9) + (8 + 16); // value, one attribute, uid
  expect(blob.length).toBe(G11B_OVERHEAD_BYTES + Math.ceil((payloadBytes + 1) / 16) * 16);
  expect(G11B_OVERHEAD_BYTES).toBe(112);
});
