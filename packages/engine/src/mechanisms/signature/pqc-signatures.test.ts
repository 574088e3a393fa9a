import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, openedKey } from "../../../test/keys.ts";
import { DILITHIUM, dilithiumLengths } from "../../primitives/lattice/dilithium-parameters.ts";
import { PQC_SETS, pqcSet } from "../../primitives/lattice/pqc-sets.ts";
import { dilithium } from "./dilithium.ts";
import { slhDsa, slhDsaKeyPairGen } from "./slh-dsa.ts";

const HEDGED = { deterministic: false, context: Uint8Array.of(1, 2, 3) };

function dilithiumPair(...templates: [number, ck.AttributeValue][][]) {
  const [publicTemplate, privateTemplate] = [0, 1].map((at) => new Map(templates[at]));
  const pair = dilithium.generateKeyPair!(undefined, publicTemplate!, privateTemplate!, randomBytes);
  return { publicKey: openedKey(pair.publicKey), privateKey: openedKey(pair.privateKey) };
}

describe.each(PQC_SETS.filter((set) => set.algorithm === "dilithium"))("Dilithium $name", (set) => {
  const { publicKey, privateKey } = dilithiumPair([[ck.CKA_IBM_PQC_PARAMS, set.oid]]);

  test("signs and verifies, no two signatures alike", () => {
    expect(publicKey.keyType).toBe(ck.CKK_IBM_PQC_DILITHIUM);
    const message = randomBytes(50);
    const [first, second] = [0, 1].map(() => dilithium.sign!(privateKey, undefined, message, randomBytes));
    expect(first).not.toEqual(second);
    expect(first!.length).toBe(dilithiumLengths(DILITHIUM[set.name]).signature);
    expect(dilithium.verify!(publicKey, undefined, message, first!)).toBe(true);
    expect(dilithium.verify!(publicKey, undefined, message, second!)).toBe(true);
    expect(dilithium.verify!(publicKey, undefined, new Uint8Array(0), first!)).toBe(false);
    expect(() => dilithium.verify!(publicKey, undefined, message, first!.subarray(1))).toThrow(
      ckr(ck.CKR_SIGNATURE_LEN_RANGE),
    );
  });
});

test("Dilithium templates", () => {
  const round3 = pqcSet("round3-44").oid;
  expect(dilithiumPair().publicKey.value.length).toBe(1760 + 38);
  expect(dilithiumPair([], [[ck.CKA_IBM_PQC_PARAMS, round3]]).publicKey.value).toHaveLength(1312 + 38);
  expect(() => dilithiumPair([[ck.CKA_IBM_PQC_PARAMS, pqcSet("kyber-768").oid]])).toThrow(
    ckr(ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED),
  );
  expect(() => dilithiumPair([[ck.CKA_IBM_PQC_PARAMS, Uint8Array.of(6, 1, 1)]])).toThrow(
    ckr(ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED),
  );
  const contradiction: [number, ck.AttributeValue][][] = [
    [[ck.CKA_IBM_PQC_PARAMS, round3]],
    [[ck.CKA_IBM_PQC_PARAMS, pqcSet("round3-65").oid]],
  ];
  expect(() => dilithiumPair(...contradiction)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
});

describe.each([
  [ck.CKP_SLH_DSA_SHA2_128F, 17088],
  [ck.CKP_SLH_DSA_SHAKE_192F, 35664],
])("SLH-DSA set %i", (parameterSet, length) => {
  const template = new Map([[ck.CKA_PARAMETER_SET, parameterSet]]);
  const pair = slhDsaKeyPairGen.generateKeyPair!(undefined, template, new Map(), randomBytes);
  const [publicKey, privateKey] = [openedKey(pair.publicKey), openedKey(pair.privateKey)];

  test("signs and verifies under a context", () => {
    expect(privateKey.keyType).toBe(ck.CKK_SLH_DSA);
    const message = randomBytes(50);
    const signature = slhDsa.sign!(privateKey, HEDGED, message, randomBytes);
    expect(signature.length).toBe(length);
    expect(slhDsa.verify!(publicKey, HEDGED, message, signature)).toBe(true);
    expect(slhDsa.verify!(publicKey, { ...HEDGED, context: new Uint8Array(0) }, message, signature)).toBe(false);
    expect(() => slhDsa.verify!(publicKey, HEDGED, message, signature.subarray(1))).toThrow(
      ckr(ck.CKR_SIGNATURE_LEN_RANGE),
    );
  });

  test("takes hedged signatures only, and its own keys", () => {
    const deterministic = { ...HEDGED, deterministic: true };
    expect(() => slhDsa.requireKey!(privateKey, deterministic)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    const other = dilithiumPair().publicKey;
    expect(() => slhDsa.verify!(other, HEDGED, new Uint8Array(1), new Uint8Array(1))).toThrow(
      ckr(ck.CKR_KEY_TYPE_INCONSISTENT),
    );
  });
});
