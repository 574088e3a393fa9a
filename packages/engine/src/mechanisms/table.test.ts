import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { keyTypeRules } from "../objects/key-types.ts";
import { createPolicy, HPCS_POLICY, STRICT_POLICY } from "../objects/policy/policy.ts";
import type { FamilyMethod } from "./family.ts";
import { availableRows, createMechanisms, requireShape } from "./resolve.ts";
import type { MechanismRow, Shape } from "./row.ts";
import { findRow, MECHANISM_TABLE } from "./table.ts";

/** For each flag: the method that a family must have, and the methods that it must have for operations in parts. */
const METHODS: readonly (readonly [number, FamilyMethod, readonly FamilyMethod[]])[] = [
  [ck.CKF_DIGEST, "digest", ["digestInit", "digestUpdate", "digestFinal"]],
  [ck.CKF_ENCRYPT, "encrypt", ["encryptInit", "encryptUpdate", "encryptFinal"]],
  [ck.CKF_DECRYPT, "decrypt", ["decryptInit", "decryptUpdate", "decryptFinal"]],
  [ck.CKF_SIGN, "sign", ["signatureInit", "signatureUpdate", "signFinal"]],
  [ck.CKF_VERIFY, "verify", ["signatureInit", "signatureUpdate", "verifyFinal"]],
  [ck.CKF_GENERATE, "generateKey", []],
  [ck.CKF_GENERATE_KEY_PAIR, "generateKeyPair", []],
  [ck.CKF_WRAP, "wrap", []],
  [ck.CKF_UNWRAP, "unwrap", []],
  [ck.CKF_DERIVE, "derive", []],
];

/** Whether the cards report a flag for this row although no function of EP11 uses it. */
const promisesMore = (row: MechanismRow, flag: number) =>
  row.mechanism === ck.CKM_GENERIC_SECRET_KEY_GEN && flag === ck.CKF_DERIVE;

describe.each(MECHANISM_TABLE.map((row) => [ck.ckmName(row.mechanism), row] as const))("%s", (_name, row) => {
  it("has no method without a flag", () => {
    for (const [flag, method] of METHODS) {
      if (row.family[method] !== undefined) expect(row.flags & flag, method).not.toBe(0);
    }
  });

  it("has a method for every flag, in parts where its shape says so", () => {
    for (const [flag, method, parts] of METHODS) {
      if ((row.flags & flag) === 0 || promisesMore(row, flag)) continue;
      expect(row.family[method], method).toBeTypeOf("function");
      for (const part of parts) {
        const shape = flag === ck.CKF_DECRYPT ? row.decryptShape : row.shape;
        expect(row.family[part] !== undefined, part).toBe(shape === "multi");
      }
    }
  });

  it("names key types the engine knows, with sizes in the unit of the kind", () => {
    for (const keyType of row.keyTypes) {
      const rules = keyTypeRules(keyType);
      expect(rules).toBeDefined();
      if (row.size.unit !== "none") expect(row.size.unit).toBe(rules?.kind === "secret" ? "bytes" : "bits");
    }
    expect(row.size.min).toBeLessThanOrEqual(row.size.max);
  });
});

describe("the table", () => {
  it("has every mechanism once and begins with CKM_RSA_PKCS", () => {
    expect(new Set(MECHANISM_TABLE.map((row) => row.mechanism)).size).toBe(MECHANISM_TABLE.length);
    expect(createMechanisms(MECHANISM_TABLE, HPCS_POLICY).list()[0]).toBe(ck.CKM_RSA_PKCS);
  });

  it("lists under every policy only what it resolves and informs about", () => {
    for (const policy of [HPCS_POLICY, STRICT_POLICY]) {
      const mechanisms = createMechanisms(MECHANISM_TABLE, policy);
      for (const mechanism of mechanisms.list()) {
        const { flags } = mechanisms.info(mechanism);
        for (const [flag] of METHODS) {
          if ((flags & flag) !== 0) expect(mechanisms.resolve(mechanism, flag).mechanism).toBe(mechanism);
        }
      }
    }
  });

  it("hides a mechanism whose control point is off, and cancels calls of it", () => {
    const mechanisms = createMechanisms(MECHANISM_TABLE, createPolicy("no-dh", [ck.XCP_CPB_ALG_DH]));
    expect(mechanisms.list()).not.toContain(ck.CKM_DH_PKCS_DERIVE);
    expect(rvOf(() => mechanisms.resolve(ck.CKM_DH_PKCS_DERIVE, ck.CKF_DERIVE))).toBe(ck.CKR_FUNCTION_CANCELED);
    expect(rvOf(() => mechanisms.info(ck.CKM_DH_PKCS_DERIVE))).toBe(ck.CKR_MECHANISM_INVALID);
  });

  it("takes one function from a mechanism when only that function is off", () => {
    const mechanisms = createMechanisms(MECHANISM_TABLE, createPolicy("no-sign", [ck.XCP_CPB_SIGN_ASYMM]));
    expect(mechanisms.info(ck.CKM_RSA_PKCS).flags & (ck.CKF_SIGN | ck.CKF_VERIFY)).toBe(ck.CKF_VERIFY);
    expect(rvOf(() => mechanisms.resolve(ck.CKM_RSA_PKCS, ck.CKF_SIGN))).toBe(ck.CKR_FUNCTION_CANCELED);
  });

  it("leaves out what the runtime lacks, and calls of it are refused", () => {
    const none = createMechanisms(
      availableRows(MECHANISM_TABLE, () => false),
      HPCS_POLICY,
    );
    const all = createMechanisms(
      availableRows(MECHANISM_TABLE, () => true),
      HPCS_POLICY,
    );
    expect(all.list()).toEqual(createMechanisms(MECHANISM_TABLE, HPCS_POLICY).list());
    const gone = all.list().filter((mechanism) => !none.list().includes(mechanism));
    expect(gone.length).toBeGreaterThan(15);
    for (const mechanism of gone) {
      expect(ck.ckmName(mechanism)).toMatch(/ML_DSA|ML_KEM|SLH_DSA/);
      const row = findRow(mechanism)!;
      for (const [flag] of METHODS.filter(([each]) => (row.flags & each) !== 0)) {
        expect(rvOf(() => none.resolve(mechanism, flag))).toBe(ck.CKR_MECHANISM_INVALID);
      }
      expect(rvOf(() => none.info(mechanism))).toBe(ck.CKR_MECHANISM_INVALID);
    }
    // Without implicit rejection, RSA PKCS #1 v1.5 can still encrypt, wrap and sign.
    const lost = all.info(ck.CKM_RSA_PKCS).flags & ~none.info(ck.CKM_RSA_PKCS).flags;
    expect(lost).toBe(ck.CKF_DECRYPT | ck.CKF_UNWRAP);
    expect(rvOf(() => none.resolve(ck.CKM_RSA_PKCS, ck.CKF_DECRYPT))).toBe(ck.CKR_MECHANISM_INVALID);
    expect(none.resolve(ck.CKM_RSA_PKCS, ck.CKF_ENCRYPT).mechanism).toBe(ck.CKM_RSA_PKCS);
  });

  it("refuses unknown mechanisms, wrong functions and wrong shapes with CKR_MECHANISM_INVALID", () => {
    const mechanisms = createMechanisms(MECHANISM_TABLE, HPCS_POLICY);
    expect(rvOf(() => mechanisms.resolve(0x12345678, ck.CKF_SIGN))).toBe(ck.CKR_MECHANISM_INVALID);
    expect(rvOf(() => mechanisms.resolve(ck.CKM_RSA_PKCS, ck.CKF_DERIVE))).toBe(ck.CKR_MECHANISM_INVALID);
    const legal: Record<Shape, readonly Shape[]> = {
      multi: ["multi", "one-shot", "single-only"],
      "one-shot": ["one-shot", "single-only"],
      "single-only": ["single-only"],
    };
    for (const row of MECHANISM_TABLE) {
      for (const shape of legal.multi) {
        const encrypting = rvOf(() => requireShape(row, ck.CKF_ENCRYPT, shape));
        expect(encrypting).toBe(legal[row.shape].includes(shape) ? undefined : ck.CKR_MECHANISM_INVALID);
        const decrypting = rvOf(() => requireShape(row, ck.CKF_DECRYPT, shape));
        expect(decrypting).toBe(legal[row.decryptShape].includes(shape) ? undefined : ck.CKR_MECHANISM_INVALID);
      }
    }
  });

  it("finds every row", () => {
    for (const row of MECHANISM_TABLE) expect(findRow(row.mechanism)).toBe(row);
  });
});

function rvOf(call: () => unknown): number | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as ck.CkError).rv;
  }
}
