import { randomBytes } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, openedKey, privateKey, publicKey, secretKey } from "../../../test/keys.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import type { Key } from "../../objects/key.ts";
import { deriveX963 } from "../../primitives/kdf/kdf-x963.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import { importPrivateKey, importPublicKey } from "../../primitives/keys/key-import.ts";
import { generatePqcKeyPair } from "../../primitives/lattice/pqc-keys.ts";
import { pqcSet } from "../../primitives/lattice/pqc-sets.ts";
import type { KemParameter } from "./kem.ts";
import { kyber } from "./kyber.ts";
import { mlKem, mlKemKeyPairGen } from "./ml-kem.ts";

const NONE = new Uint8Array(0);
const PLAIN: KemParameter = {
  mode: "encapsulate",
  kdf: "null",
  hash: undefined,
  prepend: false,
  ciphertext: NONE,
  sharedData: NONE,
  secret: NONE,
};
const DECAPSULATE: KemParameter = { ...PLAIN, mode: "decapsulate" };
const AES_256: [number, ck.AttributeValue][] = [
  [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
  [ck.CKA_KEY_TYPE, ck.CKK_AES],
  [ck.CKA_VALUE_LEN, 32],
];

function generic(length: number) {
  return new Map([
    [ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET],
    [ck.CKA_VALUE_LEN, length],
  ]);
}

type KemFamily = typeof kyber | typeof mlKem;

function derive(
  family: KemFamily,
  key: Key,
  parameter: KemParameter,
  template: Map<number, ck.AttributeValue> = new Map(AES_256),
  other: Key[] = [],
  random: (length: number) => Uint8Array = randomBytes,
) {
  family.requireKey!(key, parameter);
  return family.derive!(key, parameter, { template, data: NONE, parameterKeys: other }, random);
}

interface KyberCase {
  readonly name: string;
  readonly keyOf?: string;
  readonly spki: string;
  readonly pkcs8: string;
  readonly randomness?: string;
  readonly ciphertext: string;
  readonly sharedSecret: string;
  readonly result: string;
}

describeVectors<{ readonly cases: readonly KyberCase[] }>("ep11/kyber-round2.json", ({ cases }) => {
  const byName = new Map(cases.map((each) => [each.name, each]));
  test.each(cases)("$name ($result)", (each) => {
    const { pkcs8, spki } = byName.get(each.keyOf ?? each.name)!;
    const ciphertext = hex(each.ciphertext);
    const decapsulate = () =>
      derive(kyber, privateKey(ck.CKK_IBM_PQC_KYBER, hex(pkcs8)), { ...DECAPSULATE, ciphertext }).key;
    if (each.result === "error") expect(decapsulate).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    else expect(decapsulate().value).toEqual(hex(each.sharedSecret));
    if (each.randomness === undefined) return;
    const base = publicKey(ck.CKK_IBM_PQC_KYBER, hex(spki));
    const derived = derive(kyber, base, PLAIN, undefined, [], () => hex(each.randomness!));
    expect(derived.key.value).toEqual(hex(each.sharedSecret));
    expect(derived.checkSumSuffix).toEqual(ciphertext);
  });
});

interface MlKemCase {
  readonly name: string;
  readonly kind: "key" | "kem" | "seed-decapsulation";
  readonly parameterSet: string;
  readonly keyOf: string;
  readonly pkcs8Expanded?: string;
  readonly seed?: string;
  readonly ciphertext: string;
  readonly sharedSecret: string;
  readonly result: string;
}

/** Returns the private key that is generated from a seed. */
function fromSeed(name: "ml-kem-512" | "ml-kem-768" | "ml-kem-1024", seed: string): Key {
  return privateKey(ck.CKK_IBM_ML_KEM, encodePrivateKey(generatePqcKeyPair(pqcSet(name), () => hex(seed))));
}

describeVectors<{ readonly cases: readonly MlKemCase[] }>("ep11/ml-kem.json", ({ cases }) => {
  const byName = new Map(cases.map((each) => [each.name, each]));
  test.each(cases.filter(({ kind }) => kind !== "key"))("$name ($result)", (each) => {
    const name = each.parameterSet.toLowerCase() as "ml-kem-512";
    const pkcs8 = byName.get(each.keyOf)?.pkcs8Expanded;
    const key = pkcs8 === undefined ? fromSeed(name, each.seed!) : privateKey(ck.CKK_IBM_ML_KEM, hex(pkcs8));
    const decapsulate = () => derive(mlKem, key, { ...DECAPSULATE, ciphertext: hex(each.ciphertext) }).key.value;
    if (each.result === "error") expect(decapsulate).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    else expect(decapsulate()).toEqual(hex(each.sharedSecret));
  });
});

interface MlKemGroup {
  readonly type: string;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment?: string;
    readonly seed: string;
    readonly ek: string;
    readonly dk: string;
    readonly c: string;
    readonly K: string;
    readonly result: "valid" | "invalid";
  }[];
}

const SET = pqcSet("ml-kem-768");

describeVectors<{ readonly testGroups: readonly MlKemGroup[] }>(
  "wycheproof/mlkem_768_keygen_seed_test.json",
  ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("$tcId", ({ seed, ek, dk }) => {
      expect(generatePqcKeyPair(SET, () => hex(seed))).toMatchObject({ publicKey: hex(ek), privateKey: hex(dk) });
    });
  },
);

describeVectors<{ readonly testGroups: readonly MlKemGroup[] }>("wycheproof/mlkem_768_test.json", ({ testGroups }) => {
  const tests = testGroups.filter(({ type }) => type === "MLKEMTest").flatMap((group) => group.tests);
  test.each(tests)("$tcId: $comment", ({ seed, c, K, result }) => {
    const decapsulate = () => derive(mlKem, fromSeed("ml-kem-768", seed), { ...DECAPSULATE, ciphertext: hex(c) });
    if (result === "valid") expect(decapsulate().key.value).toEqual(hex(K));
    else expect(decapsulate).toThrow();
  });
});

describeVectors<{ readonly testGroups: readonly MlKemGroup[] }>(
  "wycheproof/mlkem_768_encaps_test.json",
  ({ testGroups }) => {
    const tests = testGroups.filter(({ type }) => type === "MLKEMEncapsTest").flatMap((group) => group.tests);
    test("public keys are taken or refused", () => {
      for (const { tcId, ek, result } of tests) {
        const encapsulate = () => {
          const spki = encodePublicKey({ type: "pqc", set: SET, publicKey: hex(ek) });
          return derive(mlKem, publicKey(ck.CKK_IBM_ML_KEM, encodePublicKey(importPublicKey(spki))), PLAIN);
        };
        if (result === "valid") expect(encapsulate().checkSumSuffix, `${tcId}`).toHaveLength(1088);
        else expect(encapsulate, `${tcId}`).toThrow();
      }
    });
  },
);

test("an unsound public key that came past the import is refused as such", () => {
  const spki = encodePublicKey({ type: "pqc", set: SET, publicKey: new Uint8Array(1184).fill(0xff) });
  expect(() => derive(mlKem, publicKey(ck.CKK_IBM_ML_KEM, spki), PLAIN)).toThrow(ckr(ck.CKR_PUBLIC_KEY_INVALID));
});

function kyberPair(name: "kyber-768" | "kyber-1024") {
  const template = new Map([[ck.CKA_IBM_PQC_PARAMS, pqcSet(name).oid]]);
  return kyber.generateKeyPair!(undefined, template, new Map(), randomBytes);
}

function mlKemPair(parameterSet: number) {
  const template = new Map([[ck.CKA_PARAMETER_SET, parameterSet]]);
  return mlKemKeyPairGen.generateKeyPair!(undefined, template, new Map(), randomBytes);
}

describe.each([
  ["Kyber 768", kyber, () => kyberPair("kyber-768"), 1088],
  ["Kyber 1024", kyber, () => kyberPair("kyber-1024"), 1568],
  ["ML-KEM-512", mlKem, () => mlKemPair(ck.CKP_ML_KEM_512), 768],
  ["ML-KEM-768", mlKem, () => mlKemPair(ck.CKP_ML_KEM_768), 1088],
  ["ML-KEM-1024", mlKem, () => mlKemPair(ck.CKP_ML_KEM_1024), 1568],
] as const)("%s", (_, family, makePair, ciphertextBytes) => {
  const pair = makePair();
  const [publicBase, privateBase] = [openedKey(pair.publicKey), openedKey(pair.privateKey)];

  test("the keys survive an import", () => {
    expect(encodePrivateKey(importPrivateKey(privateBase.value))).toEqual(privateBase.value);
    expect(encodePublicKey(importPublicKey(publicBase.value))).toEqual(publicBase.value);
  });

  test("both sides derive one key", () => {
    const { key, checkSumSuffix: ciphertext } = derive(family, publicBase, PLAIN);
    expect(key).toMatchObject({ objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_AES });
    expect(ciphertext).toHaveLength(ciphertextBytes);
    const found = derive(family, privateBase, { ...DECAPSULATE, ciphertext: ciphertext! });
    expect(found).toEqual({ key });
    const short = derive(family, privateBase, { ...DECAPSULATE, ciphertext: ciphertext! }, generic(16));
    expect(short.key.value).toEqual(key.value.subarray(0, 16));
  });

  test("hybrids: order, KDF and shared data count", () => {
    const secret = derive(family, publicBase, PLAIN);
    const other = secretKey(ck.CKK_GENERIC_SECRET, randomBytes(66));
    const mix = (changes: Partial<KemParameter>, template: Map<number, ck.AttributeValue>) => {
      const parameter = { ...DECAPSULATE, ciphertext: secret.checkSumSuffix!, secret: NONE, ...changes };
      return derive(family, privateBase, parameter, new Map(template), [other]);
    };
    const decapsulate = (changes: Partial<KemParameter>, length: number) => mix(changes, generic(length)).key.value;
    const behind = Uint8Array.of(...other.value, ...secret.key.value);
    const before = Uint8Array.of(...secret.key.value, ...other.value);
    const sharedData = randomBytes(10);
    expect(decapsulate({}, 98)).toEqual(behind);
    expect(decapsulate({ prepend: true }, 98)).toEqual(before);
    expect(decapsulate({ prepend: true }, 40)).toEqual(before.subarray(0, 40));
    expect(() => decapsulate({}, 99)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    expect(mix({}, generic(98)).cutsSecrets).toBeUndefined();
    expect(mix({}, generic(97)).cutsSecrets).toBe(true);
    expect(mix({}, new Map(AES_256)).cutsSecrets).toBe(true);
    expect(mix({ hash: "sha256" }, generic(97)).cutsSecrets).toBeUndefined();
    for (const hash of ["sha1", "sha224", "sha256", "sha384", "sha512"] as const) {
      expect(decapsulate({ hash }, 100)).toEqual(deriveX963(hash, behind, NONE, 100));
      expect(decapsulate({ hash, prepend: true, sharedData }, 32)).toEqual(deriveX963(hash, before, sharedData, 32));
    }
  });

  test("refusals", () => {
    expect(() => derive(family, privateBase, PLAIN)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
    expect(() => derive(family, publicBase, DECAPSULATE)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
    expect(() => derive(family, privateBase, DECAPSULATE)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    const short = { ...DECAPSULATE, ciphertext: new Uint8Array(1) };
    expect(() => derive(family, privateBase, short)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    expect(() => derive(family, publicBase, PLAIN, new Map())).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    const noLength = new Map([[ck.CKA_KEY_TYPE, ck.CKK_GENERIC_SECRET]]);
    expect(() => derive(family, publicBase, { ...PLAIN, hash: "sha256" }, noLength)).toThrow(
      ckr(ck.CKR_TEMPLATE_INCOMPLETE),
    );
    const publicOther = [publicKey(ck.CKK_EC, NONE)];
    expect(() => derive(family, publicBase, PLAIN, new Map(AES_256), publicOther)).toThrow(
      ckr(ck.CKR_KEY_TYPE_INCONSISTENT),
    );
  });
});

test("Kyber makes keys without a parameter and derives with one", () => {
  const template = new Map([[ck.CKA_IBM_PQC_PARAMS, pqcSet("round2-65").oid]]);
  expect(() => kyber.generateKeyPair!(undefined, template, new Map(), randomBytes)).toThrow(
    ckr(ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED),
  );
  expect(() => kyber.generateKeyPair!(PLAIN, new Map(), new Map(), randomBytes)).toThrow(
    ckr(ck.CKR_MECHANISM_PARAM_INVALID),
  );
  const { publicKey: made } = kyber.generateKeyPair!(undefined, new Map(), new Map(), randomBytes);
  expect(made.value.length).toBe(pqcSet("kyber-1024").publicParts[0]! + 35);
  expect(() => kyber.requireKey!(openedKey(made), undefined)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
});
