/**
 * Tests every way to make a key: assertions in the template are compared with the key, history attributes are correct,
 * and keys that no mechanism accepts are not made (PKCS #11 v3.2, 4.9, 4.10, 5.18;
 * docs/reference/ep11.md#attribute-bits, docs/reference/ep11.md#attribute-rules; FIPS 140-3 IG C.I).
 * The file is long because each table lists every way to make a key.
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { xtsKeyGen } from "../../src/mechanisms/keygen/secret-keygen.ts";
import { P_256, P_384, SECP256K1 } from "../../src/primitives/ec/curves.ts";
import { rvOfCall, testEngine } from "../engine.ts";
import { ckr } from "../keys.ts";

const engine = testEngine();
type Attributes = readonly (readonly [number, ck.AttributeValue])[];
type Make = (extra?: Attributes) => Promise<{ key: Uint8Array; checkSum: Uint8Array }>;

const templateOf = (...attributes: readonly Attributes[]): ck.Template => new Map(attributes.flat());
const NONE = new Uint8Array(0);
const KWP = { mechanism: ck.CKM_AES_KEY_WRAP_KWP };
const secretOf = (keyType: number, length: number): Attributes => [
  [ck.CKA_KEY_TYPE, keyType],
  [ck.CKA_VALUE_LEN, length],
];
const AES_32 = secretOf(ck.CKK_AES, 32);
const DERIVE: Attributes = [
  [ck.CKA_DERIVE, true],
  [ck.CKA_IBM_USE_AS_DATA, true],
];
const SEALED: Attributes = [[ck.CKA_EXTRACTABLE, false]];

const generate = async (mechanism: number, ...attributes: Attributes[]) => {
  const { key, checkSum } = await engine.generateKey({ mech: { mechanism }, template: templateOf(...attributes) });
  return { key: ck.sealedBytes(key), checkSum };
};
const pair = async (mechanism: number, inPublic: Attributes, inPrivate: Attributes) => {
  const templates = { pubKeyTemplate: templateOf(inPublic), privKeyTemplate: templateOf(inPrivate) };
  const { pubKey, privKey } = await engine.generateKeyPair({ mech: { mechanism }, ...templates });
  return { pub: ck.sealedBytes(pubKey), priv: ck.sealedBytes(privKey) };
};
const kek = (
  await generate(ck.CKM_AES_KEY_GEN, AES_32, [
    [ck.CKA_WRAP, true],
    [ck.CKA_UNWRAP, true],
    [ck.CKA_ENCRYPT, true],
    [ck.CKA_DECRYPT, true],
  ])
).key;
const unwrap = async (wrapped: Uint8Array, ...attributes: Attributes[]) => {
  const response = await engine.unwrapKey({ mech: KWP, wrapped, kek, template: templateOf(...attributes) });
  return { key: ck.sealedBytes(response.unwrapped), checkSum: response.checkSum };
};
/** Returns `value` wrapped with the KEK. */
const wrapped = async (value: Uint8Array) =>
  (await engine.encryptSingle({ mech: KWP, key: kek, plain: value })).ciphered;
const carried = async (key: Uint8Array) => (await engine.wrapKey({ mech: KWP, key, kek })).wrapped;
const derive = async (
  mech: Parameters<typeof engine.deriveKey>[0]["mech"],
  baseKey: Uint8Array,
  ...attributes: Attributes[]
) => {
  const response = await engine.deriveKey({ mech, baseKey, template: templateOf(...attributes) });
  return { key: ck.sealedBytes(response.newKey), checkSum: response.checkSum };
};
const read = async (object: Uint8Array, ...attributes: number[]) =>
  (await engine.getAttributeValue({ object, attributes })).attributes;
const imported = async (...attributes: Attributes[]) =>
  (await unwrap(await wrapped(new Uint8Array(32).fill(7)), secretOf(ck.CKK_GENERIC_SECRET, 32), ...attributes)).key;

const sha256 = { mechanism: ck.CKM_SHA256_KEY_DERIVATION };
const ecdh = (publicData: Uint8Array) => ({
  mechanism: ck.CKM_ECDH1_DERIVE,
  parameter: { type: "ECDH1DeriveParm", kdf: ck.CKD_SHA256_KDF, sharedData: NONE, publicData } as const,
});
const kem = (mode: number, cipherText: Uint8Array) => {
  const parameter = { type: "KyberKEMParm", version: 0, mode, kdf: ck.CKD_NULL, prepend: false } as const;
  return { mechanism: ck.CKM_ML_KEM, parameter: { ...parameter, cipherText, sharedData: NONE, blob: NONE } };
};

const base = (await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, secretOf(ck.CKK_GENERIC_SECRET, 32), DERIVE)).key;
const sealedBase = (await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, secretOf(ck.CKK_GENERIC_SECRET, 32), DERIVE, SEALED))
  .key;
const ec = await pair(ck.CKM_EC_KEY_PAIR_GEN, [[ck.CKA_EC_PARAMS, P_256.oid]], DERIVE);
const rsa = await pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, [[ck.CKA_MODULUS_BITS, 1024]], []);
const mlKem = await pair(ck.CKM_ML_KEM_KEY_PAIR_GEN, [[ck.CKA_PARAMETER_SET, ck.CKP_ML_KEM_768], ...DERIVE], DERIVE);
const factsOf = (key: Uint8Array) => read(key, ck.CKA_PUBLIC_KEY_INFO);
const point = ((await read(ec.pub, ck.CKA_EC_POINT)).get(ck.CKA_EC_POINT) as Uint8Array).subarray(2);
const cipherText = (await derive(kem(ck.CK_IBM_ML_KEM_ENCAPSULATE, NONE), mlKem.pub, AES_32)).checkSum.subarray(7);

/** Ways to make a 32-byte AES key. */
const AES_KEYS: readonly (readonly [string, Make])[] = [
  ["GenerateKey", (extra = []) => generate(ck.CKM_AES_KEY_GEN, [[ck.CKA_VALUE_LEN, 32]], extra)],
  ["UnwrapKey", async (extra = []) => unwrap(await wrapped(new Uint8Array(32).fill(1)), AES_32, extra)],
  ["DeriveKey by a hash", (extra = []) => derive(sha256, base, AES_32, extra)],
  ["DeriveKey by agreement", (extra = []) => derive(ecdh(point), ec.priv, AES_32, extra)],
  [
    "DeriveKey by encapsulation",
    (extra = []) => derive(kem(ck.CK_IBM_ML_KEM_ENCAPSULATE, NONE), mlKem.pub, AES_32, extra),
  ],
  [
    "DeriveKey by decapsulation",
    (extra = []) => derive(kem(ck.CK_IBM_ML_KEM_DECAPSULATE, cipherText), mlKem.priv, AES_32, extra),
  ],
];

describe.each(AES_KEYS)("CKA_CHECK_VALUE in the template of %s", (way, make) => {
  const wrong = Uint8Array.of(1, 2, 3);

  test("is refused if it is not that of the key", async () => {
    expect(await rvOfCall(make([[ck.CKA_CHECK_VALUE, wrong]]))).toBe(ck.CKR_ATTRIBUTE_VALUE_INVALID);
    expect(await rvOfCall(make([[ck.CKA_CHECK_VALUE, Uint8Array.of(1)]]))).toBe(ck.CKR_ATTRIBUTE_VALUE_INVALID);
  });

  test("prevents a check value when it is empty", async () => {
    const { key, checkSum } = await make([[ck.CKA_CHECK_VALUE, NONE]]);
    expect((await read(key, ck.CKA_CHECK_VALUE)).get(ck.CKA_CHECK_VALUE)).toEqual(NONE);
    expect(checkSum.subarray(0, 3)).toEqual(new Uint8Array(3));
  });

  test.skipIf(/GenerateKey|encapsulation/.test(way))("is accepted if it is that of the key", async () => {
    const { key, checkSum } = await make();
    const own = (await read(key, ck.CKA_CHECK_VALUE)).get(ck.CKA_CHECK_VALUE) as Uint8Array;
    expect(own).toEqual(checkSum.subarray(0, 3));
    const again = await make([[ck.CKA_CHECK_VALUE, own]]);
    expect(again.checkSum.subarray(0, 3)).toEqual(own);
  });
});

test("CKA_CHECK_VALUE of a key that has none is refused", async () => {
  const check: Attributes = [[ck.CKA_CHECK_VALUE, Uint8Array.of(1, 2, 3)]];
  expect(await rvOfCall(imported(check))).toBe(ck.CKR_ATTRIBUTE_TYPE_INVALID);
  expect(await rvOfCall(pair(ck.CKM_EC_KEY_PAIR_GEN, [[ck.CKA_EC_PARAMS, P_256.oid]], check))).toBe(
    ck.CKR_ATTRIBUTE_TYPE_INVALID,
  );
});

test.each(AES_KEYS)(
  "%s refuses a template with another length, class or type than that of the key",
  async (_way, make) => {
    for (const wrong of [
      [ck.CKA_CLASS, ck.CKO_PRIVATE_KEY],
      [ck.CKA_CLASS, ck.CKO_PUBLIC_KEY],
      [ck.CKA_KEY_TYPE, ck.CKK_EC],
    ] as const) {
      // UnwrapKey parses the bytes as a key of the template's type. That type is wrong, so it can return either error.
      expect([ck.CKR_TEMPLATE_INCONSISTENT, ck.CKR_WRAPPED_KEY_INVALID]).toContain(await rvOfCall(make([wrong])));
    }
    expect(await rvOfCall(make([[ck.CKA_VALUE_LEN, 20]]))).not.toBe(0);
    expect(await rvOfCall(make([[ck.CKA_CLASS, ck.CKO_SECRET_KEY]]))).toBe(0);
  },
);

test.each([
  ck.CKA_ALWAYS_SENSITIVE,
  ck.CKA_LOCAL,
  ck.CKA_UNIQUE_ID,
  ck.CKA_SEED,
  ck.CKA_PRIVATE_EXPONENT,
  ck.CKA_IBM_MACED_PUBLIC_KEY_INFO,
])("attribute %i is nobody's to assert", async (attribute) => {
  for (const [, make] of AES_KEYS) expect(await rvOfCall(make([[attribute, NONE]]))).toBe(ck.CKR_ATTRIBUTE_READ_ONLY);
});

test("a wrong CKA_VALUE_LEN is ignored only for types where programs send one", async () => {
  expect(await rvOfCall(generate(ck.CKM_DES3_KEY_GEN, [[ck.CKA_VALUE_LEN, 32]]))).toBe(0);
  expect(
    await rvOfCall(
      derive(sha256, base, [
        [ck.CKA_KEY_TYPE, ck.CKK_DES3],
        [ck.CKA_VALUE_LEN, 32],
      ]),
    ),
  ).toBe(0);
  expect(await rvOfCall(generate(ck.CKM_CHACHA20_KEY_GEN, [[ck.CKA_VALUE_LEN, 32]]))).toBe(0);
  expect(await rvOfCall(generate(ck.CKM_CHACHA20_KEY_GEN, [[ck.CKA_VALUE_LEN, 16]]))).toBe(ck.CKR_KEY_SIZE_RANGE);
  const importing = unwrap(await wrapped(new Uint8Array(32)), secretOf(ck.CKK_CHACHA20, 16));
  expect(await rvOfCall(importing)).toBe(ck.CKR_KEY_SIZE_RANGE);
});

/** Correct attributes of an RSA and an EC public key, and then wrong values for the same attributes. */
const RSA_FACTS = await read(
  rsa.pub,
  ck.CKA_MODULUS,
  ck.CKA_MODULUS_BITS,
  ck.CKA_PUBLIC_EXPONENT,
  ck.CKA_PUBLIC_KEY_INFO,
);
const EC_FACTS = await read(ec.pub, ck.CKA_EC_PARAMS, ck.CKA_EC_POINT, ck.CKA_PUBLIC_KEY_INFO);
const otherEc = await pair(ck.CKM_EC_KEY_PAIR_GEN, [[ck.CKA_EC_PARAMS, P_384.oid]], []);
const WRONG_RSA: Attributes = [
  [ck.CKA_MODULUS, Uint8Array.of(5)],
  [ck.CKA_MODULUS_BITS, 2048],
  [ck.CKA_PUBLIC_EXPONENT, Uint8Array.of(3)],
  ...(await factsOf(ec.pub)),
];
const WRONG_EC: Attributes = [
  [ck.CKA_EC_PARAMS, P_384.oid],
  [ck.CKA_EC_POINT, Uint8Array.of(4, 1, 2)],
  ...(await factsOf(otherEc.pub)),
];
const bare = (sealed: Uint8Array, spki: ck.AttributeValue | undefined) =>
  sealed.subarray(0, (spki as Uint8Array).length);
const transport = async (spki: Uint8Array, extra: Attributes) =>
  engine.unwrapKey({ mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY }, wrapped: spki, template: templateOf(extra) });

test.each([
  ["RSA", ck.CKK_RSA, rsa, RSA_FACTS, WRONG_RSA],
  ["P-256", ck.CKK_EC, ec, EC_FACTS, WRONG_EC],
] as const)(
  "a template with a wrong assertion about a key of %s is refused",
  async (_name, keyType, halves, facts, wrong) => {
    const privateKey = await carried(halves.priv);
    const type: Attributes = [[ck.CKA_KEY_TYPE, keyType]];
    const spki = bare(halves.pub, facts.get(ck.CKA_PUBLIC_KEY_INFO));
    expect(await rvOfCall(unwrap(privateKey, type, [...facts]))).toBe(0);
    expect(await rvOfCall(transport(spki, [...facts]))).toBe(0);
    for (const fact of wrong) {
      expect(await rvOfCall(unwrap(privateKey, type, [fact])), `unwrapped ${fact[0]}`).toBe(
        ck.CKR_TEMPLATE_INCONSISTENT,
      );
      expect(await rvOfCall(transport(spki, [fact])), `imported ${fact[0]}`).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
    }
  },
);

test("assertions may have other forms", async () => {
  const privateKey = await carried(rsa.priv);
  const exponent = Uint8Array.of(0, 0, 1, 0, 1);
  expect(
    await rvOfCall(
      unwrap(privateKey, [
        [ck.CKA_KEY_TYPE, ck.CKK_RSA],
        [ck.CKA_PUBLIC_EXPONENT, exponent],
      ]),
    ),
  ).toBe(0);
  const name = new TextEncoder().encode("P-256");
  const onCurve: Attributes = [
    [ck.CKA_KEY_TYPE, ck.CKK_EC],
    [ck.CKA_EC_PARAMS, name],
    [ck.CKA_EC_POINT, point],
  ];
  expect(await rvOfCall(unwrap(await carried(ec.priv), onCurve))).toBe(0);
  expect(
    await rvOfCall(pair(ck.CKM_RSA_PKCS_KEY_PAIR_GEN, [[ck.CKA_MODULUS_BITS, 1024]], [[ck.CKA_MODULUS_BITS, 512]])),
  ).toBe(ck.CKR_TEMPLATE_INCONSISTENT);
});

const btc = (deriveType: number, chainCode: Uint8Array) => {
  const parameter = { type: "BTCDeriveParm", deriveType, childKeyIndex: 0, chainCode, version: 1 } as const;
  return { mechanism: ck.CKM_IBM_BTC_DERIVE, parameter };
};
const CURVE: Attributes = [[ck.CKA_EC_PARAMS, SECP256K1.oid], ...DERIVE];
const master = (seed: Uint8Array) => derive(btc(ck.CK_IBM_BTC_BIP0032_MASTERK, NONE), seed, CURVE, SEALED);
const importedBase = await imported(DERIVE);
const fromImported = (await derive(sha256, importedBase, AES_32, DERIVE, SEALED)).key;
const fromGenerated = (await derive(sha256, sealedBase, AES_32, DERIVE, SEALED)).key;
const child = async ({ key, checkSum }: { key: Uint8Array; checkSum: Uint8Array }) =>
  (await derive(btc(ck.CK_IBM_BTC_BIP0032_PRV2PRV, checkSum), key, CURVE, SEALED)).key;
const change = async (object: Uint8Array) =>
  (await engine.setAttributeValue({ object, attributes: new Map([[ck.CKA_DERIVE, false]]) })).object;

/** Ways to make a key, with its CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE and CKA_LOCAL. */
test.each<[string, readonly [boolean, boolean, boolean], () => Promise<Uint8Array>]>([
  ["generated", [true, true, true], async () => sealedBase],
  ["generated and extractable", [true, false, true], async () => base],
  ["generated, then changed", [true, true, true], () => change(sealedBase)],
  ["generated pair, private", [true, false, true], async () => ec.priv],
  ["generated pair, public", [false, false, true], async () => ec.pub],
  ["unwrapped secret", [false, false, false], () => imported(SEALED)],
  ["unwrapped, then changed", [false, false, false], async () => change(importedBase)],
  [
    "unwrapped private key",
    [false, false, false],
    async () => (await unwrap(await carried(ec.priv), [[ck.CKA_KEY_TYPE, ck.CKK_EC]], SEALED)).key,
  ],
  ["derived from generated", [true, true, false], async () => fromGenerated],
  [
    "derived from generated and extractable",
    [true, false, false],
    async () => (await derive(sha256, base, AES_32, SEALED)).key,
  ],
  ["derived and extractable", [true, false, false], async () => (await derive(sha256, sealedBase, AES_32)).key],
  ["derived, then changed", [true, true, false], () => change(fromGenerated)],
  ["derived from unwrapped", [false, false, false], async () => fromImported],
  [
    "derived from derived from unwrapped",
    [false, false, false],
    async () =>
      (
        await derive(
          { mechanism: ck.CKM_AES_ECB_ENCRYPT_DATA, parameter: new Uint8Array(32) },
          fromImported,
          AES_32,
          SEALED,
        )
      ).key,
  ],
  [
    "derived from derived from generated",
    [true, true, false],
    async () =>
      (
        await derive(
          { mechanism: ck.CKM_AES_ECB_ENCRYPT_DATA, parameter: new Uint8Array(32) },
          fromGenerated,
          AES_32,
          SEALED,
        )
      ).key,
  ],
  [
    "agreed on with a generated pair",
    [true, false, false],
    async () => (await derive(ecdh(point), ec.priv, AES_32, SEALED)).key,
  ],
  [
    "encapsulated",
    [false, false, false],
    async () => (await derive(kem(ck.CK_IBM_ML_KEM_ENCAPSULATE, NONE), mlKem.pub, AES_32, SEALED)).key,
  ],
  [
    "decapsulated",
    [true, false, false],
    async () => (await derive(kem(ck.CK_IBM_ML_KEM_DECAPSULATE, cipherText), mlKem.priv, AES_32, SEALED)).key,
  ],
  ["BIP 32 child of a generated seed", [true, true, false], async () => child(await master(sealedBase))],
  ["BIP 32 child of an imported seed", [false, false, false], async () => child(await master(importedBase))],
])("history of a key that was %s: %j", async (_way, expected, make) => {
  const history = await read(await make(), ck.CKA_ALWAYS_SENSITIVE, ck.CKA_NEVER_EXTRACTABLE, ck.CKA_LOCAL);
  expect([...history.values()]).toEqual(expected);
});

describe("an AES-XTS key of two equal halves", () => {
  const XTS_32 = secretOf(ck.CKK_AES_XTS, 32);
  const half = Uint8Array.from({ length: 32 }, (_, at) => at % 16);

  test("is not imported", async () => {
    expect(await rvOfCall(unwrap(await wrapped(half), XTS_32))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
    expect(await rvOfCall(unwrap(await wrapped(new Uint8Array(64)), secretOf(ck.CKK_AES_XTS, 64)))).toBe(
      ck.CKR_WRAPPED_KEY_INVALID,
    );
    expect(await rvOfCall(unwrap(await wrapped(half.with(31, 1)), XTS_32))).toBe(0);
    const iv = new Uint8Array(16);
    const mech = { mechanism: ck.CKM_AES_CBC_PAD, parameter: iv };
    const { ciphered } = await engine.encryptSingle({ mech, key: kek, plain: half });
    const unwrapping = engine.unwrapKey({ mech, wrapped: ciphered, kek, template: templateOf(XTS_32) });
    expect(await rvOfCall(unwrapping)).toBe(ck.CKR_WRAPPED_KEY_INVALID);
  });

  test("is not derived", async () => {
    const aes = (await generate(ck.CKM_AES_KEY_GEN, AES_32, DERIVE)).key;
    const encrypt = (parameter: Uint8Array) =>
      derive({ mechanism: ck.CKM_AES_ECB_ENCRYPT_DATA, parameter }, aes, XTS_32);
    expect(await rvOfCall(encrypt(half))).toBe(ck.CKR_FUNCTION_FAILED);
    expect(await rvOfCall(encrypt(half.with(31, 1)))).toBe(0);
    expect(
      await rvOfCall(derive({ mechanism: ck.CKM_SHA512_KEY_DERIVATION }, base, secretOf(ck.CKK_AES_XTS, 64))),
    ).toBe(0);
  });

  test("is not generated, even if the random source repeats itself", () => {
    const draws = [half, half, half.with(0, 9)];
    const random = () => draws.shift() ?? half;
    const template = templateOf([[ck.CKA_VALUE_LEN, 32]]);
    expect(xtsKeyGen.generateKey!(undefined, template, random).value[0]).toBe(9);
    expect(() => xtsKeyGen.generateKey!(undefined, template, random)).toThrow(ckr(ck.CKR_DEVICE_ERROR));
    expect(draws).toEqual([]);
  });

  test("is the only kind of AES-XTS key that is refused", async () => {
    expect(await rvOfCall(generate(ck.CKM_AES_XTS_KEY_GEN, [[ck.CKA_VALUE_LEN, 64]]))).toBe(0);
  });
});

/**
 * All mechanisms accept triple-DES keys with equal parts, although they are weak: every two-key triple-DES key has equal first
 * and last parts (SP 800-67 r2, 3.1).
 */
describe.each([
  ["all parts equal", [1, 1, 1]],
  ["the first two equal", [1, 1, 2]],
  ["the last two equal", [1, 2, 2]],
  ["the outer ones equal", [1, 2, 1]],
])("a Triple-DES key with %s", (_parts, parts) => {
  const value = Uint8Array.from(parts.flatMap((part) => Array.from({ length: 8 }, () => 0x11 * part ** 2)));
  const rights: Attributes = [ck.CKA_ENCRYPT, ck.CKA_DECRYPT, ck.CKA_SIGN, ck.CKA_VERIFY].map((right) => [right, true]);

  test("is imported, and encrypts, decrypts and signs", async () => {
    const { key } = await unwrap(await wrapped(value), secretOf(ck.CKK_DES3, 24), rights);
    const plain = Uint8Array.from({ length: 24 }, (_, at) => at);
    const iv = new Uint8Array(8);
    for (const mech of [{ mechanism: ck.CKM_DES3_ECB }, { mechanism: ck.CKM_DES3_CBC_PAD, parameter: iv }]) {
      const { ciphered } = await engine.encryptSingle({ mech, key, plain });
      expect((await engine.decryptSingle({ mech, key, ciphered })).plain).toEqual(plain);
    }
    const mech = { mechanism: ck.CKM_DES3_CMAC };
    const { signature } = await engine.signSingle({ mech, privKey: key, data: plain });
    expect(await rvOfCall(engine.verifySingle({ mech, pubKey: key, data: plain, signature }))).toBe(0);
  });
});
