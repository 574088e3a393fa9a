import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import {
  createMechanism,
  DEFINITIONS,
  type Definition,
  definitionOf,
  type ReadBy,
  SECTIONS,
  takesPassword,
} from "./mechanisms.ts";
import { carriedLength } from "./text.ts";

const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, at) => (first + at) % 256);
const NOTHING = new Uint8Array(0);
const OAEP = { hash: "sha256", mgf: "sha1", label: bytes(3) } as const;
const PSS = { hash: "sha256", mgf: "sha256", saltLength: 20 } as const;
const CONTEXT = { deterministic: true, context: bytes(9) } as const;
const ECDH = { kdf: "sha256", sharedData: bytes(4), publicData: bytes(65) } as const;
const KEM = {
  mode: "decapsulate",
  kdf: "sha256",
  prepend: true,
  ciphertext: bytes(40),
  sharedData: bytes(2),
  secret: bytes(8),
} as const;
const SP800 = { prf: "sha256", label: bytes(4), context: bytes(3) } as const;
const FORMAT = { bytes: 4, littleEndian: false } as const;
const FIXED_PARTS = [
  { kind: "fixed", value: bytes(4) },
  { kind: "fixed", value: Uint8Array.of(0) },
  { kind: "fixed", value: bytes(3) },
  { kind: "length", of: "key", ...FORMAT },
];
const CHAIN = [{ kind: "iteration" }, { kind: "counter", ...FORMAT }];

/** The sample for each pattern of mechanism names: an input, and the value that is read if that differs from the input. */
const SAMPLES: readonly (readonly [mechanisms: RegExp, input: unknown, value?: unknown])[] = [
  [/^AES_XTS$/, bytes(16)],
  [/^AES_GMAC$/, bytes(12)],
  [/^AES_KEY_WRAP$/, bytes(8)],
  [/^AES_KEY_WRAP_(PAD|KWP)$/, bytes(4)],
  [/^(DH_PKCS_DERIVE|(AES|DES3)_ECB_ENCRYPT_DATA)$/, bytes(32)],
  [/^AES_CTR$/, { block: bytes(16), counterBits: 32 }],
  [/^AES_GCM$/, { iv: bytes(12), aad: bytes(5), tagLength: 13 }],
  [/^AES_CCM$/, { dataLength: 70_000, nonce: bytes(12), aad: bytes(5), macLength: 8 }],
  [/^CHACHA20$/, { nonce: bytes(12), counter: 7 }, { nonce: bytes(12), counter: 7n, counterBits: 32 }],
  [/^CHACHA20_POLY1305$/, { nonce: bytes(12), aad: bytes(5) }],
  [/^AES_CBC_ENCRYPT_DATA$/, { iv: bytes(16), data: bytes(32) }],
  [/^DES3_CBC_ENCRYPT_DATA$/, { iv: bytes(8), data: bytes(32) }],
  [/_(HMAC|CMAC)_GENERAL$/, 8],
  [/^RSA_PKCS_OAEP$/, OAEP],
  [/^RSA_AES_KEY_WRAP$/, { aesBits: 192, ...OAEP }],
  [/^RSA_PKCS_PSS$/, PSS],
  [/^SHA256_RSA_PKCS_PSS$/, { saltLength: 20 }, PSS],
  [/^SHA.*_RSA_PKCS_PSS$/, { mgf: "sha1", saltLength: 20 }, expect.objectContaining({ mgf: "sha1", saltLength: 20 })],
  [/^(ECDH1(_COFACTOR)?_DERIVE|IBM_EC_X25519|IBM_EC_X448)$/, ECDH],
  [/^ECDH_(COF_|X_)?AES_KEY_WRAP$/, { aesBits: 128, kdf: "sha3-256-sp800", sharedData: bytes(4) }],
  [/^EDDSA$/, { prehash: true, context: bytes(7) }],
  [/^(IBM_ML_DSA|ML_DSA|SLH_DSA|HASH_ML_DSA_.*)$/, CONTEXT],
  [/^HASH_ML_DSA$/, { ...CONTEXT, hash: "sha512" }],
  [/^(IBM_KYBER|IBM_ML_KEM|ML_KEM)$/, KEM, { ...KEM, hash: "sha256" }],
  [
    /^HKDF_DERIVE$/,
    { hash: "sha384", salt: bytes(8), info: bytes(3) },
    { steps: "both", hash: "sha384", salt: bytes(8), saltKey: NOTHING, info: bytes(3) },
  ],
  [
    /^SP800_108_COUNTER_KDF$/,
    SP800,
    { prf: "sha256", mode: { name: "counter" }, parts: [{ kind: "counter", ...FORMAT }, ...FIXED_PARTS] },
  ],
  [
    /^SP800_108_FEEDBACK_KDF$/,
    { ...SP800, iv: bytes(5) },
    { prf: "sha256", mode: { name: "feedback", iv: bytes(5) }, parts: [...CHAIN, ...FIXED_PARTS] },
  ],
  [
    /^SP800_108_DOUBLE_PIPELINE_KDF$/,
    { ...SP800, prf: "cmac" },
    { prf: "cmac", mode: { name: "double-pipeline" }, parts: [...CHAIN, ...FIXED_PARTS] },
  ],
  [/^PKCS5_PBKD2$/, { hash: "sha512-256", iterations: 1000, salt: bytes(8), password: bytes(5) }],
  [/^PBE_SHA1_DES3_EDE_CBC$/, { iterations: 1000, salt: bytes(8), password: bytes(5) }],
  [/^IBM_ECDSA_OTHER$/, { type: "zilliqa" }],
  [/^IBM_EC_AGGREGATE$/, { of: "signatures", elements: [bytes(48), bytes(48, 9)] }],
  [/^IBM_BTC_DERIVE$/, { standard: "SLIP-0010", step: "private-to-public", index: 5, chainCode: bytes(32) }],
  [/^IBM_ETH_DERIVE$/, { step: "private-to-private", index: 5, keyInfo: bytes(9) }],
];

describe("every definition", () => {
  test("is listed once, IBM's first", () => {
    const listed = DEFINITIONS.map(({ mechanism }) => mechanism);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.toSorted()).toEqual(SECTIONS.flatMap((each) => each.mechanisms.map(([number]) => number)).toSorted());
    expect(DEFINITIONS.findIndex(({ ibm }) => !ibm)).toBe(DEFINITIONS.filter(({ ibm }) => ibm).length);
  });

  test("has a form, and a sample if it takes a parameter", () => {
    for (const definition of DEFINITIONS) {
      const { mechanism, parameter } = definition;
      const name = ck.ckmName(mechanism);
      expect(parameter.form, name).not.toContain("undefined");
      if (parameter.form !== "none") expect(sampleOf(definition), name).toBeDefined();
      else expect(() => parameter.read(bytes(1)), name).toThrow(ck.CkError);
    }
  });

  test("reads what it writes, and the same from bytes", () => {
    for (const definition of DEFINITIONS) {
      const { mechanism, parameter } = definition;
      const name = ck.ckmName(mechanism);
      const [, input, value = input] = sampleOf(definition) ?? [/^$/, undefined];
      const written = parameter.write(input);
      expect(parameter.read(written), name).toEqual(value);
      if (!/KYBER|ML_KEM$/.test(name)) expect(parameter.read(parameter.encode(written)), name).toEqual(value);
    }
  });

  test("refuses every cut and every longer parameter, or reads another value", () => {
    for (const definition of DEFINITIONS) {
      const { parameter } = definition;
      const sample = sampleOf(definition);
      const written = sample && parameter.write(sample[1]);
      if (!(written instanceof Uint8Array)) continue;
      const value = parameter.read(written);
      const others = [...written.keys()].map((length) => written.subarray(0, length));
      for (const other of [...others, Uint8Array.of(...written, 0)]) {
        const read = attempt(() => parameter.read(other));
        if (read instanceof ck.CkError) expect(read.rv).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
        else expect(read).not.toEqual(value);
      }
    }
  });
});

test("defaults of what clients leave out", () => {
  const read = (mech: ck.Mechanism) => definitionOf(mech.mechanism)!.parameter.read(mech.parameter);
  expect(read(createMechanism(ck.CKM_AES_GCM, { iv: bytes(12) }))).toEqual({
    iv: bytes(12),
    aad: NOTHING,
    tagLength: 16,
  } satisfies ReadBy<typeof ck.CKM_AES_GCM>);
  expect(createMechanism(ck.CKM_RSA_PKCS_OAEP, { hash: "sha3-256" }).parameter).toEqual({
    type: "RSAOAEPParm",
    hashMech: ck.CKM_IBM_SHA3_256,
    mgf: ck.CKG_IBM_MGF1_SHA3_256,
  });
  expect(read(createMechanism(ck.CKM_RSA_PKCS_PSS, { hash: "sha384" }))).toMatchObject({ saltLength: 48 });
  expect(createMechanism(ck.CKM_EDDSA, {})).toEqual({ mechanism: ck.CKM_EDDSA });
  expect(createMechanism(ck.CKM_AES_KEY_WRAP)).toEqual({ mechanism: ck.CKM_AES_KEY_WRAP });
  expect(read(createMechanism(ck.CKM_AES_KEY_WRAP))).toEqual(new Uint8Array(8).fill(0xa6));
});

test("short forms of structures", () => {
  const read = (mechanism: number, parameter: ck.MechanismParameter) =>
    definitionOf(mechanism)!.parameter.read(parameter);
  expect(read(ck.CKM_AES_CTR, bytes(16))).toEqual({ block: bytes(16), counterBits: 128 });
  expect(read(ck.CKM_ECDH1_DERIVE, bytes(65, 4))).toEqual({
    kdf: "null",
    sharedData: NOTHING,
    publicData: bytes(65, 4),
  });
  for (const length of [Uint8Array.of(0, 0, 0, 12), Uint8Array.of(12, 0, 0, 0), Uint8Array.of(8, 12)]) {
    expect(read(ck.CKM_SHA256_HMAC_GENERAL, length)).toBe(12);
  }
});

test("mechanisms with passwords", () => {
  const taking = DEFINITIONS.map(({ mechanism }) => mechanism).filter(takesPassword);
  expect(taking).toEqual([ck.CKM_PBE_SHA1_DES3_EDE_CBC, ck.CKM_PKCS5_PBKD2]);
});

/** Returns the sample of a mechanism. A mechanism whose parameter is only an IV needs no entry. */
function sampleOf({ mechanism, parameter }: Definition) {
  const name = ck.ckmName(mechanism).slice("CKM_".length);
  const iv = parameter.members.length === 1 ? carriedLength(parameter) : undefined;
  const own = SAMPLES.find(([mechanisms]) => mechanisms.test(name));
  return own ?? (iv === undefined ? undefined : ([/^/, bytes(iv)] as (typeof SAMPLES)[number]));
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}
