/**
 * Blobs of version 1 as they were when the format was frozen (testdata/blobs-v1.json). They must open for ever.
 * Nothing seals them any more. A key that they carry has its rights as history and a uid that follows from its value.
 */
import { readFileSync } from "node:fs";
import { CKR_IBM_BLOB_ERROR, CKR_IBM_WKID_MISMATCH } from "@grep11/cryptoki";
import { expect, test } from "vitest";
import {
  AES_KEY,
  bitFlips,
  counting,
  EC_PRIVATE_KEY,
  EC_PUBLIC_KEY,
  MASTER_KEY,
  repeatableRandom,
  rvOf,
  sampleStates,
  toHex,
} from "../../test/sealing.ts";
import { hex } from "../../test/vectors.ts";
import { Keyring } from "../keyring/keyring.ts";
import { parseDerivation, parseKeyring } from "../keyring/keyring-file.ts";
import { UnsealKey, type UnsealSecret } from "../keyring/unseal-key.ts";
import type { Key } from "../objects/key.ts";
import { impliedUid } from "../objects/key-uid.ts";
import { openKey, sealKey } from "./key-blob.ts";
import { createPinBlob } from "./pin-blob.ts";
import { openPublicKey } from "./spki-blob.ts";
import { openState } from "./state-blob.ts";

const frozen: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../testdata/blobs-v1.json", import.meta.url), "utf8"),
);
const keyring = new Keyring({ epoch: 7, current: MASTER_KEY, next: undefined, previous: undefined });
const expires = Date.UTC(2026, 0, 1);
const session = createPinBlob(MASTER_KEY, counting(8, 0x31), counting(16)).subarray(0, 32);

const opened = (key: Key): Key => ({ ...key, uid: impliedUid(key) });
const keys = new Map([
  ["secretKey", opened(AES_KEY)],
  ["privateKey", opened(EC_PRIVATE_KEY)],
  ["boundSecretKey", opened({ ...AES_KEY, session })],
]);
const publicKeys = new Map([["publicKey", EC_PUBLIC_KEY]]);
const states = new Map(
  sampleStates(expires).map((state) => [`${state.operation}State`, { ...state, key: state.key && opened(state.key) }]),
);
const secrets = new Map<string, UnsealSecret>([
  ["keyringFileOfKey", { kind: "key", bytes: counting(32, 7) }],
  ["keyringFileOfPassphrase", { kind: "passphrase", bytes: counting(12, 0x61) }],
]);

test.each([...keys])("%s opens", (name, key) => expect(openKey(keyring, hex(frozen[name]!))).toEqual(key));

test.each([...publicKeys])("%s opens", (name, key) => {
  const bytes = hex(frozen[name]!);
  expect(openPublicKey(keyring, bytes)).toEqual({ key, maced: true, length: bytes.length });
});

test.each([...states])("%s opens", (name, state) => {
  expect(openState(keyring, hex(frozen[name]!), state.operation, expires)).toEqual(state);
});

test.each([...secrets])("%s opens", async (name, secret) => {
  const file = hex(frozen[name]!);
  const opened = parseKeyring(file, await UnsealKey.derive(secret, parseDerivation(file)));
  expect([opened.epoch, opened.sealingKey().export()]).toEqual([7, MASTER_KEY.export()]);
});

test("the pin blob is what a login still answers", () => {
  expect(toHex(createPinBlob(MASTER_KEY, counting(8, 0x31), counting(16)))).toBe(frozen.pinBlob);
});

test.each([...keys])("%s becomes the same key of version 2", (name, key) => {
  const blob = hex(frozen[name]!);
  const again = sealKey(MASTER_KEY, openKey(keyring, blob), repeatableRandom());
  expect([toHex(blob.subarray(64, 66)), toHex(again.subarray(64, 66))]).toEqual(["4731", "4732"]);
  expect(openKey(keyring, again)).toEqual(key);
});

test.each([...keys])("%s: every single-bit flip is refused", (name) => {
  for (const [flipped, byte] of bitFlips(hex(frozen[name]!))) {
    const expected = byte >= 32 && byte < 48 ? CKR_IBM_WKID_MISMATCH : CKR_IBM_BLOB_ERROR;
    expect([byte, rvOf(() => openKey(keyring, flipped))]).toEqual([byte, expected]);
  }
});
