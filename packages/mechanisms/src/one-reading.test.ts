/**
 * Checks that no byte string is accepted as a parameter with two meanings. This file writes every form of every mechanism's
 * parameter a second time, with fields of all lengths, including empty ones. What a form does not allow must be refused, and must
 * not be taken for another form. The file is long because it is one table of all forms.
 */
import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { DEFINITIONS, type Definition, definitionOf } from "./mechanisms.ts";
import { counting, wire } from "./testing/parameters.ts";
import { carriedLength } from "./text.ts";

/** The bytes of a parameter and their meaning; ILLEGAL if the form does not allow these bytes. */
type Case = readonly [bytes: Uint8Array, meaning: unknown];
const ILLEGAL = undefined;

const NOTHING = new Uint8Array(0);
const LENGTHS = Array.from({ length: 36 }, (_, length) => length);
/** Returns two byte strings of this length. One of them consists of zeros, which could also be numbers. */
const texts = (length: number): readonly Uint8Array[] => [counting(length, 0xa1), new Uint8Array(length)];
const all = LENGTHS.flatMap(texts);
const few = [0, 1, 4, 8, 12, 16, 20].flatMap(texts);
const legal = (condition: boolean, meaning: unknown) => (condition ? meaning : ILLEGAL);

/** The cases of a parameter that is a byte string with one of these lengths. */
const plain = (...lengths: readonly number[]) =>
  all.map((bytes): Case => [bytes, legal(lengths.includes(bytes.length), bytes)]);

function context(hedges: readonly (readonly [number, boolean])[]): Case[] {
  return hedges.flatMap(([hedge, deterministic]) =>
    all.map((text): Case => [wire(hedge, text.length, text), { deterministic, context: text }]),
  );
}
const STANDARD_HEDGES = [
  [0, false],
  [1, false],
  [2, true],
] as const;
const IBM_HEDGES = [
  [1, false],
  [2, false],
  [3, true],
] as const;

const point = (first: number, length: number) => Uint8Array.of(first, ...counting(length - 1, 7));
/**
 * Returns the cases of ECDH1DeriveParm in wire form, and those of public values without the structure that are valid on the
 * curves of the definition.
 */
function ecdh(bare: readonly Uint8Array[]): Case[] {
  const values = [NOTHING, ...bare];
  const kdfs = [
    [ck.CKD_NULL, "null"],
    [ck.CKD_SHA256_KDF, "sha256"],
    [ck.CKD_IBM_HYBRID_NULL, "hybrid"],
  ] as const;
  const structures = kdfs.flatMap(([number, kdf]) =>
    all.flatMap((sharedData) =>
      values.map((publicData): Case => {
        const bytes = wire(number, sharedData.length, publicData.length, sharedData, publicData);
        return [bytes, legal(publicData.length > 0, { kdf, sharedData, publicData })];
      }),
    ),
  );
  return [
    ...structures,
    ...bare.map((publicData): Case => [publicData, { kdf: "null", sharedData: NOTHING, publicData }]),
  ];
}
const WEIERSTRASS = [point(4, 41), point(4, 65), point(2, 33), point(3, 33), point(4, 133), point(0x30, 91)];
/** An X25519 or X448 value may be any byte string. One that looks like a structure without a public value is refused. */
const montgomery = (length: number) => [
  counting(length),
  new Uint8Array(length).with(0, 9),
  wire(ck.CKD_NULL, 0, length - 11, counting(length - 12)),
  point(4, length + 2),
  point(0x30, length + 12),
];

const macLengths = (max: number) =>
  Array.from({ length: 256 }, (_, length) => length).flatMap((length): Case[] => {
    const little = (bytes: number) => Uint8Array.from({ length: bytes }, (_, at) => (at === 0 ? length : 0));
    const forms = [wire(length), wire(0, length), little(4), little(8), Uint8Array.of(8, length)];
    return forms.map((bytes): Case => [bytes, legal(length >= 4 && length <= max, length)]);
  });

const salted = (source: number, label: Uint8Array, meaning: object): Case => [
  wire(ck.CKM_SHA256, 2, source, label),
  legal(source === 1 || (source === 0 && label.length === 0), meaning),
];
const sha256 = { hash: "sha256", mgf: "sha256" };
const pssForms = [0, 4, 8, 32, 512, 513].map(
  (saltLength): Case => [wire(ck.CKM_SHA256, 2, saltLength), legal(saltLength <= 512, { ...sha256, saltLength })],
);

/** The cases of each parameter, by patterns of mechanism names. */
const FORMS: readonly (readonly [RegExp, () => readonly Case[]])[] = [
  [/^CKM_AES_XTS$/, () => plain(16)],
  [/^CKM_AES_GMAC$/, () => plain(12)],
  [
    /^CKM_AES_CTR$/,
    () => [
      ...plain(16).map(([block, meaning]): Case => [block, meaning && { block, counterBits: 128 }]),
      ...[0, 1, 32, 128, 129].flatMap((counterBits) =>
        texts(16).map(
          (block): Case => [
            wire(counterBits, block),
            legal(counterBits >= 1 && counterBits <= 128, { block, counterBits }),
          ],
        ),
      ),
    ],
  ],
  [
    /^CKM_AES_GCM$/,
    () =>
      all.flatMap((iv) =>
        few.flatMap((aad) =>
          [0, 96, 128].flatMap((tagBits) =>
            [0, 8 * iv.length].map(
              (ivBits): Case => [
                wire(iv.length, ivBits, aad.length, tagBits, iv, aad),
                legal(iv.length > 0 && tagBits > 0, { iv, aad, tagLength: tagBits / 8 }),
              ],
            ),
          ),
        ),
      ),
  ],
  [
    /^CKM_AES_CCM$/,
    () =>
      all.flatMap((nonce) =>
        few.flatMap((aad) =>
          [0, 4, 16].map(
            (macLength): Case => [
              wire(3, nonce.length, aad.length, macLength, nonce, aad),
              legal(nonce.length >= 7 && nonce.length <= 13 && macLength > 0, { dataLength: 3, nonce, aad, macLength }),
            ],
          ),
        ),
      ),
  ],
  [
    /^CKM_CHACHA20_POLY1305$/,
    () =>
      all.flatMap((nonce) =>
        few.map(
          (aad): Case => [wire(nonce.length, aad.length, nonce, aad), legal(nonce.length === 12, { nonce, aad })],
        ),
      ),
  ],
  [
    /^CKM_CHACHA20$/,
    () =>
      all.flatMap((nonce) =>
        [0, 4, 8].map((bytes): Case => {
          const fits = (bytes === 4 && nonce.length === 12) || (bytes === 8 && nonce.length === 8);
          const parameter = wire(8 * bytes, 8 * nonce.length, new Uint8Array(bytes), nonce);
          return [parameter, legal(fits, { counter: 0n, counterBits: 8 * bytes, nonce })];
        }),
      ),
  ],
  [/^CKM_AES_KEY_WRAP$/, () => keyWrapIvs(8, counting(8, 0).fill(0xa6))],
  [/^CKM_AES_KEY_WRAP_(PAD|KWP)$/, () => keyWrapIvs(4, Uint8Array.of(0xa6, 0x59, 0x59, 0xa6))],
  [/^CKM_AES_CMAC_GENERAL$/, () => macLengths(16)],
  [/^CKM_DES3_CMAC_GENERAL$/, () => macLengths(8)],
  [/^CKM_SHA_1_HMAC_GENERAL$/, () => macLengths(20)],
  [/^CKM_SHA\w*224_HMAC_GENERAL$/, () => macLengths(28)],
  [/^CKM_SHA\w*256_HMAC_GENERAL$/, () => macLengths(32)],
  [/^CKM_SHA\w*384_HMAC_GENERAL$/, () => macLengths(48)],
  [/^CKM_SHA(3_)?512_HMAC_GENERAL$/, () => macLengths(64)],
  [/^CKM_(DH_PKCS_DERIVE|(AES|DES3)_ECB_ENCRYPT_DATA)$/, () => plain(...LENGTHS.slice(1))],
  [/^CKM_AES_CBC_ENCRYPT_DATA$/, () => encryptData(16)],
  [/^CKM_DES3_CBC_ENCRYPT_DATA$/, () => encryptData(8)],
  [
    /^CKM_RSA_PKCS_OAEP$/,
    () => [0, 1, 2].flatMap((source) => all.map((label) => salted(source, label, { ...sha256, label }))),
  ],
  [
    /^CKM_RSA_AES_KEY_WRAP$/,
    () =>
      [0, 1, 2].flatMap((source) =>
        all.map((label): Case => {
          const [bytes, meaning] = salted(source, label, { aesBits: 256, ...sha256, label });
          return [wire(256, bytes), meaning];
        }),
      ),
  ],
  [/^CKM_(RSA_PKCS_PSS|SHA256_RSA_PKCS_PSS)$/, () => pssForms],
  [/^CKM_SHA(1|224|384|512|3_\d+)_RSA_PKCS_PSS$/, () => pssForms.map(([bytes]): Case => [bytes, ILLEGAL])],
  [/^CKM_ECDH1_(COFACTOR_)?DERIVE$/, () => ecdh(WEIERSTRASS)],
  [/^CKM_IBM_EC_X25519$/, () => ecdh(montgomery(32))],
  [/^CKM_IBM_EC_X448$/, () => ecdh(montgomery(56))],
  [
    /^CKM_ECDH_(COF_|X_)?AES_KEY_WRAP$/,
    () =>
      all.map(
        (shared): Case => [
          wire(192, ck.CKD_SHA256_KDF, shared.length, shared),
          { aesBits: 192, kdf: "sha256", sharedData: shared },
        ],
      ),
  ],
  [
    /^CKM_EDDSA$/,
    () =>
      [0, 1, 2].flatMap((flag) =>
        all.map(
          (text): Case => [wire(flag, text.length, text), legal(flag < 2, { prehash: flag === 1, context: text })],
        ),
      ),
  ],
  [/^CKM_(ML_DSA|SLH_DSA|HASH_ML_DSA_\w+)$/, () => context(STANDARD_HEDGES)],
  [/^CKM_IBM_ML_DSA$/, () => context(IBM_HEDGES)],
  [
    /^CKM_HASH_ML_DSA$/,
    () =>
      STANDARD_HEDGES.flatMap(([hedge, deterministic]) =>
        all.map(
          (text): Case => [
            wire(hedge, text.length, ck.CKM_SHA512, text),
            { deterministic, hash: "sha512", context: text },
          ],
        ),
      ),
  ],
  [
    /^CKM_HKDF_DERIVE$/,
    () =>
      few.flatMap((salt) =>
        few.flatMap((saltKey) =>
          all.flatMap((info) =>
            [1, 2, 4].map((type): Case => {
              const numbers = [3, ck.CKM_SHA256, type, salt.length, saltKey.length, info.length];
              const fits = (salt.length === 0 || type === 2) && saltKey.length > 0 === (type === 4);
              const meaning = { steps: "both", hash: "sha256", salt, saltKey, info };
              return [wire(...numbers, salt, saltKey, info), legal(fits, meaning)];
            }),
          ),
        ),
      ),
  ],
  [
    /^CKM_SP800_108_FEEDBACK_KDF$/,
    () =>
      all.flatMap((iv) =>
        few.map(
          (label): Case => [
            wire(0x251, 2, iv.length, 1, 0, 4, label.length, label, iv),
            {
              prf: "sha256",
              mode: { name: "feedback", iv },
              parts: [{ kind: "iteration" }, { kind: "fixed", value: label }],
            },
          ],
        ),
      ),
  ],
  [
    /^CKM_SP800_108_(COUNTER|DOUBLE_PIPELINE)_KDF$/,
    () =>
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [1, 4],
      ].map(([count, iv]): Case => [wire(0x251, count!, iv!, counting(iv!)), ILLEGAL]),
  ],
  [
    /^CKM_PKCS5_PBKD2$/,
    () =>
      all.flatMap((salt) =>
        few.map(
          (password): Case => [
            wire(4, 1000, salt.length, password.length, salt, password),
            { hash: "sha256", iterations: 1000, salt, password },
          ],
        ),
      ),
  ],
  [
    /^CKM_PBE_SHA1_DES3_EDE_CBC$/,
    () =>
      few.flatMap((salt) =>
        all.map(
          (password): Case => [
            wire(0, password.length, salt.length, 1000, password, salt),
            legal(salt.length > 0, { iterations: 1000, salt, password }),
          ],
        ),
      ),
  ],
  [
    /^CKM_IBM_BTC_DERIVE$/,
    () =>
      all.flatMap((chainCode) =>
        [1, 4].map((type): Case => {
          const step = type === 4 ? "master" : "private-to-private";
          const fits = chainCode.length === (type === 4 ? 0 : 32);
          return [
            wire(type, 0, chainCode.length, chainCode, 1),
            legal(fits, { standard: "BIP32", step, index: 0, chainCode }),
          ];
        }),
      ),
  ],
  [
    /^CKM_IBM_ETH_DERIVE$/,
    () =>
      all.map(
        (keyInfo): Case => [
          wire(3, 0, keyInfo.length, 1, 4, keyInfo),
          legal(keyInfo.length <= 32, { step: "master", index: 0, keyInfo }),
        ],
      ),
  ],
  [
    /^CKM_IBM_ECDSA_OTHER$/,
    () => [0, 3, 5, 7].map((type): Case => [wire(type), { 3: { type: "ecsdsa" }, 5: { type: "zilliqa" } }[type]]),
  ],
  [
    /^CKM_IBM_EC_AGGREGATE$/,
    () =>
      all.flatMap((elements) =>
        [0, 4].map((size): Case => {
          const count = elements.length / 4;
          const fits = size === 4 && Number.isInteger(count) && count > 0 && count <= 12;
          const each = Array.from({ length: Math.floor(count) }, (_, at) => elements.subarray(4 * at, 4 * at + 4));
          return [wire(0, 1, size, elements.length, elements), legal(fits, { of: "signatures", elements: each })];
        }),
      ),
  ],
  // The wire form of a KEM's parameter is not public, so bytes are not accepted.
  [
    /^CKM_(IBM_KYBER|IBM_ML_KEM|ML_KEM)$/,
    () => all.filter(({ length }) => length > 0).map((bytes): Case => [bytes, ILLEGAL]),
  ],
];

/** Whether the parameter consists only of an IV. */
const isBareIv = ({ parameter }: Definition) =>
  parameter.members.length === 1 && carriedLength(parameter) !== undefined;

/** The cases of mechanisms that have no parameter: any bytes except an empty array are refused. */
const NO_PARAMETER = () => all.map((bytes): Case => [bytes, ILLEGAL]).filter(([{ length }]) => length > 0);

function keyWrapIvs(length: number, usual: Uint8Array): Case[] {
  return all.map((iv): Case => [iv, iv.length === 0 ? usual : legal(iv.length === length, iv)]);
}

function encryptData(block: number): Case[] {
  return texts(block).flatMap((iv) => all.map((data): Case => [wire(iv, data), legal(data.length > 0, { iv, data })]));
}

const formsOf = ({ mechanism }: Definition) => FORMS.filter(([names]) => names.test(ck.ckmName(mechanism)));

/** Reads a parameter with the definition. Returns undefined if it is refused. */
function read(definition: Definition, parameter: ck.MechanismParameter | undefined): unknown {
  try {
    return definition.parameter.read(parameter);
  } catch (error) {
    expect(error).toBeInstanceOf(ck.CkError);
    expect((error as ck.CkError).rv).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
    return ILLEGAL;
  }
}

test("the forms stand for mechanisms of the table, each for its own", () => {
  for (const definition of DEFINITIONS)
    expect(formsOf(definition).length, ck.ckmName(definition.mechanism)).toBeLessThanOrEqual(1);
  for (const [names] of FORMS)
    expect(DEFINITIONS.filter(({ mechanism }) => names.test(ck.ckmName(mechanism)))).not.toEqual([]);
});

describe.each(DEFINITIONS.map((definition) => [ck.ckmName(definition.mechanism), definition] as const))(
  "%s",
  (_name, definition) => {
    const cases = (
      formsOf(definition)[0]?.[1] ??
      (isBareIv(definition) ? () => plain(carriedLength(definition.parameter)!) : NO_PARAMETER)
    )();

    test("reads every form as it was written, or refuses it", () => {
      const wrong = cases.filter(([bytes, meaning]) => !same(read(definition, bytes), meaning));
      expect(
        wrong.map(([bytes, meaning]) => [Buffer.from(bytes).toString("hex"), read(definition, bytes), meaning]),
      ).toEqual([]);
    });

    test("has no bytes that two forms allow with two meanings", () => {
      const meanings = new Map<string, string>();
      for (const [bytes, meaning] of cases) {
        if (meaning === ILLEGAL) continue;
        const key = Buffer.from(bytes).toString("hex");
        expect(meanings.get(key) ?? textOf(meaning)).toBe(textOf(meaning));
        meanings.set(key, textOf(meaning));
      }
    });
  },
);

function same(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other);
}

/** Converts a meaning to text that does not depend on the order of its fields. */
function textOf(meaning: unknown): string {
  return (
    JSON.stringify(meaning, (_key, value: unknown) => {
      if (typeof value === "bigint") return `${value}n`;
      if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? "refused"
  );
}

test("GCM without IV is refused, not encrypted under its own lengths (PKCS #11 v3.2, 6.13)", () => {
  const gcm = definitionOf(ck.CKM_AES_GCM)!;
  for (const bytes of [wire(0, 0, 0, 128), wire(0, 0, 4, 128, counting(4)), counting(12), counting(16)]) {
    expect(read(gcm, bytes)).toBe(ILLEGAL);
  }
});
