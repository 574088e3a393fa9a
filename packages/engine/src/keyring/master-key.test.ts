import { inspect } from "node:util";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { expect, test } from "vitest";
import { counting, MASTER_KEY, rvOf } from "../../test/sealing.ts";
import { MasterKey, verificationPattern } from "./master-key.ts";

// docs/reference/ep11.md#master-keys
const PATTERN = "491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e77677ab6f919";

test("verification pattern and WKID are computed as IBM does", () => {
  expect(toHex(verificationPattern(counting(32)))).toBe(PATTERN);
  expect(toHex(MASTER_KEY.verificationPattern)).toBe(PATTERN);
  expect(toHex(MASTER_KEY.wkid)).toBe(PATTERN.slice(0, 32));
  expect(MASTER_KEY.isNamed(MASTER_KEY.wkid)).toBe(true);
  expect(MASTER_KEY.isNamed(MASTER_KEY.verificationPattern)).toBe(false);
  expect(MASTER_KEY.isNamed(counting(16))).toBe(false);
});

test("derived keys differ from each other and from those of another master key", () => {
  const other = new MasterKey(counting(32, 1));
  const derived = [MASTER_KEY, other].flatMap(({ hedgeKey, spkiKey, pinKey }) => [hedgeKey, spkiKey, pinKey]);
  const ciphertexts = [MASTER_KEY, other].flatMap((key) =>
    [1, 2, 0x10].map((blobClass) => toHex(key.blobCipher(blobClass).seal(counting(24), counting(32), counting(0)))),
  );
  const all = [...derived.map((key) => toHex(key.export())), ...ciphertexts];
  expect(new Set(all).size).toBe(12);
  expect(MASTER_KEY.blobCipher(1)).toBe(MASTER_KEY.blobCipher(1));
});

test("the bytes leave only as copies, and only on request", () => {
  const bytes = counting(32);
  const key = new MasterKey(bytes);
  bytes.fill(0);
  key.export().fill(0);
  expect(key.export()).toEqual(counting(32));
  const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
  expect(shown).not.toContain("1e, 1f");
  expect(shown).not.toContain("30, 31");
  expect(shown).not.toContain(toHex(counting(32)));
});

test.each([
  ["31 bytes", counting(31)],
  ["33 bytes", counting(33)],
  ["zeros", new Uint8Array(32)],
])("%s are not a master key", (_, bytes) => expect(rvOf(() => new MasterKey(bytes))).toBe(ck.CKR_ARGUMENTS_BAD));
