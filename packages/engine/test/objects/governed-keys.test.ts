/**
 * Tests control points about the value of a key: each forbids the use of its keys, and no other control point makes the
 * engine check values.
 */
import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import type { Key } from "../../src/objects/key.ts";
import { createPolicy } from "../../src/objects/policy/policy.ts";
import { requireAllowedUse } from "../../src/objects/policy/policy-rules.ts";
import { curveOfName } from "../../src/primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../src/primitives/ec/ec-point.ts";
import { generateDhKeyPair } from "../../src/primitives/finite-field/dh-agreement.ts";
import { generateDsaParameters } from "../../src/primitives/finite-field/dsa-parameters.ts";
import { generateDsaKeyPair } from "../../src/primitives/finite-field/dsa-raw.ts";
import { groupOfSize } from "../../src/primitives/finite-field/groups.ts";
import { encodePublicKey, type PublicKey } from "../../src/primitives/keys/key-encodings.ts";
import { generatePqcKeyPair } from "../../src/primitives/lattice/pqc-keys.ts";
import { type PqcSet, pqcSet } from "../../src/primitives/lattice/pqc-sets.ts";
import { generateRsaKeyPair } from "../../src/primitives/rsa/rsa.ts";
import { ckr, publicKey, secretKey } from "../keys.ts";

const random = (length: number) => Uint8Array.from(randomBytes(length));
const half = (keyType: number, key: PublicKey) => publicKey(keyType, encodePublicKey(key));
const ec = (name: string) => half(ck.CKK_EC, generateEcKeyPair(curveOfName(name)!, random));
const rsa = (publicExponent: number) => publicKey(ck.CKK_RSA, generateRsaKeyPair(2048, publicExponent).spki);
const pqc = (keyType: number, name: PqcSet["name"]) => half(keyType, generatePqcKeyPair(pqcSet(name), random));
const aes = (bytes: number) => secretKey(ck.CKK_AES, random(bytes));
const generic = (bytes: number) => secretKey(ck.CKK_GENERIC_SECRET, random(bytes));
const des3 = secretKey(ck.CKK_DES3, random(24));
const dsa = half(ck.CKK_DSA, generateDsaKeyPair(generateDsaParameters(1024, 160), random).publicKey);
const dh = half(ck.CKK_DH, generateDhKeyPair(groupOfSize(2048)!, random, undefined).publicKey);

/** Maps each control point to a key that is forbidden while the control point is off. */
const FORBIDDEN_WITHOUT: ReadonlyMap<number, Key> = new Map([
  [ck.XCP_CPB_ALG_DH, dh],
  [ck.XCP_CPB_ALG_DILITHIUM, pqc(ck.CKK_IBM_PQC_DILITHIUM, "round3-44")],
  [ck.XCP_CPB_ALG_DSA, dsa],
  [ck.XCP_CPB_ALG_EC, ec("P-384")],
  [ck.XCP_CPB_ALG_EC_25519, ec("X448")],
  [ck.XCP_CPB_ALG_EC_BPOOLCRV, ec("brainpoolP256t1")],
  [ck.XCP_CPB_ALG_EC_NISTCRV, ec("P-256")],
  [ck.XCP_CPB_ALG_EC_PAIRING_FRIENDLY, ec("BLS12-381")],
  [ck.XCP_CPB_ALG_EC_SECGCRV, ec("secp256k1")],
  [ck.XCP_CPB_ALG_KYBER, pqc(ck.CKK_IBM_PQC_KYBER, "kyber-768")],
  [ck.XCP_CPB_ALG_ML_DSA, pqc(ck.CKK_IBM_ML_DSA, "ml-dsa-44")],
  [ck.XCP_CPB_ALG_ML_KEM, pqc(ck.CKK_IBM_ML_KEM, "ml-kem-768")],
  [ck.XCP_CPB_ALG_NFIPS2021, des3],
  [ck.XCP_CPB_ALG_NFIPS2024, des3],
  [ck.XCP_CPB_ALG_PQC, pqc(ck.CKK_SLH_DSA, "slh-dsa-sha2-192f")],
  [ck.XCP_CPB_ALG_RSA, rsa(65537)],
  [ck.XCP_CPB_KEYSZ_BELOW80BIT, generic(9)],
  [ck.XCP_CPB_KEYSZ_80BIT, generic(10)],
  [ck.XCP_CPB_KEYSZ_112BIT, generic(15)],
  [ck.XCP_CPB_KEYSZ_128BIT, aes(16)],
  [ck.XCP_CPB_KEYSZ_192BIT, aes(24)],
  [ck.XCP_CPB_KEYSZ_256BIT, aes(32)],
  [ck.XCP_CPB_KEYSZ_RSA65536, rsa(3)],
]);

const CONTROL_POINTS = Object.entries(ck)
  .filter(([name]) => name.startsWith("XCP_CPB_"))
  .map(([name, number]) => [name, number as number] as const);

test.each(CONTROL_POINTS)("%s", (_name, controlPoint) => {
  const policy = createPolicy("without one", [controlPoint]);
  const key = FORBIDDEN_WITHOUT.get(controlPoint);
  expect(policy.governsKeys).toBe(key !== undefined);
  if (key !== undefined) expect(() => requireAllowedUse(policy, key)).toThrow(ckr(ck.CKR_FUNCTION_CANCELED));
});

test("a policy with every control point on allows all of these keys", () => {
  const policy = createPolicy("all", []);
  for (const key of FORBIDDEN_WITHOUT.values()) requireAllowedUse(policy, key);
  expect(policy.governsKeys).toBe(false);
});
