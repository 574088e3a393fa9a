import { randomBytes } from "node:crypto";
import { EncodingError } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { encodePrivateKey, encodePublicKey, parsePrivateKey, parsePublicKey } from "../keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../keys/key-import.ts";
import type { PqcPrivateKey, PqcPublicKey } from "../keys/keys.ts";
import { publicKeyOfPrivate } from "../keys/public-key.ts";
import { completePqcKey, generatePqcKeyPair } from "./pqc-keys.ts";
import { PQC_SETS } from "./pqc-sets.ts";

function pqcPublic(spki: Uint8Array): PqcPublicKey {
  const key = importPublicKey(spki);
  if (key.type !== "pqc") throw new Error("not a post-quantum key");
  return key;
}

function pqcPrivate(pkcs8: Uint8Array): PqcPrivateKey {
  const key = importPrivateKey(pkcs8);
  if (key.type !== "pqc") throw new Error("not a post-quantum key");
  return key;
}

interface Encoded {
  readonly name: string;
  readonly spki?: string;
  readonly pkcs8?: string;
}

for (const file of ["ep11/dilithium.json", "ep11/kyber-round2.json"]) {
  describeVectors<{ readonly cases: readonly Encoded[] }>(file, ({ cases }) => {
    test.each(cases.filter(({ pkcs8 }) => pkcs8 !== undefined))("$name: encodings", ({ spki, pkcs8 }) => {
      expect(encodePublicKey(pqcPublic(hex(spki!)))).toEqual(hex(spki!));
      expect(encodePrivateKey(pqcPrivate(hex(pkcs8!)))).toEqual(hex(pkcs8!));
      expect(publicKeyOfPrivate(hex(pkcs8!))).toEqual(hex(spki!));
    });
  });
}

interface Seeded extends Encoded {
  readonly kind: string;
  readonly seed?: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly pkcs8Seed?: string;
  readonly pkcs8Expanded: string;
  readonly pkcs8Both?: string;
}

for (const file of ["ep11/ml-dsa.json", "ep11/ml-kem.json"]) {
  describeVectors<{ readonly cases: readonly Seeded[] }>(file, ({ cases }) => {
    test.each(cases.filter(({ kind }) => kind === "key"))("$name: encodings", (each) => {
      expect(encodePublicKey(pqcPublic(hex(each.spki!)))).toEqual(hex(each.spki!));
      const kept = each.pkcs8Both ?? each.pkcs8Expanded;
      expect(encodePrivateKey(pqcPrivate(hex(kept)))).toEqual(hex(kept));
      expect(encodePrivateKey(pqcPrivate(hex(each.pkcs8Expanded)))).toEqual(hex(each.pkcs8Expanded));
      expect(publicKeyOfPrivate(hex(kept))).toEqual(hex(each.spki!));
      if (each.pkcs8Seed === undefined) return;
      const { set } = pqcPublic(hex(each.spki!));
      const key = generatePqcKeyPair(set, () => hex(each.seed!));
      expect(key.privateKey).toEqual(hex(each.privateKey));
      expect(key.publicKey).toEqual(hex(each.publicKey));
      expect(pqcPrivate(hex(each.pkcs8Seed))).toEqual(key);
      expect(encodePrivateKey(key)).toEqual(hex(each.pkcs8Both!));
    });
  });
}

const SLOW = new Set(["slh-dsa-sha2-128s", "slh-dsa-sha2-192s", "slh-dsa-shake-128s", "slh-dsa-shake-192s"]);

describe.each(PQC_SETS.filter(({ name }) => !SLOW.has(name)))("$name", (set) => {
  const key = generatePqcKeyPair(set, randomBytes);

  test("a generated key is unchanged by encoding and import", () => {
    const pkcs8 = encodePrivateKey(key);
    const spki = encodePublicKey({ type: "pqc", set, publicKey: key.publicKey });
    expect(pqcPublic(spki)).toEqual({ type: "pqc", set, publicKey: key.publicKey });
    expect(pqcPrivate(pkcs8)).toEqual(key);
    expect(publicKeyOfPrivate(pkcs8)).toEqual(spki);
    expect(key.publicKey.length).toBe(set.publicParts.reduce((sum, part) => sum + part, 0));
    expect(key.privateKey.length).toBe(set.privateParts.reduce((sum, part) => sum + part, 0));
  });

  test("trailing and missing bytes are refused", () => {
    const pkcs8 = encodePrivateKey(key);
    const spki = encodePublicKey({ type: "pqc", set, publicKey: key.publicKey });
    expect(() => parsePrivateKey(Uint8Array.of(...pkcs8, 0))).toThrow(EncodingError);
    expect(() => parsePrivateKey(pkcs8.subarray(0, -1))).toThrow(EncodingError);
    expect(() => parsePublicKey(Uint8Array.of(...spki, 0))).toThrow(EncodingError);
    expect(() => parsePublicKey(spki.subarray(0, -1))).toThrow(EncodingError);
  });

  test("inconsistent parts are refused", () => {
    if (set.algorithm === "slh-dsa") return;
    const changed = key.privateKey.slice();
    changed[Math.floor(changed.length / 2)]! ^= 0x41;
    expect(() => completePqcKey({ ...key, privateKey: changed })).toThrow(EncodingError);
  });
});
