import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { describe, expect, test } from "vitest";
import { ckr, openedKey } from "../../../test/keys.ts";
import { reader } from "../../../test/parameters.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import { keyTypeOf } from "../../objects/key-types.ts";
import { hash } from "../../primitives/hash/hash.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../../primitives/keys/key-import.ts";
import { publicKeyOf } from "../../primitives/keys/public-key.ts";
import { shake } from "../../primitives/lattice/lattice-xof.ts";
import { pqcSet } from "../../primitives/lattice/pqc-sets.ts";
import type { Family } from "../family.ts";
import { hashMlDsa, hashMlDsaOf, ibmMlDsaKeyPairGen, mlDsa, mlDsaKeyPairGen, shakeMlDsa } from "./ml-dsa.ts";

const NONE = new Uint8Array(0);
type SignatureContext = ReadBy<typeof ck.CKM_ML_DSA>;
const HEDGED: SignatureContext = { deterministic: false, context: NONE };

function pair(parameterSet: number) {
  const template = new Map([[ck.CKA_PARAMETER_SET, parameterSet]]);
  const { publicKey, privateKey } = mlDsaKeyPairGen.generateKeyPair!(undefined, template, new Map(), randomBytes);
  return { publicKey: openedKey(publicKey), privateKey: openedKey(privateKey) };
}

/** Imports a PrivateKeyInfo, with all checks, and returns the opened key. */
function importedPrivate(pkcs8: Uint8Array): Key {
  const key = importPrivateKey(pkcs8);
  return openedKey({ objectClass: 3, keyType: keyTypeOf(key), value: encodePrivateKey(key) });
}

function importedPublic(spki: Uint8Array): Key {
  const key = importPublicKey(spki);
  return openedKey({ objectClass: 2, keyType: keyTypeOf(key), value: encodePublicKey(key) });
}

interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly msg?: string;
  readonly ctx?: string;
  readonly sig: string;
  readonly rnd?: string;
  readonly result: "valid" | "invalid";
  readonly flags: readonly string[];
}

interface SignGroup {
  readonly privateKey?: string;
  readonly privateSeed?: string;
  readonly tests: readonly WycheproofTest[];
}

/** Returns the context of a test case as a parameter; contexts of 256 bytes and more must be refused. */
function contextOf({ ctx }: WycheproofTest): SignatureContext {
  const context = hex(ctx ?? "");
  const wire = new Uint8Array(8 + context.length);
  wire.set([0, 0, 0, 2]);
  new DataView(wire.buffer).setUint32(4, context.length);
  wire.set(context, 8);
  return reader(ck.CKM_ML_DSA)(wire);
}

const SET = pqcSet("ml-dsa-65");

for (const file of ["mldsa_65_sign_noseed_test", "mldsa_65_sign_seed_test"]) {
  describeVectors<{ readonly testGroups: readonly SignGroup[] }>(`wycheproof/${file}.json`, ({ testGroups }) => {
    test.each([...testGroups.entries()])("group %i", (_, { privateKey, privateSeed, tests }) => {
      for (const each of tests) {
        // Test cases with µ instead of a message are for an interface that the engine does not offer.
        if (each.msg === undefined) continue;
        const sign = () => {
          const key = importedPrivate(
            encodePrivateKey({
              type: "pqc",
              set: SET,
              privateKey: privateKey === undefined ? undefined : hex(privateKey),
              seed: privateSeed === undefined ? undefined : hex(privateSeed),
              publicKey: undefined,
            }),
          );
          const deterministic = each.rnd === undefined;
          const parameter = { ...contextOf(each), deterministic };
          const signature = mlDsa.sign!(key, parameter, hex(each.msg!), randomBytes);
          const spki = encodePublicKey(publicKeyOf(importPrivateKey(key.value)));
          expect(mlDsa.verify!(importedPublic(spki), parameter, hex(each.msg!), signature)).toBe(true);
          if (deterministic) expect(signature, `${each.tcId}`).toEqual(hex(each.sig));
        };
        if (each.result === "valid") sign();
        else expect(sign, `${each.tcId}: ${each.comment}`).toThrow();
      }
    });
  });
}

describeVectors<{ readonly testGroups: readonly { publicKeyDer: string; tests: readonly WycheproofTest[] }[] }>(
  "wycheproof/mldsa_65_verify_test.json",
  ({ testGroups }) => {
    test.each([...testGroups.entries()])("group %i", (_, { publicKeyDer, tests }) => {
      for (const each of tests) {
        const verify = () =>
          mlDsa.verify!(importedPublic(hex(publicKeyDer)), contextOf(each), hex(each.msg!), hex(each.sig));
        const verdict = attempt(verify);
        expect(verdict, `${each.tcId}: ${each.comment}`).toBe(each.result === "valid");
      }
    });
  },
);

function attempt(verify: () => boolean): boolean {
  try {
    return verify();
  } catch {
    return false;
  }
}

describe.each([ck.CKP_ML_DSA_44, ck.CKP_ML_DSA_65, ck.CKP_ML_DSA_87])("parameter set %i", (parameterSet) => {
  const { publicKey, privateKey } = pair(parameterSet);
  const message = randomBytes(300);
  const parameter = { deterministic: false, context: randomBytes(20) };

  test("messages, hedged and deterministic", () => {
    const hedged = [0, 1].map(() => mlDsa.sign!(privateKey, parameter, message, randomBytes));
    expect(hedged[0]).not.toEqual(hedged[1]);
    const fixed = [0, 1].map(() =>
      mlDsa.sign!(privateKey, { ...parameter, deterministic: true }, message, randomBytes),
    );
    expect(fixed[0]).toEqual(fixed[1]);
    for (const signature of [...hedged, ...fixed]) {
      expect(mlDsa.verify!(publicKey, parameter, message, signature)).toBe(true);
      expect(mlDsa.verify!(publicKey, HEDGED, message, signature)).toBe(false);
      expect(mlDsa.verify!(publicKey, parameter, message.subarray(1), signature)).toBe(false);
    }
    const short = fixed[0]!.subarray(1);
    expect(() => mlDsa.verify!(publicKey, parameter, message, short)).toThrow(ckr(ck.CKR_SIGNATURE_LEN_RANGE));
  });

  test("digests: by the caller, at once, in parts at every byte", () => {
    const family = hashMlDsaOf("sha384");
    const digestParameter = { ...parameter, deterministic: true, hash: "sha384" } as const;
    const digest = hash("sha384", message);
    const expected = hashMlDsa.sign!(privateKey, digestParameter, digest, randomBytes);
    expect(family.sign!(privateKey, digestParameter, message, randomBytes)).toEqual(expected);
    expect(hashMlDsa.verify!(publicKey, digestParameter, digest, expected)).toBe(true);
    expect(mlDsa.verify!(publicKey, parameter, digest, expected)).toBe(false);
    expect(() => hashMlDsa.sign!(privateKey, digestParameter, message, randomBytes)).toThrow(
      ckr(ck.CKR_DATA_LEN_RANGE),
    );
    let runningState = family.signatureInit!(privateKey, digestParameter);
    for (const byte of message) {
      runningState = family.signatureUpdate!(privateKey, digestParameter, runningState, Uint8Array.of(byte));
    }
    expect(family.signFinal!(privateKey, digestParameter, runningState, randomBytes)).toEqual(expected);
    expect(family.verifyFinal!(publicKey, digestParameter, runningState, expected)).toBe(true);
  });

  test("digests of SHAKE", () => {
    for (const [xof, bytes] of [
      ["shake128", 32],
      ["shake256", 64],
    ] as const) {
      const family = shakeMlDsa(xof);
      const signature = family.sign!(privateKey, parameter, message, randomBytes);
      expect(family.verify!(publicKey, parameter, message, signature)).toBe(true);
      expect(family.verify!(publicKey, parameter, shake(xof, bytes, message), signature)).toBe(false);
    }
  });
});

test("templates", () => {
  const makeWith = (family: Family<undefined>, ...templates: [number, number][][]) => {
    const [publicTemplate, privateTemplate] = templates.map((entries) => new Map(entries));
    return family.generateKeyPair!(undefined, publicTemplate!, privateTemplate ?? new Map(), randomBytes);
  };
  const make = (...templates: [number, number][][]) => makeWith(mlDsaKeyPairGen, ...templates);
  expect(make([[ck.CKA_IBM_PARAMETER_SET, ck.CKP_ML_DSA_44]]).publicKey.value.length).toBe(1312 + 22);
  expect(() => make([])).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
  expect(() => make([[ck.CKA_PARAMETER_SET, 4]])).toThrow(ckr(ck.CKR_PARAMETER_SET_NOT_SUPPORTED));
  const ibm = () => makeWith(ibmMlDsaKeyPairGen, [[ck.CKA_IBM_PARAMETER_SET, 4]]);
  expect(ibm).toThrow(ckr(ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED));
  expect(() => make([[ck.CKA_PARAMETER_SET, 1]], [[ck.CKA_PARAMETER_SET, 2]])).toThrow(
    ckr(ck.CKR_TEMPLATE_INCONSISTENT),
  );
});
