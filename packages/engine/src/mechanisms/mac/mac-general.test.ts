import { createCipheriv } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { noRandom } from "../../../test/cipher-parts.ts";
import { ckr, secretKey } from "../../../test/keys.ts";
import { cut, everyCut } from "../../../test/parts.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import type { Family } from "../family.ts";
import { aesGmac, cmacGeneral } from "./cmac.ts";
import { hmacGeneral } from "./hmac.ts";

function stateAfter<P>(family: Family<P>, key: Key, parameter: P, parts: readonly Uint8Array[]): Uint8Array {
  return parts.reduce(
    (runningState, part) =>
      family.signatureUpdate!({ ...key, value: key.value.slice() }, parameter, runningState.slice(), part),
    family.signatureInit!(key, parameter),
  );
}

/** Signs and verifies, both in one call and split into `parts`. */
function expectCode<P>(
  family: Family<P>,
  key: Key,
  parameter: P,
  data: Uint8Array,
  code: Uint8Array,
  parts: readonly Uint8Array[],
): void {
  expect(family.sign!(key, parameter, data, noRandom)).toEqual(code);
  expect(family.verify!(key, parameter, data, code)).toBe(true);
  expect(family.verify!(key, parameter, data, code.with(-1, code.at(-1)! ^ 1))).toBe(false);
  const runningState = stateAfter(family, key, parameter, parts);
  expect(family.signFinal!(key, parameter, runningState, noRandom)).toEqual(code);
  expect(family.verifyFinal!(key, parameter, runningState, code)).toBe(true);
  expect(family.verifyFinal!(key, parameter, runningState, code.with(0, code[0]! ^ 0x80))).toBe(false);
}

interface MacCase {
  readonly name: string;
  readonly mode?: string;
  readonly hash?: string;
  readonly key: string;
  readonly message: string;
  readonly macLength: number;
  readonly mac: string;
  readonly parts?: readonly number[];
  readonly messageParts?: readonly number[];
}

describeVectors<{ cases: readonly MacCase[] }>("ep11/hmac.json", ({ cases }) => {
  test.each(cases)("$name", ({ hash, key, message, macLength, mac, parts }) => {
    const family = hmacGeneral(hash!.toLowerCase().replace(/^sha-/, "sha").replace("/", "-") as ck.HashName);
    const [secret, data] = [secretKey(ck.CKK_GENERIC_SECRET, hex(key)), hex(message)];
    expectCode(family, secret, macLength, data, hex(mac), cut(data, parts ?? [data.length]));
  });
});

for (const file of ["ep11/aes.json", "ep11/des3.json"]) {
  describeVectors<{ cases: readonly MacCase[] }>(file, ({ cases }) => {
    test.each(cases.filter(({ mode }) => mode === "CMAC"))(
      "$name",
      ({ key, message, macLength, mac, messageParts }) => {
        const value = hex(key);
        const keyType = file === "ep11/aes.json" ? ck.CKK_AES : value.length === 16 ? ck.CKK_DES2 : ck.CKK_DES3;
        const data = hex(message);
        expectCode(
          cmacGeneral,
          secretKey(keyType, value),
          macLength,
          data,
          hex(mac),
          cut(data, messageParts ?? [data.length]),
        );
      },
    );
  });
}

describe("GMAC", () => {
  const iv = counting(12, 3);

  test.each([16, 24, 32])("with a key of %i bytes is GCM's tag of additional data, at every cut", (keyBytes) => {
    const key = secretKey(ck.CKK_AES, counting(keyBytes, 1));
    for (const length of [0, 1, 15, 16, 17, 40]) {
      const data = counting(length);
      const cipher = createCipheriv(`aes-${(keyBytes * 8) as 128 | 192 | 256}-gcm`, key.value, iv).setAAD(data);
      cipher.final();
      const code = new Uint8Array(cipher.getAuthTag());
      for (const parts of everyCut(data)) expectCode(aesGmac, key, iv, data, code, parts);
    }
  });

  test("another length of code, a running state of another kind", () => {
    const key = secretKey(ck.CKK_AES, counting(16));
    const runningState = stateAfter(aesGmac, key, iv, [counting(20)]);
    expect(() => aesGmac.verify!(key, iv, counting(20), counting(15))).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
    for (const bad of [
      new Uint8Array(0),
      runningState.subarray(1),
      runningState.slice(0, -1),
      runningState.with(0, 2),
    ]) {
      expect(() => aesGmac.signatureUpdate!(key, iv, bad, counting(1))).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
      expect(() => aesGmac.signFinal!(key, iv, bad, noRandom)).toThrow(ckr(ck.CKR_SAVED_STATE_INVALID));
    }
  });
});

test("a truncated code has exactly the length of the parameter", () => {
  const key = secretKey(ck.CKK_AES, counting(16));
  const code = cmacGeneral.sign!(key, 8, counting(30), noRandom);
  expect(cmacGeneral.verify!(key, 8, counting(30), code)).toBe(true);
  expect(() => cmacGeneral.verify!(key, 9, counting(30), code)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
  expect(() => cmacGeneral.verify!(key, 8, counting(30), code.subarray(1))).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
});
