import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { bitOf, hasBoolean, withBoolean } from "../../src/objects/booleans.ts";
import { changeKey } from "../../src/objects/change-key.ts";
import { createKey } from "../../src/objects/create-key.ts";
import type { Key } from "../../src/objects/key.ts";
import { publicHalf } from "../../src/objects/key-pair.ts";
import { HPCS_POLICY } from "../../src/objects/policy/policy.ts";
import { AES_KEY, counting, EC_PRIVATE_KEY, EC_PUBLIC_KEY } from "../sealing.ts";

const BASE = EC_PRIVATE_KEY;
const FREE = withBoolean(AES_KEY.booleans, ck.CKA_EXTRACTABLE, true);

const DERIVED = { policy: HPCS_POLICY, origin: "derive", mechanism: ck.CKM_IBM_KYBER, uid: counting(16, 7) } as const;

function derived(revealed: readonly Key[], template: ck.Template = new Map()): number {
  const origin = { ...DERIVED, base: BASE, revealed };
  return createKey(AES_KEY, template, origin).booleans;
}

describe("a derived key that reveals others", () => {
  const free = { ...AES_KEY, booleans: FREE };
  const kept = { ...AES_KEY, booleans: withBoolean(FREE, ck.CKA_EXTRACTABLE, false) };
  const careful = { ...AES_KEY, booleans: withBoolean(FREE, ck.CKA_WRAP_WITH_TRUSTED, true) };
  const bound = { ...AES_KEY, booleans: withBoolean(FREE, ck.CKA_IBM_ATTRBOUND, true) };

  test("is extractable only if all of them are, whatever the template asks", () => {
    const wanted = new Map([[ck.CKA_EXTRACTABLE, true]]);
    expect(hasBoolean(derived([], wanted), ck.CKA_EXTRACTABLE)).toBe(true);
    expect(hasBoolean(derived([free], wanted), ck.CKA_EXTRACTABLE)).toBe(true);
    expect(hasBoolean(derived([free, kept], wanted), ck.CKA_EXTRACTABLE)).toBe(false);
    expect(hasBoolean(derived([kept], wanted), ck.CKA_NEVER_EXTRACTABLE)).toBe(true);
  });

  test("needs a trusted KEK if one of them does", () => {
    const wanted = new Map([[ck.CKA_WRAP_WITH_TRUSTED, false]]);
    expect(hasBoolean(derived([free], wanted), ck.CKA_WRAP_WITH_TRUSTED)).toBe(false);
    expect(hasBoolean(derived([free, careful], wanted), ck.CKA_WRAP_WITH_TRUSTED)).toBe(true);
  });

  test("is attribute-bound if one of them is", () => {
    expect(hasBoolean(derived([free]), ck.CKA_IBM_ATTRBOUND)).toBe(false);
    expect(hasBoolean(derived([free, bound]), ck.CKA_IBM_ATTRBOUND)).toBe(true);
  });
});

describe("history and uid", () => {
  test("a new key has its rights as history, and the given uid", () => {
    const key = createKey(AES_KEY, new Map([[ck.CKA_WRAP, true]]), DERIVED);
    expect(hasBoolean(key.everSet, ck.CKA_WRAP)).toBe(true);
    expect(key.everSet).toBe(key.booleans);
    expect(key.uid).toEqual(DERIVED.uid);
  });

  test("the uid of a public key is derived from the key", () => {
    expect(createKey(EC_PUBLIC_KEY, new Map(), DERIVED).uid).toEqual(EC_PUBLIC_KEY.uid);
    expect(publicHalf(EC_PRIVATE_KEY).uid).toEqual(EC_PUBLIC_KEY.uid);
  });

  test("a removed right stays in the history, even if it was added later", () => {
    const key = createKey(AES_KEY, new Map([[ck.CKA_WRAP, true]]), DERIVED);
    const changes: (readonly [number, boolean])[] = [
      [ck.CKA_WRAP, false],
      [ck.CKA_UNWRAP, true],
      [ck.CKA_UNWRAP, false],
      [ck.CKA_EXTRACTABLE, false],
    ];
    let changed = key;
    for (const change of changes) changed = changeKey(changed, new Map([change]), HPCS_POLICY);
    expect(changed.booleans).toBe(key.booleans & ~(bitOf(ck.CKA_WRAP) | bitOf(ck.CKA_EXTRACTABLE)));
    expect(changed.everSet).toBe(key.booleans | bitOf(ck.CKA_UNWRAP));
    expect(changed.uid).toEqual(key.uid);
  });

  test("the history of the public half has the relevant rights of the private one, and their counterparts", () => {
    const privateKey = { ...EC_PRIVATE_KEY, everSet: EC_PRIVATE_KEY.everSet | bitOf(ck.CKA_UNWRAP) };
    const half = publicHalf(privateKey);
    expect(half.booleans).toBe(publicHalf(EC_PRIVATE_KEY).booleans);
    expect(half.everSet).toBe(half.booleans | bitOf(ck.CKA_WRAP) | bitOf(ck.CKA_UNWRAP) | bitOf(ck.CKA_SIGN));
  });
});
