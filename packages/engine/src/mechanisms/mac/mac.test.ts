import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { secretKey } from "../../../test/keys.ts";
import { cut, everyCut } from "../../../test/parts.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import type { Family } from "../family.ts";
import { cmac } from "./cmac.ts";
import { hmac } from "./hmac.ts";

type MacFamily = Required<
  Pick<Family<undefined>, "sign" | "verify" | "signatureInit" | "signatureUpdate" | "signFinal" | "verifyFinal">
>;

/** Copies a key into another array, as if another process had opened it. */
function reopened(key: Key): Key {
  return { ...key, value: key.value.slice() };
}

function noRandom(): never {
  throw new Error("a MAC is not random");
}

function stateAfter(family: MacFamily, key: Key, parts: readonly Uint8Array[]): Uint8Array {
  return parts.reduce(
    (runningState, part) => family.signatureUpdate(reopened(key), undefined, runningState.slice(), part),
    family.signatureInit(key, undefined),
  );
}

/**
 * Compares `family` with a known answer, both in one call and split into `parts`; `mac` may be just the leading bytes of the
 * MAC.
 */
function expectCode(family: MacFamily, key: Key, data: Uint8Array, mac: Uint8Array, parts: readonly Uint8Array[]) {
  const code = family.sign(key, undefined, data, noRandom);
  expect(code.subarray(0, mac.length)).toEqual(mac);
  expect(family.verify(key, undefined, data, code)).toBe(true);
  expect(family.verify(key, undefined, data, code.with(-1, code.at(-1)! ^ 1))).toBe(false);
  const runningState = stateAfter(family, key, parts);
  expect(family.signFinal(reopened(key), undefined, runningState, noRandom)).toEqual(code);
  expect(family.verifyFinal(key, undefined, runningState, code)).toBe(true);
  expect(family.verifyFinal(key, undefined, runningState, code.with(0, code[0]! ^ 0x80))).toBe(false);
}

const hashFamily = (hash: ck.HashName) => hmac(hash) as MacFamily;
const cmacFamily = cmac as MacFamily;

/** Returns the engine's name of a hash, for example "sha512-224" for "SHA-512/224" in the vector files. */
function hashNamed(label: string): ck.HashName {
  return label.toLowerCase().replace(/^sha-/, "sha").replace("/", "-") as ck.HashName;
}

interface MacCase {
  readonly name: string;
  readonly mode?: string;
  readonly hash?: string;
  readonly key: string;
  readonly message: string;
  readonly mac: string;
  readonly fullMac?: string;
  readonly parts?: readonly number[];
  readonly messageParts?: readonly number[];
}

describeVectors<{ cases: readonly MacCase[] }>("ep11/hmac.json", ({ cases }) => {
  test.each(cases)("$name", ({ hash, key, message, mac, parts }) => {
    const data = hex(message);
    const secret = secretKey(ck.CKK_GENERIC_SECRET, hex(key));
    expectCode(hashFamily(hashNamed(hash!)), secret, data, hex(mac), cut(data, parts ?? [data.length]));
  });
});

/** Returns the key type of a CMAC test case. */
function blockKeyType(file: string, bytes: number): number {
  if (file === "ep11/aes.json") return ck.CKK_AES;
  return bytes === 16 ? ck.CKK_DES2 : ck.CKK_DES3;
}

for (const file of ["ep11/aes.json", "ep11/des3.json"]) {
  describeVectors<{ cases: readonly MacCase[] }>(file, ({ cases }) => {
    test.each(cases.filter(({ mode }) => mode === "CMAC"))("$name", ({ key, message, fullMac, messageParts }) => {
      const data = hex(message);
      const secret = secretKey(blockKeyType(file, hex(key).length), hex(key));
      expectCode(cmacFamily, secret, data, hex(fullMac!), cut(data, messageParts ?? [data.length]));
    });
  });
}

interface WycheproofCase {
  readonly tcId: number;
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
  readonly result: string;
}

describe.each([
  ["hmac_sha1", hashFamily("sha1"), ck.CKK_GENERIC_SECRET],
  ["hmac_sha256", hashFamily("sha256"), ck.CKK_GENERIC_SECRET],
  ["hmac_sha512", hashFamily("sha512"), ck.CKK_GENERIC_SECRET],
  ["hmac_sha512_256", hashFamily("sha512-256"), ck.CKK_GENERIC_SECRET],
  ["hmac_sha3_256", hashFamily("sha3-256"), ck.CKK_GENERIC_SECRET],
  ["aes_cmac", cmacFamily, ck.CKK_AES],
] as const)("%s", (name, family, keyType) => {
  describeVectors<{ testGroups: readonly { tests: readonly WycheproofCase[] }[] }>(
    `wycheproof/${name}_test.json`,
    ({ testGroups }) => {
      test("every tag of full length", () => {
        let checked = 0;
        for (const { tcId, key, msg, tag, result } of testGroups.flatMap(({ tests }) => tests)) {
          const value = hex(key);
          // AES keys of other sizes are skipped: the import refuses them, so the mechanism never gets such a key.
          if (keyType === ck.CKK_AES && ![16, 24, 32].includes(value.length)) continue;
          const secret = secretKey(keyType, value);
          // Only the GENERAL mechanisms, which are not tested here, accept truncated tags.
          if (hex(tag).length !== family.sign(secret, undefined, hex(msg), noRandom).length) continue;
          expect([tcId, family.verify(secret, undefined, hex(msg), hex(tag))]).toEqual([tcId, result === "valid"]);
          checked++;
        }
        expect(checked).toBeGreaterThan(50);
      });
    },
  );
});

const MESSAGE = Uint8Array.from({ length: 300 }, (_, index) => (index * 5) & 0xff);

describe.each([
  ["HMAC-SHA-256", hashFamily("sha256"), secretKey(ck.CKK_GENERIC_SECRET, MESSAGE.slice(0, 32)), 64],
  [
    "HMAC-SHA-384, key longer than a block",
    hashFamily("sha384"),
    secretKey(ck.CKK_GENERIC_SECRET, MESSAGE.slice(0, 200)),
    128,
  ],
  ["HMAC-SHA3-512", hashFamily("sha3-512"), secretKey(ck.CKK_GENERIC_SECRET, MESSAGE.slice(0, 72)), 72],
  ["CMAC-AES", cmacFamily, secretKey(ck.CKK_AES, MESSAGE.slice(0, 24)), 16],
  ["CMAC-DES3", cmacFamily, secretKey(ck.CKK_DES3, MESSAGE.slice(0, 24)), 8],
] as const)("%s", (_name, family, key, blockBytes) => {
  test("every split of messages around the block length", () => {
    for (const length of [0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes, 2 * blockBytes + 3]) {
      const data = MESSAGE.subarray(0, length);
      const code = family.sign(key, undefined, data, noRandom);
      for (const parts of everyCut(data)) {
        expect(family.signFinal(key, undefined, stateAfter(family, key, parts), noRandom)).toEqual(code);
      }
    }
  });

  test("codes of another length, running states of another kind", () => {
    const code = family.sign(key, undefined, MESSAGE, noRandom);
    const runningState = stateAfter(family, key, [MESSAGE]);
    for (const signature of [code.slice(1), new Uint8Array([...code, 0]), new Uint8Array(0)]) {
      expect(() => family.verify(key, undefined, MESSAGE, signature)).toThrow(rv(ck.CKR_SIGNATURE_LEN_RANGE));
      expect(() => family.verifyFinal(key, undefined, runningState, signature)).toThrow(rv(ck.CKR_SIGNATURE_LEN_RANGE));
    }
    const other = stateAfter(hashFamily("sha224"), key, [MESSAGE]);
    for (const wrong of [new Uint8Array(0), other, runningState.with(0, 9), new Uint8Array(500).fill(1)]) {
      expect(() => family.signatureUpdate(key, undefined, wrong, MESSAGE)).toThrow(rv(ck.CKR_SAVED_STATE_INVALID));
      expect(() => family.signFinal(key, undefined, wrong, noRandom)).toThrow(rv(ck.CKR_SAVED_STATE_INVALID));
      expect(() => family.verifyFinal(key, undefined, wrong, code)).toThrow(rv(ck.CKR_SAVED_STATE_INVALID));
    }
  });
});

function rv(value: number) {
  return expect.objectContaining({ rv: value });
}
