/**
 * Blobs of version 2 as they were when the format was frozen (testdata/blobs-v2.json), with the public keys, PIN blob and
 * keyring files of that time. They must open for ever; if the rebuilding test fails, the format has changed and needs a new
 * version beside the old one, not a new fixture.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  AES_KEY,
  counting,
  EC_PRIVATE_KEY,
  EC_PUBLIC_KEY,
  MASTER_KEY,
  repeatableRandom,
  sampleStates,
  toHex,
} from "../../test/sealing.ts";
import { hex } from "../../test/vectors.ts";
import { Keyring } from "../keyring/keyring.ts";
import { parseDerivation, parseKeyring, serialiseKeyring } from "../keyring/keyring-file.ts";
import { UnsealKey, type UnsealSecret } from "../keyring/unseal-key.ts";
import { openKey, sealKey } from "./key-blob.ts";
import { createPinBlob } from "./pin-blob.ts";
import { openPublicKey, sealPublicKey } from "./spki-blob.ts";
import { openState, sealState } from "./state-blob.ts";

const frozen: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../testdata/blobs-v2.json", import.meta.url), "utf8"),
);
const keyring = new Keyring({ epoch: 7, current: MASTER_KEY, next: undefined, previous: undefined });
const expires = Date.UTC(2026, 0, 1);
const session = createPinBlob(MASTER_KEY, counting(8, 0x31), counting(16)).subarray(0, 32);

const keys = new Map([
  ["secretKey", AES_KEY],
  ["privateKey", EC_PRIVATE_KEY],
  ["boundSecretKey", { ...AES_KEY, session }],
  ["restrictedSecretKey", { ...AES_KEY, booleans: 0x8125, everSet: 0xed25 }],
  ["secretKeyOfWholeBlocks", { ...AES_KEY, attributes: new Map(), value: counting(48) }],
]);
const publicKeys = new Map([
  ["publicKey", EC_PUBLIC_KEY],
  ["restrictedPublicKey", { ...EC_PUBLIC_KEY, booleans: 0x8020, everSet: 0xc024 }],
]);
const restricted = { ...AES_KEY, everSet: 0xcd25 };
const states = new Map(
  sampleStates(expires).map((state) => [
    `${state.operation}State`,
    state.operation === "encrypt" ? { ...state, key: restricted } : state,
  ]),
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

test("sealing the same again with the same random bytes gives the same, bit for bit", async () => {
  const random = repeatableRandom("blobs v2");
  const made: [string, Uint8Array][] = [];
  for (const [name, key] of keys) made.push([name, sealKey(MASTER_KEY, key, random)]);
  for (const [name, key] of publicKeys) made.push([name, sealPublicKey(MASTER_KEY, key, random)]);
  for (const [name, state] of states) made.push([name, sealState(MASTER_KEY, state, random)]);
  made.push(["pinBlob", createPinBlob(MASTER_KEY, counting(8, 0x31), counting(16))]);
  for (const [name, secret] of secrets) {
    const unsealKey = await UnsealKey.create(secret, random, { memoryKiB: 64 * 1024, passes: 1, lanes: 1 });
    made.push([name, serialiseKeyring(keyring, unsealKey, random)]);
  }
  expect(Object.fromEntries(made.map(([name, bytes]) => [name, toHex(bytes)]))).toEqual(frozen);
});
