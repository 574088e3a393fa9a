import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { bitFlips, counting, repeatableRandom, rvOf } from "../../test/sealing.ts";
import { Keyring } from "./keyring.ts";
import { parseDerivation, parseKeyring, serialiseKeyring } from "./keyring-file.ts";
import {
  type Argon2Parameters,
  DEFAULT_ARGON2,
  type KeyDerivation,
  UnsealKey,
  type UnsealSecret,
} from "./unseal-key.ts";

const random = repeatableRandom();
/** The smallest parameters that are accepted, so that tests are fast. */
const QUICK: Argon2Parameters = { memoryKiB: 64 * 1024, passes: 1, lanes: 1 };
const KEY: UnsealSecret = { kind: "key", bytes: counting(32, 7) };
const PASSPHRASE: UnsealSecret = { kind: "passphrase", bytes: Buffer.from("correct horse battery staple") };

const initial = Keyring.create(random);
const loaded = initial.generate(random);
const committed = loaded.commit(loaded.next!.masterKey.verificationPattern);
const stages = new Map([
  ["empty", Keyring.empty()],
  ["initial", initial],
  ["loaded", loaded],
  ["committed", committed],
  ["activated", committed.activate()],
  ["finalised", committed.activate().finalise()],
]);

/** Returns the contents of a keyring in a form that can be compared. */
function contents({ epoch, current, next, previous }: Keyring) {
  const shown = [current, next?.masterKey, previous].map((key) => key && toHex(key.export()));
  return { epoch, committed: next?.committed, shown };
}

async function rejection(promise: Promise<unknown>): Promise<number | undefined> {
  return promise.then(
    () => undefined,
    (error) => (error instanceof ck.CkError ? error.rv : Promise.reject(error)),
  );
}

describe("sealed with a key", async () => {
  const unsealKey = await UnsealKey.create(KEY, random);

  test.each([...stages])("%s keyring: round trip", async (_, keyring) => {
    const file = serialiseKeyring(keyring, unsealKey, random);
    expect(parseDerivation(file)).toEqual({ kind: "key" });
    const reader = await UnsealKey.derive(KEY, parseDerivation(file));
    expect(contents(parseKeyring(file, reader))).toEqual(contents(keyring));
    const clear = toHex(file);
    for (const key of contents(keyring).shown) if (key !== undefined) expect(clear).not.toContain(key);
  });

  test("every single-bit flip is refused", () => {
    for (const [flipped, byte] of bitFlips(serialiseKeyring(committed, unsealKey, random))) {
      const unknownHeader = byte < 32 && flipped[5] !== 1;
      const expected = unknownHeader ? ck.CKR_ARGUMENTS_BAD : ck.CKR_IBM_BLOB_ERROR;
      expect([byte, rvOf(() => parseKeyring(flipped, unsealKey))]).toEqual([byte, expected]);
    }
  });

  test("a truncated or extended file and one of another keyring are refused", async () => {
    const file = serialiseKeyring(committed, unsealKey, random);
    for (let length = 0; length < file.length; length++) {
      const expected = length < 72 ? ck.CKR_ARGUMENTS_BAD : ck.CKR_IBM_BLOB_ERROR;
      expect([length, rvOf(() => parseKeyring(file.subarray(0, length), unsealKey))]).toEqual([length, expected]);
    }
    expect(rvOf(() => parseKeyring(Uint8Array.of(...file, 0), unsealKey))).toBe(ck.CKR_IBM_BLOB_ERROR);
    const other = await UnsealKey.create({ kind: "key", bytes: counting(32, 8) }, random);
    expect(rvOf(() => parseKeyring(file, other))).toBe(ck.CKR_IBM_BLOB_ERROR);
  });

  test("a stuck random source repeats a nonce for the identical keyring only", () => {
    const stuck = () => new Uint8Array(32);
    const nonces = [...stages.values()].map((keyring) =>
      toHex(serialiseKeyring(keyring, unsealKey, stuck).subarray(32, 56)),
    );
    expect(new Set(nonces).size).toBe(stages.size);
  });
});

describe("sealed with a passphrase", () => {
  test("opens with it and with no other, and is written again without another derivation", async () => {
    const unsealKey = await UnsealKey.create(PASSPHRASE, random, QUICK);
    const file = serialiseKeyring(committed, unsealKey, random);
    const derivation = parseDerivation(file);
    expect(derivation).toEqual({ kind: "passphrase", salt: expect.any(Uint8Array), ...QUICK });

    const reader = await UnsealKey.derive(PASSPHRASE, derivation);
    expect(contents(parseKeyring(file, reader))).toEqual(contents(committed));
    const rewritten = serialiseKeyring(committed.activate(), reader, random);
    expect(contents(parseKeyring(rewritten, unsealKey))).toEqual(contents(committed.activate()));

    const wrong = await UnsealKey.derive({ ...PASSPHRASE, bytes: Buffer.from("wrong") }, derivation);
    expect(rvOf(() => parseKeyring(file, wrong))).toBe(ck.CKR_IBM_BLOB_ERROR);
    const lighter = await UnsealKey.derive(PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK });
    expect(rvOf(() => parseKeyring(file, lighter))).toBe(ck.CKR_IBM_BLOB_ERROR);
  });

  test("uses 256 MiB, 3 passes and 4 lanes unless told otherwise", () => {
    expect(DEFAULT_ARGON2).toEqual({ memoryKiB: 262144, passes: 3, lanes: 4 });
  });
});

test.each<readonly [string, UnsealSecret, KeyDerivation]>([
  ["a passphrase where a key is needed", PASSPHRASE, { kind: "key" }],
  ["a key where a passphrase is needed", KEY, { kind: "passphrase", salt: counting(16), ...QUICK }],
  ["a key of 31 bytes", { kind: "key", bytes: counting(31) }, { kind: "key" }],
  ["an empty passphrase", { ...PASSPHRASE, bytes: counting(0) }, { kind: "passphrase", salt: counting(16), ...QUICK }],
  ["little memory", PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK, memoryKiB: 65535 }],
  ["4 TiB of memory", PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK, memoryKiB: 0xffffffff }],
  ["no pass", PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK, passes: 0 }],
  ["4 billion passes", PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK, passes: 0xffffffff }],
  ["no lane", PASSPHRASE, { kind: "passphrase", salt: counting(16), ...QUICK, lanes: 0 }],
])("no unseal key is made from %s", async (_, secret, derivation) => {
  expect(await rejection(UnsealKey.derive(secret, derivation))).toBe(ck.CKR_ARGUMENTS_BAD);
});

test.each([
  ["another magic", 0, 0],
  ["another version", 4, 2],
  ["another derivation", 5, 9],
  ["a salt without a passphrase", 20, 1],
])("a header with %s is refused", async (_, at, value) => {
  const file = serialiseKeyring(initial, await UnsealKey.create(KEY, random), random);
  expect(rvOf(() => parseDerivation(file.with(at, value)))).toBe(ck.CKR_ARGUMENTS_BAD);
});
