/**
 * Tests that a key whose type is reserved for one mechanism does not work with another mechanism (PKCS #11 v3.2, 6.20
 * to 6.31, 6.15, 6.42, 6.59).
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { MECHANISM_TABLE } from "../../src/mechanisms/table.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const engine = testEngine();
const data = Uint8Array.of(1, 2, 3);
const template = (keyType: number, length: number): ck.Template =>
  new Map<number, ck.AttributeValue>([
    [ck.CKA_KEY_TYPE, keyType],
    [ck.CKA_VALUE_LEN, length],
    [ck.CKA_DERIVE, true],
  ]);

/**
 * For each hash: its name in the names of mechanisms, its HMAC key type, and the mechanisms for key generation, digest
 * and HMAC.
 */
const HASHES = [
  ["SHA_1", ck.CKK_SHA_1_HMAC, ck.CKM_SHA_1_KEY_GEN, ck.CKM_SHA_1, ck.CKM_SHA_1_HMAC],
  ["SHA224", ck.CKK_SHA224_HMAC, ck.CKM_SHA224_KEY_GEN, ck.CKM_SHA224, ck.CKM_SHA224_HMAC],
  ["SHA256", ck.CKK_SHA256_HMAC, ck.CKM_SHA256_KEY_GEN, ck.CKM_SHA256, ck.CKM_SHA256_HMAC],
  ["SHA384", ck.CKK_SHA384_HMAC, ck.CKM_SHA384_KEY_GEN, ck.CKM_SHA384, ck.CKM_SHA384_HMAC],
  ["SHA512", ck.CKK_SHA512_HMAC, ck.CKM_SHA512_KEY_GEN, ck.CKM_SHA512, ck.CKM_SHA512_HMAC],
  ["SHA512_224", ck.CKK_SHA512_224_HMAC, ck.CKM_SHA512_224_KEY_GEN, ck.CKM_SHA512_224, ck.CKM_SHA512_224_HMAC],
  ["SHA512_256", ck.CKK_SHA512_256_HMAC, ck.CKM_SHA512_256_KEY_GEN, ck.CKM_SHA512_256, ck.CKM_SHA512_256_HMAC],
  ["SHA3_224", ck.CKK_SHA3_224_HMAC, ck.CKM_SHA3_224_KEY_GEN, ck.CKM_SHA3_224, ck.CKM_SHA3_224_HMAC],
  ["SHA3_256", ck.CKK_SHA3_256_HMAC, ck.CKM_SHA3_256_KEY_GEN, ck.CKM_SHA3_256, ck.CKM_SHA3_256_HMAC],
  ["SHA3_384", ck.CKK_SHA3_384_HMAC, ck.CKM_SHA3_384_KEY_GEN, ck.CKM_SHA3_384, ck.CKM_SHA3_384_HMAC],
  ["SHA3_512", ck.CKK_SHA3_512_HMAC, ck.CKM_SHA3_512_KEY_GEN, ck.CKM_SHA3_512, ck.CKM_SHA3_512_HMAC],
] as const;

/** Every mechanism that is the HMAC of one hash, and the name of the hash. */
const HMACS = MECHANISM_TABLE.flatMap(({ mechanism }) => {
  const [, hash, general] = /^CKM_(?:IBM_)?(SHA\w+?)_HMAC(_GENERAL)?$/.exec(ck.ckmName(mechanism)) ?? [];
  return hash === undefined ? [] : [{ mechanism, hash, general: general !== undefined }];
});

const keyOf = async (mechanism: number, keyType: number, length = 64) =>
  ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template: template(keyType, length) })).key);

/** Returns the results of all functions that begin an HMAC. */
async function outcomes(mech: { mechanism: number; parameter?: Uint8Array }, key: Uint8Array): Promise<Set<number>> {
  const calls = [
    engine.signInit({ mech, privKey: key }),
    engine.verifyInit({ mech, pubKey: key }),
    engine.signSingle({ mech, privKey: key, data }),
    engine.verifySingle({ mech, pubKey: key, data, signature: data }),
  ];
  const [signInit, verifyInit, sign, verify] = await Promise.all(calls.map(rvOfCall));
  // Verification always fails, because no mechanism has MACs of three bytes. Every error except
  // CKR_KEY_TYPE_INCONSISTENT means that the key has passed its checks.
  return new Set([signInit!, verifyInit!, sign!, verify === ck.CKR_KEY_TYPE_INCONSISTENT ? verify : 0]);
}

test("the table has the HMAC of every hash, general and of full length", () => {
  const names = new Set(HMACS.filter(({ general }) => !general).map(({ hash }) => hash));
  const generals = new Set(HMACS.filter(({ general }) => general).map(({ hash }) => hash));
  expect([...names].sort()).toEqual(HASHES.map(([name]) => name).sort());
  expect([...generals].sort()).toEqual([...names].sort());
});

describe.each(HASHES)("a key for HMAC with %s", (name, keyType, generation) => {
  test("works with no other hash", async () => {
    const key = await keyOf(generation, keyType);
    for (const { mechanism, hash, general } of HMACS) {
      const mech = general ? { mechanism, parameter: wire(8) } : { mechanism };
      const expected = hash === name ? 0 : ck.CKR_KEY_TYPE_INCONSISTENT;
      expect(await outcomes(mech, key), ck.ckmName(mechanism)).toEqual(new Set([expected]));
    }
  });

  test("derives by HMAC with no other hash", async () => {
    const key = await keyOf(generation, keyType);
    for (const [other, , , otherDigest, otherHmac] of HASHES) {
      const hkdf = { mechanism: ck.CKM_HKDF_DERIVE, parameter: wire(3, otherDigest, 1, 0, 0, 0) };
      const counter = { mechanism: ck.CKM_SP800_108_COUNTER_KDF, parameter: wire(otherHmac, 1, 0, 1, 8, 0, 32) };
      for (const mech of [hkdf, counter]) {
        const derived = rvOfCall(engine.deriveKey({ mech, baseKey: key, template: template(ck.CKK_AES, 32) }));
        expect(await derived, `${other} ${ck.ckmName(mech.mechanism)}`).toBe(
          other === name ? 0 : ck.CKR_KEY_TYPE_INCONSISTENT,
        );
      }
    }
  });
});

test("generic secrets work with the HMAC of every hash", async () => {
  const key = await keyOf(ck.CKM_GENERIC_SECRET_KEY_GEN, ck.CKK_GENERIC_SECRET);
  for (const { mechanism, general } of HMACS) {
    const mech = general ? { mechanism, parameter: wire(8) } : { mechanism };
    expect(await outcomes(mech, key), ck.ckmName(mechanism)).toEqual(new Set([0]));
  }
});

/** Mechanisms that have no Init function, or that have a flag for which there is no function. */
const SINGLE_ONLY: ReadonlySet<number> = new Set([ck.CKM_IBM_ECDSA_OTHER, ck.CKM_GENERIC_SECRET_KEY_GEN]);

/**
 * Key types that are reserved for few mechanisms: the type, the mechanism that generates such keys, their length in
 * bytes, and the mechanisms that accept them.
 */
const OWN: readonly (readonly [number, number, number, RegExp])[] = [
  [ck.CKK_AES_XTS, ck.CKM_AES_XTS_KEY_GEN, 64, /^CKM_AES_XTS$/],
  [ck.CKK_CHACHA20, ck.CKM_CHACHA20_KEY_GEN, 32, /^CKM_CHACHA20(_POLY1305)?$/],
  [ck.CKK_HKDF, ck.CKM_HKDF_KEY_GEN, 32, /^CKM_(HKDF_DERIVE|SP800_108_.*)$/],
];

test.each(OWN.map(([keyType, ...rest]) => [ck.ckkName(keyType), keyType, ...rest] as const))(
  "%s works only with its own mechanisms",
  async (_name, keyType, generation, length, own) => {
    const key = await keyOf(generation, keyType, length);
    const { mechs } = await engine.getMechanismList({});
    const foreign = MECHANISM_TABLE.filter(({ mechanism, keyTypes }) => {
      return mechs.includes(mechanism) && keyTypes.length > 0 && !own.test(ck.ckmName(mechanism));
    });
    for (const { mechanism, flags } of foreign) {
      const mech = { mechanism };
      const calls = [
        [ck.CKF_SIGN, () => engine.signInit({ mech, privKey: key })],
        [ck.CKF_VERIFY, () => engine.verifyInit({ mech, pubKey: key })],
        [ck.CKF_ENCRYPT, () => engine.encryptInit({ mech, key })],
        [ck.CKF_DECRYPT, () => engine.decryptInit({ mech, key })],
        [ck.CKF_DERIVE, () => engine.deriveKey({ mech, baseKey: key, template: template(ck.CKK_AES, 32) })],
      ] as const;
      for (const [flag, call] of calls) {
        if ((flags & flag) === 0 || SINGLE_ONLY.has(mechanism)) continue;
        expect(await rvOfCall(call()), ck.ckmName(mechanism)).toBe(ck.CKR_KEY_TYPE_INCONSISTENT);
      }
    }
  },
);
