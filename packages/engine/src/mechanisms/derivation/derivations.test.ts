import { createHmac } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr, privateKey, secretKey } from "../../../test/keys.ts";
import { reader } from "../../../test/parameters.ts";
import { EC_PRIVATE_KEY, EC_PUBLIC_KEY } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { wire } from "../../../test/wire.ts";
import { withOddParity } from "../../objects/key-types.ts";
import { derivePkcs12, PKCS12_IV, PKCS12_KEY } from "../../primitives/kdf/kdf-pkcs12.ts";
import { pbeDes3KeyGen, pbkdf2KeyGen } from "../keygen/password-keygen.ts";
import { hkdfDerive } from "./hkdf.ts";
import { publicFromPrivate } from "./public-from-private.ts";
import { sp800Kdf } from "./sp800-108.ts";

const NOTHING = new Uint8Array(0);
const hkdf = reader(ck.CKM_HKDF_DERIVE);
const pbkdf2 = reader(ck.CKM_PKCS5_PBKD2);
const pbe = reader(ck.CKM_PBE_SHA1_DES3_EDE_CBC);
const SP800 = {
  counter: reader(ck.CKM_SP800_108_COUNTER_KDF),
  feedback: reader(ck.CKM_SP800_108_FEEDBACK_KDF),
  "double-pipeline": reader(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF),
} as const;
const sp800 = (mode: keyof typeof SP800) => SP800[mode];
const random = () => NOTHING;
const HASH: Record<string, number> = {
  "SHA-1": ck.CKM_SHA_1,
  "SHA-224": ck.CKM_SHA224,
  "SHA-256": ck.CKM_SHA256,
  "SHA-384": ck.CKM_SHA384,
  "SHA-512": ck.CKM_SHA512,
  "SHA3-256": ck.CKM_SHA3_256,
};
const HMAC: Record<string, number> = {
  "SHA-1": ck.CKM_SHA_1_HMAC,
  "SHA-224": ck.CKM_SHA224_HMAC,
  "SHA-256": ck.CKM_SHA256_HMAC,
  "SHA-384": ck.CKM_SHA384_HMAC,
  "SHA-512": ck.CKM_SHA512_HMAC,
  "SHA3-256": ck.CKM_SHA3_256_HMAC,
};
const PRF: Record<string, number> = {
  "SHA-1": ck.CKP_PKCS5_PBKD2_HMAC_SHA1,
  "SHA-224": ck.CKP_PKCS5_PBKD2_HMAC_SHA224,
  "SHA-256": ck.CKP_PKCS5_PBKD2_HMAC_SHA256,
  "SHA-384": ck.CKP_PKCS5_PBKD2_HMAC_SHA384,
  "SHA-512": ck.CKP_PKCS5_PBKD2_HMAC_SHA512,
  "SHA-512/256": ck.CKP_PKCS5_PBKD2_HMAC_SHA512_256,
};

const input = (template: ReadonlyMap<number, ck.AttributeValue>, ...parameterKeys: ReturnType<typeof secretKey>[]) => ({
  template,
  data: NOTHING,
  parameterKeys,
});
const ofLength = (length: number) => new Map<number, ck.AttributeValue>([[ck.CKA_VALUE_LEN, length]]);

function hkdfParameter(
  flags: number,
  hash: number,
  { salt = NOTHING, saltKey = NOTHING, info = NOTHING }: { salt?: Uint8Array; saltKey?: Uint8Array; info?: Uint8Array },
): Uint8Array {
  const type = saltKey.length > 0 ? 4 : salt.length > 0 ? 2 : 1;
  return wire(flags, hash, type, salt.length, saltKey.length, info.length, salt, saltKey, info);
}

function deriveHkdf(
  base: Uint8Array,
  parameter: Uint8Array,
  template: ReadonlyMap<number, ck.AttributeValue>,
  ...keys: ReturnType<typeof secretKey>[]
): Uint8Array {
  const baseKey = secretKey(ck.CKK_GENERIC_SECRET, base);
  return hkdfDerive.derive!(baseKey, hkdf(parameter), input(template, ...keys), random).key.value;
}

interface DerivationCase {
  readonly name: string;
  readonly function: string;
  readonly hash: string;
  readonly baseKey: string;
  readonly salt: string;
  readonly info: string;
  readonly prk: string;
  readonly length: number;
  readonly derivedKey: string;
  readonly mode: string;
  readonly iv: string;
  readonly label: string;
  readonly context: string;
  readonly password: string;
  readonly iterations: number;
}

describeVectors<{ cases: readonly DerivationCase[] }>("ep11/key-derivation.json", ({ cases }) => {
  const of = (name: string) => cases.filter((each) => each.function === name);

  test.each(of("HKDF"))("$name", ({ hash, baseKey, salt, info, prk, length, derivedKey }) => {
    const number = HASH[hash]!;
    const both = hkdfParameter(3, number, { salt: hex(salt), info: hex(info) });
    expect(deriveHkdf(hex(baseKey), both, ofLength(length))).toEqual(hex(derivedKey));
    const extraction = hkdfParameter(1, number, { salt: hex(salt) });
    expect(deriveHkdf(hex(baseKey), extraction, new Map())).toEqual(hex(prk));
    const expansion = hkdfParameter(2, number, { info: hex(info) });
    expect(deriveHkdf(hex(prk), expansion, ofLength(length))).toEqual(hex(derivedKey));
  });

  test.each(of("SP800-108"))("$name", ({ mode, hash, baseKey, iv, label, context, length, derivedKey }) => {
    const counter = wire(0, 32);
    const chained = [...part(1, NOTHING), ...part(2, counter)];
    const start = mode === "counter" ? part(1, counter) : chained;
    const parts = [...start, ...part(4, hex(`${label}00${context}`)), ...part(3, wire(1, 0, 32))];
    const count = mode === "counter" ? 3 : 4;
    const parameter = wire(HMAC[hash]!, count, iv.length / 2, ...parts, hex(iv));
    const parsed = sp800(mode as "counter")(parameter);
    const key = secretKey(ck.CKK_GENERIC_SECRET, hex(baseKey));
    expect(sp800Kdf.derive!(key, parsed, input(ofLength(length)), random).key.value).toEqual(hex(derivedKey));
  });

  // PKCS #11 defines no PRF number for PBKDF2 with SHA-3.
  test.each(of("PBKDF2").filter(({ hash }) => hash in PRF))(
    "$name",
    ({ hash, password, salt, iterations, length, derivedKey }) => {
      const bytes = [hex(salt), hex(password)] as const;
      const parameter = pbkdf2(wire(PRF[hash]!, iterations, bytes[0].length, bytes[1].length, ...bytes));
      expect(pbkdf2KeyGen.generateKey!(parameter, ofLength(length), random).value).toEqual(hex(derivedKey));
    },
  );
});

function part(type: number, value: Uint8Array): readonly (number | Uint8Array)[] {
  return [type, value.length, value];
}

interface WycheproofFile<T> {
  readonly testGroups: readonly {
    readonly tests: readonly (T & { readonly tcId: number; readonly result: string })[];
  }[];
}

describeVectors<WycheproofFile<{ ikm: string; salt: string; info: string; size: number; okm: string }>>(
  "wycheproof/hkdf_sha256_test.json",
  ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("case $tcId", ({ ikm, salt, info, size, okm, result }) => {
      const parameter = hkdfParameter(3, ck.CKM_SHA256, { salt: hex(salt), info: hex(info) });
      const derived = () => deriveHkdf(hex(ikm), parameter, ofLength(size));
      // Keys have at most 256 bytes here; the test file requests up to HKDF's maximum of 8160 bytes, and more.
      if (result === "valid" && size <= 256) expect(derived()).toEqual(hex(okm));
      else expect(derived).toThrow(expect.objectContaining({ name: "CkError" }));
    });
  },
);

describeVectors<WycheproofFile<{ password: string; salt: string; iterationCount: number; dkLen: number; dk: string }>>(
  "wycheproof/pbkdf2_hmacsha256_test.json",
  ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("case $tcId", (each) => {
      const [salt, password] = [hex(each.salt), hex(each.password)];
      const wireForm = wire(
        ck.CKP_PKCS5_PBKD2_HMAC_SHA256,
        each.iterationCount,
        salt.length,
        password.length,
        salt,
        password,
      );
      expect(pbkdf2KeyGen.generateKey!(pbkdf2(wireForm), ofLength(each.dkLen), random).value).toEqual(hex(each.dk));
    });
  },
);

describe("HKDF", () => {
  const base = new Uint8Array(32).fill(1);

  test("takes a key as salt", () => {
    const salt = new Uint8Array(20).fill(2);
    const byData = deriveHkdf(base, hkdfParameter(3, ck.CKM_SHA256, { salt }), ofLength(40));
    const saltKey = Uint8Array.of(1, 2, 3);
    const byKey = hkdfParameter(3, ck.CKM_SHA256, { saltKey });
    expect(deriveHkdf(base, byKey, ofLength(40), secretKey(ck.CKK_GENERIC_SECRET, salt))).toEqual(byData);
  });

  test("does not look at the salt unless it extracts", () => {
    const expanded = deriveHkdf(base, hkdfParameter(2, ck.CKM_SHA256, { info: base }), ofLength(40));
    for (const [type, salt, saltKey] of [
      [0, NOTHING, NOTHING],
      [7, NOTHING, NOTHING],
      [1, base, NOTHING],
      [2, NOTHING, base],
      [4, NOTHING, NOTHING],
      [4, base, base],
    ] as const) {
      const lengths = [salt.length, saltKey.length, base.length] as const;
      const parameter = (flags: number) => wire(flags, ck.CKM_SHA256, type, ...lengths, salt, saltKey, base);
      expect(deriveHkdf(base, parameter(2), ofLength(40))).toEqual(expanded);
      expect(hkdf(parameter(2)).saltKey).toEqual(NOTHING);
      expect(() => hkdf(parameter(1))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });

  test("makes keys of the type asked for", () => {
    const template = new Map<number, ck.AttributeValue>([
      [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
      [ck.CKA_KEY_TYPE, ck.CKK_DES3],
    ]);
    const value = deriveHkdf(base, hkdfParameter(3, ck.CKM_SHA256, {}), template);
    expect(value).toEqual(withOddParity(deriveHkdf(base, hkdfParameter(3, ck.CKM_SHA256, {}), ofLength(24))));
  });

  test("refuses", () => {
    const from = (template: ReadonlyMap<number, ck.AttributeValue>, flags = 3) =>
      deriveHkdf(base, hkdfParameter(flags, ck.CKM_SHA256, {}), template);
    expect(() => from(new Map())).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    expect(() => from(ofLength(33), 1)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    expect(() => from(new Map([[ck.CKA_CLASS, ck.CKO_PUBLIC_KEY]]))).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    for (const wrong of [
      undefined,
      wire(0, ck.CKM_SHA256, 1, 0, 0, 0),
      wire(4, ck.CKM_SHA256, 1, 0, 0, 0),
      wire(3, ck.CKM_SHA256_HMAC, 1, 0, 0, 0),
      wire(3, ck.CKM_SHA256, 3, 0, 0, 0),
      wire(3, ck.CKM_SHA256, 1, 1, 0, 0, Uint8Array.of(1)),
      wire(3, ck.CKM_SHA256, 4, 0, 0, 0),
      wire(3, ck.CKM_SHA256, 2, 0, 1, 0, Uint8Array.of(1)),
      wire(3, ck.CKM_SHA256, 1, 0, 0, 0, Uint8Array.of(1)),
      wire(3, ck.CKM_SHA256, 2, 5, 0, 0, Uint8Array.of(1)),
    ]) {
      expect(() => hkdf(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });
});

describe("SP 800-108", () => {
  const counter = (mac: number, parts: readonly (number | Uint8Array)[], count: number) =>
    sp800("counter")(wire(mac, count, 0, ...parts));

  test("counts and writes lengths in any width and order", () => {
    const secret = new Uint8Array(16).fill(3);
    const key = secretKey(ck.CKK_GENERIC_SECRET, secret);
    const label = Uint8Array.of(9, 9);
    const parts = [...part(4, label), ...part(1, wire(1, 16)), ...part(3, wire(2, 1, 24))];
    const derived = sp800Kdf.derive!(key, counter(ck.CKM_SHA256_HMAC, parts, 3), input(ofLength(40)), random).key.value;
    const block = (index: number) =>
      createHmac("sha256", secret)
        .update(Uint8Array.of(9, 9, index, 0, 0, 2, 0))
        .digest();
    expect(Buffer.concat([block(1), block(2)]).subarray(0, 40)).toEqual(Buffer.from(derived));
  });

  test("takes CMAC with a key of its cipher", () => {
    const aes = secretKey(ck.CKK_AES, new Uint8Array(16).fill(4));
    const des3 = secretKey(ck.CKK_DES3, withOddParity(Uint8Array.from({ length: 24 }, (_, at) => at * 7)));
    const generic = secretKey(ck.CKK_GENERIC_SECRET, new Uint8Array(16));
    const byAes = counter(ck.CKM_AES_CMAC, part(1, wire(0, 8)), 1);
    const byDes3 = counter(ck.CKM_DES3_CMAC, part(1, wire(0, 8)), 1);
    sp800Kdf.requireKey!(aes, byAes);
    sp800Kdf.requireKey!(des3, byDes3);
    expect(sp800Kdf.derive!(aes, byAes, input(ofLength(32)), random).key.value).toHaveLength(32);
    expect(sp800Kdf.derive!(des3, byDes3, input(ofLength(32)), random).key.value).toHaveLength(32);
    for (const [key, parameter] of [
      [des3, byAes],
      [aes, byDes3],
      [generic, byAes],
    ] as const) {
      expect(() => sp800Kdf.requireKey!(key, parameter)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
    }
  });

  test("refuses", () => {
    const key = secretKey(ck.CKK_HKDF, new Uint8Array(16));
    const narrow = counter(ck.CKM_SHA_1_HMAC, [...part(1, wire(0, 8)), ...part(3, wire(1, 0, 8))], 2);
    const derive = (template: ReadonlyMap<number, ck.AttributeValue>) =>
      sp800Kdf.derive!(key, narrow, input(template), random).key.value;
    expect(derive(ofLength(31))).toHaveLength(31);
    expect(() => derive(ofLength(32))).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    expect(() => derive(new Map())).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
    const iteration = part(1, wire(0, 32));
    for (const [mode, wrong] of [
      ["counter", wire(ck.CKM_SHA256, 1, 0, ...iteration)],
      ["counter", wire(ck.CKM_SHA256_HMAC, 0, 0)],
      ["counter", wire(ck.CKM_SHA256_HMAC, 2, 0, ...iteration, ...iteration)],
      ["counter", wire(ck.CKM_SHA256_HMAC, 1, 0, ...part(1, NOTHING))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 1, 0, ...part(1, wire(0, 12)))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 1, 0, ...part(1, wire(2, 32)))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 2, 0, ...iteration, ...part(2, wire(0, 32)))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 2, 0, ...iteration, ...part(5, wire(1)))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 1, 1, ...iteration, Uint8Array.of(1))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 1, 0, ...iteration, Uint8Array.of(1))],
      ["counter", wire(ck.CKM_SHA256_HMAC, 2, 0, ...iteration, ...part(3, wire(3, 0, 32)))],
      ["feedback", wire(ck.CKM_SHA256_HMAC, 1, 0, ...part(2, wire(0, 32)))],
      ["feedback", wire(ck.CKM_SHA256_HMAC, 1, 0, ...iteration)],
      ["double-pipeline", wire(ck.CKM_SHA256_HMAC, 1, 1, ...part(1, NOTHING), Uint8Array.of(1))],
    ] as const) {
      expect(() => sp800(mode)(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
  });
});

describe("keys of passwords", () => {
  test("PKCS #12 gives the key and the IV that others give (RSA Laboratories, 1999)", () => {
    const password = hex("0073006d006500670000");
    const salt = hex("0a58cf64530d823f");
    expect(derivePkcs12(PKCS12_KEY, password, salt, 1, 24)).toEqual(
      hex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
    );
    expect(derivePkcs12(PKCS12_IV, password, salt, 1, 8)).toEqual(hex("79993dfe048d3b76"));
    const queeg = hex("007100750065006500670000");
    expect(derivePkcs12(PKCS12_KEY, queeg, hex("05dec959acff72f7"), 1000, 24)).toEqual(
      hex("ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"),
    );
  });

  test("make a DES3 key with odd parity", () => {
    const [password, salt] = [hex("0073006d006500670000"), hex("0a58cf64530d823f")];
    const parameter = pbe(wire(8, password.length, salt.length, 1, password, salt));
    expect(pbeDes3KeyGen.generateKey!(parameter, new Map(), random)).toEqual({
      objectClass: ck.CKO_SECRET_KEY,
      keyType: ck.CKK_DES3,
      value: withOddParity(hex("8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3")),
    });
    const aes = new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]]);
    expect(() => pbeDes3KeyGen.generateKey!(parameter, aes, random)).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
  });

  test("are refused with wrong parameters, and with more work than is done for one key", () => {
    for (const wrong of [
      wire(8, 1, 1, 0, Uint8Array.of(1, 2)),
      wire(8, 1, 1, 65537, Uint8Array.of(1, 2)),
      wire(8, 1, 0, 1, Uint8Array.of(1)),
      wire(4, 1, 1, 1, Uint8Array.of(1, 2)),
      wire(0, 1025, 1, 1, new Uint8Array(1026)),
      wire(0, 1, 257, 1, new Uint8Array(258)),
      wire(0, 1, 1, 1, Uint8Array.of(1)),
    ]) {
      expect(() => pbe(wrong)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    }
    const password = (iterations: number, prf = ck.CKP_PKCS5_PBKD2_HMAC_SHA1) =>
      pbkdf2(wire(prf, iterations, 1, 1, Uint8Array.of(1, 2)));
    expect(() => password(0)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    expect(() => password(10_000_001)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    expect(() => password(1, 2)).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    const heavy = () => pbkdf2KeyGen.generateKey!(password(9_000_000), ofLength(32), random);
    expect(heavy).toThrow(ckr(ck.CKR_MECHANISM_PARAM_INVALID));
    expect(() => pbkdf2KeyGen.generateKey!(password(1), new Map(), random)).toThrow(ckr(ck.CKR_TEMPLATE_INCOMPLETE));
  });
});

describe("the public half", () => {
  test("of a private key is its SPKI", () => {
    const derived = publicFromPrivate.derive!(EC_PRIVATE_KEY, undefined, input(new Map()), random);
    expect(derived.key).toMatchObject({ objectClass: ck.CKO_PUBLIC_KEY, value: EC_PUBLIC_KEY.value });
    expect(derived.checkSum).toEqual(Uint8Array.of(0, 0, 1, 0));
  });

  test("comes of private keys only, and is a public key of the same type", () => {
    const secret = secretKey(ck.CKK_AES, new Uint8Array(16));
    for (const key of [secret, EC_PUBLIC_KEY]) {
      expect(() => publicFromPrivate.requireKey!(key, undefined)).toThrow(ckr(ck.CKR_KEY_TYPE_INCONSISTENT));
    }
    for (const template of [new Map([[ck.CKA_CLASS, ck.CKO_PRIVATE_KEY]]), new Map([[ck.CKA_KEY_TYPE, ck.CKK_AES]])]) {
      const derive = () =>
        publicFromPrivate.derive!(privateKey(3, EC_PRIVATE_KEY.value), undefined, input(template), random);
      expect(derive).toThrow(ckr(ck.CKR_TEMPLATE_INCONSISTENT));
    }
  });
});
