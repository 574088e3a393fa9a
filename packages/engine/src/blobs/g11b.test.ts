import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import * as sealing from "../../test/sealing.ts";
import { sealV1 } from "../../test/sealing-v1.ts";
import { NO_SESSION } from "../objects/key.ts";
import { BLOB_CLASS, type BlobClass, G11B_OVERHEAD_BYTES, open, seal } from "./g11b.ts";
import { openKey, sealKey } from "./key-blob.ts";
import { createPinBlob } from "./pin-blob.ts";
import { openPublicKey, sealPublicKey } from "./spki-blob.ts";
import { openState, sealState } from "./state-blob.ts";

const random = sealing.repeatableRandom();
const keyring = sealing.keyringOf(sealing.MASTER_KEY);
const CLASSES = Object.values(BLOB_CLASS);
const BOOLEANS = { booleans: 0x8d25, everSet: 0xcd25 };
const HEADER = { blobClass: BLOB_CLASS.secretKey, session: NO_SESSION, ...BOOLEANS, mode: 0x1f } as const;

test("the fields of the header are where the format says", () => {
  const session = sealing.counting(32, 1);
  const given = { ...HEADER, session, booleans: 0x89abcdef, everSet: 0xf9abcdef };
  const blob = seal(sealing.MASTER_KEY, given, sealing.counting(10), random);
  expect(blob.length).toBe(G11B_OVERHEAD_BYTES + 16);
  expect(blob.subarray(0, 32)).toEqual(session);
  expect(blob.subarray(32, 48)).toEqual(sealing.MASTER_KEY.wkid);
  expect(toHex(blob.subarray(48, 72))).toBe(
    "f9abcdef89abcdef" + "0000001f" + "00000100" + "4732" + "01" + "01" + "00000010",
  );
  const opened = open(keyring, blob, [BLOB_CLASS.secretKey]);
  expect(opened).toEqual({ version: 2, header: given, payload: sealing.counting(10) });
});

test("payloads of every length are padded to whole blocks and restored", () => {
  for (let length = 0; length <= 50; length++) {
    const blob = seal(sealing.MASTER_KEY, HEADER, sealing.counting(length), random);
    expect(blob.length).toBe(G11B_OVERHEAD_BYTES + 16 * (Math.floor(length / 16) + 1));
    expect(open(keyring, blob, CLASSES)?.payload).toEqual(sealing.counting(length));
  }
});

test("the history includes the booleans that are set now", () => {
  const blob = seal(
    sealing.MASTER_KEY,
    { ...HEADER, booleans: 0x80000001, everSet: 0x4000 },
    sealing.counting(10),
    random,
  );
  expect(open(keyring, blob, CLASSES)?.header).toMatchObject({ booleans: 0x80000001, everSet: 0x80004001 });
});

/**
 * Makes a blob that passes authentication. Its padded payload is `whole`. Its header is HEADER, of which `changes`
 * overwrite bytes before the blob is sealed.
 */
function forge(whole: Uint8Array, changes: readonly (readonly [at: number, bytes: readonly number[]])[] = []) {
  const blob = new Uint8Array(G11B_OVERHEAD_BYTES + whole.length);
  blob.set(seal(sealing.MASTER_KEY, HEADER, sealing.counting(10), random).subarray(0, 96));
  new DataView(blob.buffer).setUint32(68, whole.length);
  for (const [at, bytes] of changes) blob.set(bytes, at);
  const cipher = sealing.MASTER_KEY.blobCipher(HEADER.blobClass);
  blob.set(cipher.seal(blob.subarray(72, 96), whole, blob.subarray(0, 96)), 96);
  return blob;
}

describe("an authentic blob", () => {
  const PADDED = Uint8Array.of(...sealing.counting(10), 6, 6, 6, 6, 6, 6);

  test("opens if it has the right form", () =>
    expect(open(keyring, forge(PADDED), CLASSES)?.payload).toEqual(sealing.counting(10)));

  test.each<readonly [string, readonly (readonly [number, readonly number[]])[]]>([
    ["another domain", [[60, [0, 1]]]],
    ["seal version 0", [[62, [0]]]],
    ["seal version 2", [[62, [2]]]],
    ["a reserved byte", [[63, [1]]]],
    ["an unknown magic", [[64, [0x47, 0x33]]]],
    ["the magic of version 1", [[64, [0x47, 0x31]]]],
    ["suite 2", [[67, [2]]]],
    ["a right that is not in the history", [[48, [0, 0, 0x8d, 0x24]]]],
  ])("with %s does not open", (_, changes) => expect(open(keyring, forge(PADDED, changes), CLASSES)).toBeUndefined());

  test.each([
    ["no payload", new Uint8Array(0)],
    ["a payload that is not a whole number of blocks", Uint8Array.of(...sealing.counting(10), 5, 5, 5, 5, 5)],
    ["no padding", new Uint8Array(16)],
    ["padding of different bytes", PADDED.with(12, 7)],
    ["padding longer than a block", new Uint8Array(32).fill(17)],
  ])("with %s does not open", (_, whole) => expect(open(keyring, forge(whole), CLASSES)).toBeUndefined());

  test("of version 1 opens with its rights as history, and only with zeros in the fields that version 2 uses", () => {
    const payload = sealing.counting(10);
    const header = { ...HEADER, everSet: HEADER.booleans };
    expect(open(keyring, sealV1(sealing.MASTER_KEY, HEADER, payload), CLASSES)).toEqual({
      version: 1,
      header,
      payload,
    });
    for (const reserved of [{ attributesHigh: HEADER.booleans }, { flags: 0x100 }, { flags: 1 }]) {
      expect(open(keyring, sealV1(sealing.MASTER_KEY, HEADER, payload, reserved), CLASSES)).toBeUndefined();
    }
  });
});

test("opens inside a larger buffer, which is not changed", () => {
  const blob = seal(sealing.MASTER_KEY, HEADER, sealing.counting(10), random);
  const larger = new Uint8Array(blob.length + 8);
  larger.set(blob, 4);
  const before = larger.slice();
  expect(open(keyring, larger.subarray(4, 4 + blob.length), CLASSES)?.payload).toEqual(sealing.counting(10));
  expect(larger).toEqual(before);
});

test("truncated and extended blobs do not open", () => {
  const blob = seal(sealing.MASTER_KEY, HEADER, sealing.counting(10), random);
  for (let length = 0; length < blob.length; length++) {
    expect(open(keyring, blob.subarray(0, length), CLASSES)).toBeUndefined();
  }
  expect(open(keyring, Uint8Array.of(...blob, 0), CLASSES)).toBeUndefined();
});

test("no class opens as another, even with its class byte changed", () => {
  for (const made of CLASSES) {
    const blob = seal(sealing.MASTER_KEY, { ...HEADER, blobClass: made }, sealing.counting(10), random);
    for (const asked of CLASSES) {
      expect(open(keyring, blob, [asked]) !== undefined).toBe(asked === made);
      const relabelled = blob.with(66, asked);
      expect(open(keyring, relabelled, [asked]) !== undefined).toBe(asked === made);
    }
  }
  expect(
    open(keyring, seal(sealing.MASTER_KEY, HEADER, sealing.counting(10), random).with(66, 0x03), [0x03 as BlobClass]),
  ).toBeUndefined();
});

test("a session that would make a blob look like DER, or has another length, is not sealed", () => {
  for (const session of [sealing.counting(32, 0x30), sealing.counting(31, 1)]) {
    expect(sealing.rvOf(() => seal(sealing.MASTER_KEY, { ...HEADER, session }, sealing.counting(10), random))).toBe(
      ck.CKR_ATTRIBUTE_VALUE_INVALID,
    );
  }
});

describe("nonces", () => {
  const nonceOf = (blob: Uint8Array) => toHex(blob.subarray(72, 96));
  const stuck = () => new Uint8Array(32);

  test("with a stuck random source, repeat only for the identical blob", () => {
    const seen = new Set<string>();
    let blobs = 0;
    for (const booleans of [0, 1]) {
      for (const mode of [0x1f, 0x10]) {
        for (const blobClass of CLASSES) {
          for (let i = 0; i < 50; i++, blobs++) {
            seen.add(
              nonceOf(
                seal(
                  sealing.MASTER_KEY,
                  { ...HEADER, blobClass, booleans, everSet: 1, mode },
                  sealing.counting(8, i),
                  stuck,
                ),
              ),
            );
          }
        }
      }
    }
    expect(seen.size).toBe(blobs);
    expect(seal(sealing.MASTER_KEY, HEADER, sealing.counting(8), stuck)).toEqual(
      seal(sealing.MASTER_KEY, HEADER, sealing.counting(8), stuck),
    );
  });

  test("with a working random source, differ for the identical blob", () => {
    const seen = new Set(
      Array.from({ length: 2000 }, () => nonceOf(seal(sealing.MASTER_KEY, HEADER, sealing.counting(8), random))),
    );
    expect(seen.size).toBe(2000);
  });
});

test("each kind of blob opens only as what it is", () => {
  const now = 1_000_000;
  const states = sealing.sampleStates(now);
  const made = new Map([
    ["secret", sealKey(sealing.MASTER_KEY, sealing.AES_KEY, random)],
    ["private", sealKey(sealing.MASTER_KEY, sealing.EC_PRIVATE_KEY, random)],
    ["public", sealPublicKey(sealing.MASTER_KEY, sealing.EC_PUBLIC_KEY, random)],
    ["pin", createPinBlob(sealing.MASTER_KEY, sealing.counting(8), sealing.counting(4))],
    ...states.map((state) => [state.operation, sealState(sealing.MASTER_KEY, state, random)] as const),
  ]);
  const slots = new Map<string, (bytes: Uint8Array) => unknown>([
    ["key", (bytes) => openKey(keyring, bytes)],
    ["public", (bytes) => openPublicKey(keyring, bytes)],
    ...states.map(
      ({ operation }) => [operation, (bytes: Uint8Array) => openState(keyring, bytes, operation, now)] as const,
    ),
  ]);
  const slotOf = (kind: string) => (kind === "secret" || kind === "private" ? "key" : kind);
  for (const [kind, bytes] of made) {
    for (const [slot, openIn] of slots) {
      expect([kind, slot, sealing.rvOf(() => openIn(bytes)) === undefined]).toEqual([
        kind,
        slot,
        slotOf(kind) === slot,
      ]);
    }
  }
});
