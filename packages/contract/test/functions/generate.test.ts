/**
 * Tests GenerateKey and GenerateKeyPair with valid and invalid templates of every mechanism. The file is long because it is a
 * table with cases for each mechanism.
 */
import { createPublicKey } from "node:crypto";
import * as client from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { DSA_PARAMETERS, mechanismOf } from "../../src/index.ts";
import { having } from "../support/flow-checks.ts";
import { onEveryTarget, readAttributes, type Subject } from "../support/on-every-target.ts";

/** The valid and invalid templates of one mechanism of GenerateKey. */
interface SecretCases {
  /** Valid templates, each with the expected key type and length of the value in bytes. */
  readonly good: readonly (readonly [client.NamedAttributes, number, number])[];
  readonly bad: readonly (readonly [client.NamedAttributes, number])[];
}

const INCONSISTENT = ck.CKR_TEMPLATE_INCONSISTENT;
const INCOMPLETE = ck.CKR_TEMPLATE_INCOMPLETE;
const UNSUPPORTED = ck.CKR_PARAMETER_SET_NOT_SUPPORTED;
const SIZE = ck.CKR_KEY_SIZE_RANGE;

const des = (keyType: number, length: number): SecretCases => ({
  good: [
    [{}, keyType, length],
    // Clients also send a length for types with a fixed length. EP11 ignores it.
    [{ CKA_VALUE_LEN: 32, CKA_KEY_TYPE: keyType }, keyType, length],
  ],
  bad: [
    [{ CKA_KEY_TYPE: ck.CKK_AES }, INCONSISTENT],
    [{ CKA_CLASS: ck.CKO_PRIVATE_KEY }, INCONSISTENT],
  ],
});

/** The cases of keys with any length from 8 bytes. */
const anyLength = (keyType: number): SecretCases => ({
  good: [8, 32, 256].map((length) => [{ CKA_VALUE_LEN: length }, keyType, length] as const),
  bad: [
    [{}, INCOMPLETE],
    [{ CKA_VALUE_LEN: 7 }, SIZE],
    [{ CKA_VALUE_LEN: 257 }, SIZE],
    [{ CKA_VALUE_LEN: 16, CKA_KEY_TYPE: ck.CKK_AES }, INCONSISTENT],
  ],
});

const SECRET_CASES: ReadonlyMap<number, SecretCases> = new Map<number, SecretCases>([
  [
    ck.CKM_AES_KEY_GEN,
    {
      good: [16, 24, 32].map((length) => [{ CKA_VALUE_LEN: length }, ck.CKK_AES, length] as const),
      bad: [
        [{}, INCOMPLETE],
        [{ CKA_VALUE_LEN: 20 }, SIZE],
        [{ CKA_VALUE_LEN: 16, CKA_KEY_TYPE: ck.CKK_DES3 }, INCONSISTENT],
        [{ CKA_VALUE_LEN: 16, CKA_CLASS: ck.CKO_PUBLIC_KEY }, INCONSISTENT],
      ],
    },
  ],
  [ck.CKM_DES2_KEY_GEN, des(ck.CKK_DES2, 16)],
  [ck.CKM_DES3_KEY_GEN, des(ck.CKK_DES3, 24)],
  [ck.CKM_GENERIC_SECRET_KEY_GEN, anyLength(ck.CKK_GENERIC_SECRET)],
  [
    ck.CKM_PBE_SHA1_DES3_EDE_CBC,
    { good: [[{}, ck.CKK_DES3, 24]], bad: [[{ CKA_KEY_TYPE: ck.CKK_AES }, INCONSISTENT]] },
  ],
  [
    ck.CKM_AES_XTS_KEY_GEN,
    {
      good: [32, 64].map((length) => [{ CKA_VALUE_LEN: length }, ck.CKK_AES_XTS, length] as const),
      bad: [
        [{}, INCOMPLETE],
        [{ CKA_VALUE_LEN: 48 }, SIZE],
      ],
    },
  ],
  [ck.CKM_CHACHA20_KEY_GEN, { good: [[{}, ck.CKK_CHACHA20, 32]], bad: [[{ CKA_KEY_TYPE: ck.CKK_AES }, INCONSISTENT]] }],
  [ck.CKM_HKDF_KEY_GEN, anyLength(ck.CKK_HKDF)],
  [
    ck.CKM_PKCS5_PBKD2,
    {
      good: [
        [{ CKA_VALUE_LEN: 40 }, ck.CKK_GENERIC_SECRET, 40],
        [{ CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 32 }, ck.CKK_AES, 32],
      ],
      bad: [
        [{}, INCOMPLETE],
        [{ CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 20 }, SIZE],
      ],
    },
  ],
  [ck.CKM_SHA_1_KEY_GEN, anyLength(ck.CKK_SHA_1_HMAC)],
  [ck.CKM_SHA224_KEY_GEN, anyLength(ck.CKK_SHA224_HMAC)],
  [ck.CKM_SHA256_KEY_GEN, anyLength(ck.CKK_SHA256_HMAC)],
  [ck.CKM_SHA384_KEY_GEN, anyLength(ck.CKK_SHA384_HMAC)],
  [ck.CKM_SHA512_KEY_GEN, anyLength(ck.CKK_SHA512_HMAC)],
  [ck.CKM_SHA512_224_KEY_GEN, anyLength(ck.CKK_SHA512_224_HMAC)],
  [ck.CKM_SHA512_256_KEY_GEN, anyLength(ck.CKK_SHA512_256_HMAC)],
  [ck.CKM_SHA3_224_KEY_GEN, anyLength(ck.CKK_SHA3_224_HMAC)],
  [ck.CKM_SHA3_256_KEY_GEN, anyLength(ck.CKK_SHA3_256_HMAC)],
  [ck.CKM_SHA3_384_KEY_GEN, anyLength(ck.CKK_SHA3_384_HMAC)],
  [ck.CKM_SHA3_512_KEY_GEN, anyLength(ck.CKK_SHA3_512_HMAC)],
]);

/**
 * The mechanisms that return domain parameters in the clear. `bits` are the possible sizes of the prime, and `numbers` is the
 * number of INTEGERs in the result.
 */
const PARAMETER_CASES: ReadonlyMap<number, { bits: readonly number[]; numbers: number }> = new Map([
  [ck.CKM_DSA_PARAMETER_GEN, { bits: [1024], numbers: 3 }],
  [ck.CKM_DH_PKCS_PARAMETER_GEN, { bits: [1024, 2048, 3072], numbers: 2 }],
]);

/** Valid and invalid pairs of public and private templates. */
interface PairCases {
  readonly keyType: number;
  readonly good: readonly (readonly [client.NamedAttributes, client.NamedAttributes])[];
  readonly bad: readonly (readonly [client.NamedAttributes, client.NamedAttributes, number])[];
}

const E_65537 = Uint8Array.of(1, 0, 1);
const P256 = client.ecParams("P-256");
const EXPLICIT_CURVE = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x01);
const UNKNOWN_CURVE = Uint8Array.of(0x06, 0x03, 0x2b, 0x65, 0x01);

const RSA_CASES: PairCases = {
  keyType: ck.CKK_RSA,
  good: [
    [{ CKA_MODULUS_BITS: 1024, CKA_PUBLIC_EXPONENT: E_65537 }, {}],
    [{ CKA_MODULUS_BITS: 512, CKA_PUBLIC_EXPONENT: Uint8Array.of(17) }, { CKA_SIGN: true }],
    [{ CKA_MODULUS_BITS: 1024 }, { CKA_EXTRACTABLE: false }],
  ],
  bad: [
    [{ CKA_PUBLIC_EXPONENT: E_65537 }, {}, INCOMPLETE],
    [{ CKA_MODULUS_BITS: 504 }, {}, SIZE],
    [{ CKA_MODULUS_BITS: 8192 }, {}, SIZE],
    [{ CKA_MODULUS_BITS: 1024, CKA_PUBLIC_EXPONENT: Uint8Array.of(3) }, {}, ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [{ CKA_MODULUS_BITS: 1024, CKA_PUBLIC_EXPONENT: Uint8Array.of(18) }, {}, ck.CKR_ATTRIBUTE_VALUE_INVALID],
    [{ CKA_MODULUS_BITS: 1024, CKA_KEY_TYPE: ck.CKK_EC }, {}, INCONSISTENT],
    [{ CKA_MODULUS_BITS: 1024 }, { CKA_CLASS: ck.CKO_PUBLIC_KEY }, INCONSISTENT],
    [{ CKA_MODULUS_BITS: 1024 }, { CKA_IBM_ATTRBOUND: true }, INCONSISTENT],
  ],
};

/** The cases of key pairs that only these curves support. */
const onCurves = (curves: readonly ck.CurveName[]): PairCases => ({
  keyType: ck.CKK_EC,
  good: curves.map((curve) => [{ CKA_EC_PARAMS: client.ecParams(curve) }, {}] as const),
  bad: [
    [{}, {}, INCOMPLETE],
    [{ CKA_EC_PARAMS: P256 }, {}, ck.CKR_CURVE_NOT_SUPPORTED],
  ],
});

/**
 * The cases of Dilithium and Kyber, for which an OBJECT IDENTIFIER selects the parameter set. The default is the
 * parameter set that IBM's service uses.
 */
const rounds = (keyType: number, ...oids: readonly Uint8Array[]): PairCases => ({
  keyType,
  good: [[{}, {}], ...oids.map((oid) => [{ CKA_IBM_PQC_PARAMS: oid }, { CKA_IBM_PQC_PARAMS: oid }] as const)],
  bad: [
    [{ CKA_IBM_PQC_PARAMS: P256 }, {}, ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED],
    [{ CKA_IBM_PQC_PARAMS: oids[0] }, { CKA_IBM_PQC_PARAMS: oids[1] }, INCONSISTENT],
  ],
});

/** The cases of NIST's schemes, for which a number in either of two attributes selects the parameter set. */
const numbered = (keyType: number, sets: readonly number[], refusal: number = UNSUPPORTED): PairCases => ({
  keyType,
  good: sets.flatMap((set) => [
    [{ CKA_PARAMETER_SET: set }, {}] as const,
    [{ CKA_IBM_PARAMETER_SET: set }, { CKA_IBM_PARAMETER_SET: set }] as const,
  ]),
  bad: [
    [{}, {}, INCOMPLETE],
    [{ CKA_PARAMETER_SET: 77 }, {}, refusal],
    [{ CKA_PARAMETER_SET: sets[0] }, { CKA_PARAMETER_SET: sets[1] }, INCONSISTENT],
  ],
});
const ML_DSA = [ck.CKK_IBM_ML_DSA, [ck.CKP_ML_DSA_44, ck.CKP_ML_DSA_65, ck.CKP_ML_DSA_87]] as const;
const ML_KEM = [ck.CKK_IBM_ML_KEM, [ck.CKP_ML_KEM_512, ck.CKP_ML_KEM_768, ck.CKP_ML_KEM_1024]] as const;
const oidOf = (set: ck.ParameterSetName) => client.parameterSet(set).get(ck.CKA_IBM_PQC_PARAMS) as Uint8Array;

const PAIR_CASES: ReadonlyMap<number, PairCases> = new Map<number, PairCases>([
  [
    ck.CKM_IBM_DILITHIUM,
    rounds(
      ck.CKK_IBM_PQC_DILITHIUM,
      oidOf("dilithium-round2-65"),
      oidOf("dilithium-round2-87"),
      oidOf("dilithium-round3-44"),
      oidOf("dilithium-round3-65"),
      oidOf("dilithium-round3-87"),
    ),
  ],
  [ck.CKM_IBM_KYBER, rounds(ck.CKK_IBM_PQC_KYBER, oidOf("kyber-768"), oidOf("kyber-1024"))],
  [ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, numbered(...ML_DSA, ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED)],
  [ck.CKM_IBM_ML_KEM_KEY_PAIR_GEN, numbered(...ML_KEM, ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED)],
  [ck.CKM_ML_DSA_KEY_PAIR_GEN, numbered(...ML_DSA)],
  [ck.CKM_ML_KEM_KEY_PAIR_GEN, numbered(...ML_KEM)],
  // Only the fast parameter sets are tested, because the small ones take seconds.
  [ck.CKM_SLH_DSA_KEY_PAIR_GEN, numbered(ck.CKK_SLH_DSA, [ck.CKP_SLH_DSA_SHA2_128F, ck.CKP_SLH_DSA_SHAKE_192F])],
  [ck.CKM_EC_EDWARDS_KEY_PAIR_GEN, onCurves(["Ed25519", "Ed448"])],
  [ck.CKM_EC_MONTGOMERY_KEY_PAIR_GEN, onCurves(["X25519", "X448"])],
  [ck.CKM_RSA_PKCS_KEY_PAIR_GEN, RSA_CASES],
  [ck.CKM_RSA_X9_31_KEY_PAIR_GEN, { ...RSA_CASES, good: RSA_CASES.good.slice(0, 1) }],
  [
    ck.CKM_EC_KEY_PAIR_GEN,
    {
      keyType: ck.CKK_EC,
      good: [
        ...ck.curveNames.map((curve) => [{ CKA_EC_PARAMS: client.ecParams(curve) }, {}] as const),
        [{ CKA_EC_PARAMS: new TextEncoder().encode("P-256") }, { CKA_EC_PARAMS: new TextEncoder().encode("P-256") }],
        // Rights that have no meaning for a key type are ignored, because clients send them.
        [
          { CKA_EC_PARAMS: P256, CKA_EXTRACTABLE: false },
          { CKA_UNWRAP: true, CKA_ENCRYPT: true, CKA_TOKEN: true },
        ],
      ],
      bad: [
        [{}, {}, INCOMPLETE],
        [{ CKA_EC_PARAMS: UNKNOWN_CURVE }, {}, ck.CKR_CURVE_NOT_SUPPORTED],
        [{ CKA_EC_PARAMS: EXPLICIT_CURVE }, {}, ck.CKR_CURVE_NOT_SUPPORTED],
        [{ CKA_EC_PARAMS: Uint8Array.of(0x06, 0x20) }, {}, ck.CKR_ATTRIBUTE_VALUE_INVALID],
        [{ CKA_EC_PARAMS: P256 }, { CKA_EC_PARAMS: client.ecParams("P-384") }, INCONSISTENT],
        [{ CKA_EC_PARAMS: P256, CKA_KEY_TYPE: ck.CKK_RSA }, {}, INCONSISTENT],
      ],
    },
  ],
  [
    ck.CKM_DSA_KEY_PAIR_GEN,
    {
      keyType: ck.CKK_DSA,
      good: [
        [
          { CKA_IBM_STRUCT_PARAMS: DSA_PARAMETERS, CKA_VERIFY: true },
          { CKA_SIGN: true, CKA_SENSITIVE: true },
        ],
      ],
      bad: [
        [{}, {}, INCOMPLETE],
        [{ CKA_IBM_STRUCT_PARAMS: Uint8Array.of(0x30, 1, 0) }, {}, ck.CKR_DOMAIN_PARAMS_INVALID],
      ],
    },
  ],
  [
    ck.CKM_DH_PKCS_KEY_PAIR_GEN,
    {
      keyType: ck.CKK_DH,
      // There are no valid cases here. A test below uses the 1024-bit group that the HSM returns.
      good: [],
      bad: [
        [{}, {}, INCOMPLETE],
        [{ CKA_IBM_STRUCT_PARAMS: Uint8Array.of(0x30, 1, 0) }, {}, ck.CKR_DOMAIN_PARAMS_INVALID],
      ],
    },
  ],
]);

const READ_ONLY = ["CKA_LOCAL", "CKA_NEVER_EXTRACTABLE", "CKA_ALWAYS_SENSITIVE"] as const;

/** Returns the contents of the INTEGERs in a SEQUENCE. */
function integersIn(der: Uint8Array): Uint8Array[] {
  const elementAt = (at: number) => {
    const first = der[at + 1]!;
    const size = first < 0x80 ? 0 : first & 0x7f;
    const length = size === 0 ? first : Buffer.from(der).readUIntBE(at + 2, size);
    return { start: at + 2 + size, end: at + 2 + size + length };
  };
  const integers: Uint8Array[] = [];
  for (let at = elementAt(0).start; at < der.length; at = elementAt(at).end) {
    integers.push(der.subarray(elementAt(at).start, elementAt(at).end));
  }
  return integers;
}

async function expectPair(subject: Subject, mech: ck.Mechanism, keyType: number, templates: readonly ck.Template[]) {
  const [pubKeyTemplate, privKeyTemplate] = templates as [ck.Template, ck.Template];
  const pair = await subject.target.ep11.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate });
  expect(ck.sealedBytes(pair.privKey)[0]).not.toBe(0x30);
  expect(ck.sealedBytes(pair.pubKey)[0]).toBe(0x30);
  // After the SPKI, a MACed public key has a trailer of 128 bytes.
  expect(ck.sealedBytes(pair.pubKey).length - client.spkiOf(pair.pubKey).length).toBe(128);
  const wanted = [ck.CKA_CLASS, ck.CKA_KEY_TYPE, ck.CKA_LOCAL];
  expect(await readAttributes(subject, pair.privKey, ...wanted)).toEqual([ck.CKO_PRIVATE_KEY, keyType, true]);
  expect(await readAttributes(subject, pair.pubKey, ...wanted)).toEqual([ck.CKO_PUBLIC_KEY, keyType, true]);
  return pair;
}

onEveryTarget("generation", (subject) => {
  describe.each(having(ck.CKF_GENERATE))("%s", (_, row) => {
    const number = row.mechanism;
    const mech = mechanismOf(row);
    const secrets = SECRET_CASES.get(number);
    const parameters = PARAMETER_CASES.get(number);

    it("has cases", () => expect(secrets ?? parameters).toBeDefined());

    it.runIf(secrets).each(secrets?.good ?? [])("generates a key from %j", async (attributes, keyType, length) => {
      const { ep11 } = subject.target;
      const { key, checkSum } = await ep11.generateKey({ mech, template: client.template(attributes) });
      expect(ck.sealedBytes(key)[0]).not.toBe(0x30);
      expect(checkSum).toHaveLength(7);
      expect(Buffer.from(checkSum).readUInt32BE(3)).toBe(8 * length);
      const block = keyType === ck.CKK_AES ? client.mechanism.aesEcb() : { mechanism: ck.CKM_DES3_ECB };
      if ([ck.CKK_AES, ck.CKK_DES2, ck.CKK_DES3].includes(keyType)) {
        const plain = new Uint8Array(keyType === ck.CKK_AES ? 16 : 8);
        const { ciphered } = await ep11.encryptSingle({ mech: block, key, plain });
        expect(ciphered.subarray(0, 3)).toEqual(checkSum.subarray(0, 3));
      }
      const requested = [ck.CKA_CLASS, ck.CKA_KEY_TYPE, ck.CKA_VALUE_LEN, ck.CKA_KEY_GEN_MECHANISM, ck.CKA_LOCAL];
      const read = await readAttributes(subject, key, ...requested);
      expect(read).toEqual([ck.CKO_SECRET_KEY, keyType, length, number, true]);
    });

    it.runIf(secrets).each(secrets?.bad ?? [])("refuses %j", async (attributes, rv) => {
      await expect(subject.target.ep11.generateKey({ mech, template: client.template(attributes) })).toThrowRv(rv);
    });

    it.runIf(parameters).each(parameters?.bits ?? [])("returns parameters of %i bits in clear", async (bits) => {
      const requested = client.template({ CKA_PRIME_BITS: bits });
      const { key, checkSum } = await subject.target.ep11.generateKey({ mech, template: requested });
      expect(checkSum).toHaveLength(0);
      const integers = integersIn(ck.sealedBytes(key));
      expect(integers).toHaveLength(parameters!.numbers);
      expect(integers[0]).toHaveLength(bits / 8 + 1);
      const pairMech = {
        mechanism: number === ck.CKM_DSA_PARAMETER_GEN ? ck.CKM_DSA_KEY_PAIR_GEN : ck.CKM_DH_PKCS_KEY_PAIR_GEN,
      };
      const keyType = number === ck.CKM_DSA_PARAMETER_GEN ? ck.CKK_DSA : ck.CKK_DH;
      if (bits > 2048) return;
      await expectPair(subject, pairMech, keyType, [
        client.template({ CKA_IBM_STRUCT_PARAMS: ck.sealedBytes(key) }),
        new Map(),
      ]);
    });

    it.runIf(parameters)("refuses a missing or unsupported size of parameters", async () => {
      const { ep11 } = subject.target;
      await expect(ep11.generateKey({ mech, template: new Map() })).toThrowRv(INCOMPLETE);
      await expect(ep11.generateKey({ mech, template: client.template({ CKA_PRIME_BITS: 1000 }) })).toThrowRv(SIZE);
    });

    it.each(READ_ONLY)("refuses %s", async (attribute) => {
      const requested = client.template({ CKA_VALUE_LEN: 16, CKA_PRIME_BITS: 1024, [attribute]: true });
      await expect(subject.target.ep11.generateKey({ mech, template: requested })).toThrowRv(
        ck.CKR_ATTRIBUTE_READ_ONLY,
      );
    });

    it("refuses a mechanism parameter", async () => {
      const withParameter = { ...mech, parameter: Uint8Array.of(1) };
      const refused = subject.target.ep11.generateKey({
        mech: withParameter,
        template: client.template({ CKA_VALUE_LEN: 16 }),
      });
      await expect(refused).toThrowRv(ck.CKR_MECHANISM_PARAM_INVALID);
    });
  });

  describe.each(having(ck.CKF_GENERATE_KEY_PAIR))("%s", (_, { mechanism: number }) => {
    const mech = { mechanism: number };
    const cases = PAIR_CASES.get(number);

    it("has cases", () => expect(cases).toBeDefined());

    it.each(cases?.good ?? [])("generates a pair from %j and %j", async (publicAttributes, privateAttributes) => {
      await expectPair(subject, mech, cases!.keyType, [
        client.template(publicAttributes),
        client.template(privateAttributes),
      ]);
    });

    it.each(cases?.bad ?? [])("refuses %j and %j", async (publicAttributes, privateAttributes, rv) => {
      const pubKeyTemplate = client.template(publicAttributes);
      const privKeyTemplate = client.template(privateAttributes);
      await expect(subject.target.ep11.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate })).toThrowRv(rv);
    });

    it.each(READ_ONLY)("refuses %s in either template", async (attribute) => {
      const bad = client.template({ [attribute]: true });
      const generate = (pubKeyTemplate: ck.Template, privKeyTemplate: ck.Template) =>
        subject.target.ep11.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate });
      await expect(generate(bad, new Map())).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
      await expect(generate(new Map(), bad)).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
    });
  });

  it("describes EC keys in the KeyBlob as clients expect", async () => {
    const pubKeyTemplate = client.template({ CKA_EC_PARAMS: client.ecParams("Ed25519"), CKA_VERIFY: true });
    const privKeyTemplate = client.template({ CKA_SIGN: true, CKA_EXTRACTABLE: false });
    const mech = { mechanism: ck.CKM_EC_KEY_PAIR_GEN };
    const { pubKey } = await subject.target.ep11.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate });
    const spki = client.spkiOf(pubKey);
    expect(pubKey.attributes.get(ck.CKA_EC_PARAMS)).toEqual(client.ecParams("Ed25519"));
    expect(pubKey.attributes.get(ck.CKA_PUBLIC_KEY_INFO)).toEqual(spki);
    expect(pubKey.attributes.get(ck.CKA_EC_POINT)).toEqual(Uint8Array.of(4, 32, ...spki.subarray(-32)));
    expect(Buffer.from(spki.subarray(0, 21)).toString("hex")).toBe("3033300e06072a8648ce3d020106032b6570032100");
    expect(
      createPublicKey({ key: Buffer.from(client.interoperableSpki(spki)), format: "der", type: "spki" })
        .asymmetricKeyType,
    ).toBe("ed25519");
  });
});
