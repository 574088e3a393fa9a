import {
  CKA_EXTRACTABLE,
  CKA_IBM_ATTRBOUND,
  CKA_NEVER_EXTRACTABLE,
  CKA_WRAP_WITH_TRUSTED,
  CKM_IBM_KYBER,
  type Template,
} from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { AES_KEY, EC_PRIVATE_KEY } from "../../test/sealing.ts";
import { HPCS_POLICY } from "../policy.ts";
import { hasBoolean, withBoolean } from "./booleans.ts";
import { createKey } from "./create-key.ts";
import type { Key } from "./key.ts";

const BASE = EC_PRIVATE_KEY;
const FREE = withBoolean(AES_KEY.booleans, CKA_EXTRACTABLE, true);

function derived(revealed: readonly Key[], template: Template = new Map()): number {
  const origin = { policy: HPCS_POLICY, origin: "derive", mechanism: CKM_IBM_KYBER, base: BASE, revealed } as const;
  return createKey(AES_KEY, template, origin).booleans;
}

describe("a derived key that gives others away", () => {
  const free = { ...AES_KEY, booleans: FREE };
  const kept = { ...AES_KEY, booleans: withBoolean(FREE, CKA_EXTRACTABLE, false) };
  const careful = { ...AES_KEY, booleans: withBoolean(FREE, CKA_WRAP_WITH_TRUSTED, true) };
  const bound = { ...AES_KEY, booleans: withBoolean(FREE, CKA_IBM_ATTRBOUND, true) };

  test("is extractable only if all of them are, whatever the template asks", () => {
    const wanted = new Map([[CKA_EXTRACTABLE, true]]);
    expect(hasBoolean(derived([], wanted), CKA_EXTRACTABLE)).toBe(true);
    expect(hasBoolean(derived([free], wanted), CKA_EXTRACTABLE)).toBe(true);
    expect(hasBoolean(derived([free, kept], wanted), CKA_EXTRACTABLE)).toBe(false);
    expect(hasBoolean(derived([kept], wanted), CKA_NEVER_EXTRACTABLE)).toBe(true);
  });

  test("needs a trusted KEK if one of them does", () => {
    const wanted = new Map([[CKA_WRAP_WITH_TRUSTED, false]]);
    expect(hasBoolean(derived([free], wanted), CKA_WRAP_WITH_TRUSTED)).toBe(false);
    expect(hasBoolean(derived([free, careful], wanted), CKA_WRAP_WITH_TRUSTED)).toBe(true);
  });

  test("is attribute-bound if one of them is", () => {
    expect(hasBoolean(derived([free]), CKA_IBM_ATTRBOUND)).toBe(false);
    expect(hasBoolean(derived([free, bound]), CKA_IBM_ATTRBOUND)).toBe(true);
  });
});
