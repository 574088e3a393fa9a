/** Keys of a type that belongs to one mechanism do not work with another (PKCS #11 v3.2, 6.20 to 6.31, 6.15, 6.42, 6.59). */
import {
  type AttributeValue,
  CKA_DERIVE,
  CKA_KEY_TYPE,
  CKA_VALUE_LEN,
  CKF_DECRYPT,
  CKF_DERIVE,
  CKF_ENCRYPT,
  CKF_SIGN,
  CKF_VERIFY,
  CKK_AES,
  CKK_AES_XTS,
  CKK_CHACHA20,
  CKK_GENERIC_SECRET,
  CKK_HKDF,
  CKK_SHA_1_HMAC,
  CKK_SHA3_224_HMAC,
  CKK_SHA3_256_HMAC,
  CKK_SHA3_384_HMAC,
  CKK_SHA3_512_HMAC,
  CKK_SHA224_HMAC,
  CKK_SHA256_HMAC,
  CKK_SHA384_HMAC,
  CKK_SHA512_224_HMAC,
  CKK_SHA512_256_HMAC,
  CKK_SHA512_HMAC,
  CKM_AES_XTS_KEY_GEN,
  CKM_CHACHA20_KEY_GEN,
  CKM_GENERIC_SECRET_KEY_GEN,
  CKM_HKDF_DERIVE,
  CKM_HKDF_KEY_GEN,
  CKM_IBM_ECDSA_OTHER,
  CKM_SHA_1,
  CKM_SHA_1_HMAC,
  CKM_SHA_1_KEY_GEN,
  CKM_SHA3_224,
  CKM_SHA3_224_HMAC,
  CKM_SHA3_224_KEY_GEN,
  CKM_SHA3_256,
  CKM_SHA3_256_HMAC,
  CKM_SHA3_256_KEY_GEN,
  CKM_SHA3_384,
  CKM_SHA3_384_HMAC,
  CKM_SHA3_384_KEY_GEN,
  CKM_SHA3_512,
  CKM_SHA3_512_HMAC,
  CKM_SHA3_512_KEY_GEN,
  CKM_SHA224,
  CKM_SHA224_HMAC,
  CKM_SHA224_KEY_GEN,
  CKM_SHA256,
  CKM_SHA256_HMAC,
  CKM_SHA256_KEY_GEN,
  CKM_SHA384,
  CKM_SHA384_HMAC,
  CKM_SHA384_KEY_GEN,
  CKM_SHA512,
  CKM_SHA512_224,
  CKM_SHA512_224_HMAC,
  CKM_SHA512_224_KEY_GEN,
  CKM_SHA512_256,
  CKM_SHA512_256_HMAC,
  CKM_SHA512_256_KEY_GEN,
  CKM_SHA512_HMAC,
  CKM_SHA512_KEY_GEN,
  CKM_SP800_108_COUNTER_KDF,
  CKR_KEY_TYPE_INCONSISTENT,
  ckkName,
  ckmName,
  sealedBytes,
  type Template,
} from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { MECHANISM_TABLE } from "../../src/mechanisms/table.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const engine = testEngine();
const data = Uint8Array.of(1, 2, 3);
const template = (keyType: number, length: number): Template =>
  new Map<number, AttributeValue>([
    [CKA_KEY_TYPE, keyType],
    [CKA_VALUE_LEN, length],
    [CKA_DERIVE, true],
  ]);

/** Hashes by the name that is part of their mechanisms': key type, key generation, hash, HMAC. */
const HASHES = [
  ["SHA_1", CKK_SHA_1_HMAC, CKM_SHA_1_KEY_GEN, CKM_SHA_1, CKM_SHA_1_HMAC],
  ["SHA224", CKK_SHA224_HMAC, CKM_SHA224_KEY_GEN, CKM_SHA224, CKM_SHA224_HMAC],
  ["SHA256", CKK_SHA256_HMAC, CKM_SHA256_KEY_GEN, CKM_SHA256, CKM_SHA256_HMAC],
  ["SHA384", CKK_SHA384_HMAC, CKM_SHA384_KEY_GEN, CKM_SHA384, CKM_SHA384_HMAC],
  ["SHA512", CKK_SHA512_HMAC, CKM_SHA512_KEY_GEN, CKM_SHA512, CKM_SHA512_HMAC],
  ["SHA512_224", CKK_SHA512_224_HMAC, CKM_SHA512_224_KEY_GEN, CKM_SHA512_224, CKM_SHA512_224_HMAC],
  ["SHA512_256", CKK_SHA512_256_HMAC, CKM_SHA512_256_KEY_GEN, CKM_SHA512_256, CKM_SHA512_256_HMAC],
  ["SHA3_224", CKK_SHA3_224_HMAC, CKM_SHA3_224_KEY_GEN, CKM_SHA3_224, CKM_SHA3_224_HMAC],
  ["SHA3_256", CKK_SHA3_256_HMAC, CKM_SHA3_256_KEY_GEN, CKM_SHA3_256, CKM_SHA3_256_HMAC],
  ["SHA3_384", CKK_SHA3_384_HMAC, CKM_SHA3_384_KEY_GEN, CKM_SHA3_384, CKM_SHA3_384_HMAC],
  ["SHA3_512", CKK_SHA3_512_HMAC, CKM_SHA3_512_KEY_GEN, CKM_SHA3_512, CKM_SHA3_512_HMAC],
] as const;

/** Every mechanism that is the HMAC of one hash, under all of its names, with the name of the hash. */
const HMACS = MECHANISM_TABLE.flatMap(({ mechanism }) => {
  const [, hash, general] = /^CKM_(?:IBM_)?(SHA\w+?)_HMAC(_GENERAL)?$/.exec(ckmName(mechanism)) ?? [];
  return hash === undefined ? [] : [{ mechanism, hash, general: general !== undefined }];
});

const keyOf = async (mechanism: number, keyType: number, length = 64) =>
  sealedBytes((await engine.generateKey({ mech: { mechanism }, template: template(keyType, length) })).key);

/** What every way to begin an HMAC answers. */
async function outcomes(mech: { mechanism: number; parameter?: Uint8Array }, key: Uint8Array): Promise<Set<number>> {
  const calls = [
    engine.signInit({ mech, privKey: key }),
    engine.verifyInit({ mech, pubKey: key }),
    engine.signSingle({ mech, privKey: key, data }),
    engine.verifySingle({ mech, pubKey: key, data, signature: data }),
  ];
  const [signInit, verifyInit, sign, verify] = await Promise.all(calls.map(rvOfCall));
  // A code of three bytes fits no mechanism: the call has come as far as the key and the parameter.
  return new Set([signInit!, verifyInit!, sign!, verify === CKR_KEY_TYPE_INCONSISTENT ? verify : 0]);
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
      const expected = hash === name ? 0 : CKR_KEY_TYPE_INCONSISTENT;
      expect(await outcomes(mech, key), ckmName(mechanism)).toEqual(new Set([expected]));
    }
  });

  test("derives by HMAC with no other hash", async () => {
    const key = await keyOf(generation, keyType);
    for (const [other, , , otherDigest, otherHmac] of HASHES) {
      const hkdf = { mechanism: CKM_HKDF_DERIVE, parameter: wire(3, otherDigest, 1, 0, 0, 0) };
      const counter = { mechanism: CKM_SP800_108_COUNTER_KDF, parameter: wire(otherHmac, 1, 0, 1, 8, 0, 32) };
      for (const mech of [hkdf, counter]) {
        const derived = rvOfCall(engine.deriveKey({ mech, baseKey: key, template: template(CKK_AES, 32) }));
        expect(await derived, `${other} ${ckmName(mech.mechanism)}`).toBe(
          other === name ? 0 : CKR_KEY_TYPE_INCONSISTENT,
        );
      }
    }
  });
});

test("generic secrets work with the HMAC of every hash", async () => {
  const key = await keyOf(CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET);
  for (const { mechanism, general } of HMACS) {
    const mech = general ? { mechanism, parameter: wire(8) } : { mechanism };
    expect(await outcomes(mech, key), ckmName(mechanism)).toEqual(new Set([0]));
  }
});

/** These have no Init, or report a flag that no function goes with. */
const SINGLE_ONLY: ReadonlySet<number> = new Set([CKM_IBM_ECDSA_OTHER, CKM_GENERIC_SECRET_KEY_GEN]);

/** Keys of one mechanism, and of the mechanisms that are theirs. */
const OWN: readonly (readonly [number, number, number, RegExp])[] = [
  [CKK_AES_XTS, CKM_AES_XTS_KEY_GEN, 64, /^CKM_AES_XTS$/],
  [CKK_CHACHA20, CKM_CHACHA20_KEY_GEN, 32, /^CKM_CHACHA20(_POLY1305)?$/],
  [CKK_HKDF, CKM_HKDF_KEY_GEN, 32, /^CKM_(HKDF_DERIVE|SP800_108_.*)$/],
];

test.each(OWN.map(([keyType, ...rest]) => [ckkName(keyType), keyType, ...rest] as const))(
  "%s works with its own mechanisms only",
  async (_name, keyType, generation, length, own) => {
    const key = await keyOf(generation, keyType, length);
    const { mechs } = await engine.getMechanismList({});
    const foreign = MECHANISM_TABLE.filter(({ mechanism, keyTypes }) => {
      return mechs.includes(mechanism) && keyTypes.length > 0 && !own.test(ckmName(mechanism));
    });
    for (const { mechanism, flags } of foreign) {
      const mech = { mechanism };
      const calls = [
        [CKF_SIGN, () => engine.signInit({ mech, privKey: key })],
        [CKF_VERIFY, () => engine.verifyInit({ mech, pubKey: key })],
        [CKF_ENCRYPT, () => engine.encryptInit({ mech, key })],
        [CKF_DECRYPT, () => engine.decryptInit({ mech, key })],
        [CKF_DERIVE, () => engine.deriveKey({ mech, baseKey: key, template: template(CKK_AES, 32) })],
      ] as const;
      for (const [flag, call] of calls) {
        if ((flags & flag) === 0 || SINGLE_ONLY.has(mechanism)) continue;
        expect(await rvOfCall(call()), ckmName(mechanism)).toBe(CKR_KEY_TYPE_INCONSISTENT);
      }
    }
  },
);
