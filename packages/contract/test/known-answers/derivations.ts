/** Runs the known answers of key derivation from keys and passwords, and of EIP-2333. */
import { deriveKeyPath, mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import { expect } from "vitest";
import { type Fields, hexIn, numberIn, textIn } from "../support/fields.ts";
import { ecPkcs8, type Hsm } from "../support/hsm.ts";
import type { AnswerFile, KnownAnswer } from "./answers.ts";

/** The numbers for each hash: the mechanisms of its digest, its HMAC and its key derivation, and the PRF of PBKDF2. */
const HASHES: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "SHA-1": [ck.CKM_SHA_1, ck.CKM_SHA_1_HMAC, ck.CKM_SHA1_KEY_DERIVATION, ck.CKP_PKCS5_PBKD2_HMAC_SHA1],
  "SHA-224": [ck.CKM_SHA224, ck.CKM_SHA224_HMAC, ck.CKM_SHA224_KEY_DERIVATION, ck.CKP_PKCS5_PBKD2_HMAC_SHA224],
  "SHA-256": [ck.CKM_SHA256, ck.CKM_SHA256_HMAC, ck.CKM_SHA256_KEY_DERIVATION, ck.CKP_PKCS5_PBKD2_HMAC_SHA256],
  "SHA-384": [ck.CKM_SHA384, ck.CKM_SHA384_HMAC, ck.CKM_SHA384_KEY_DERIVATION, ck.CKP_PKCS5_PBKD2_HMAC_SHA384],
  "SHA-512": [ck.CKM_SHA512, ck.CKM_SHA512_HMAC, ck.CKM_SHA512_KEY_DERIVATION, ck.CKP_PKCS5_PBKD2_HMAC_SHA512],
  // PKCS #11 has no PBKDF2 with SHA-3.
  "SHA3-256": [ck.CKM_SHA3_256, ck.CKM_SHA3_256_HMAC, ck.CKM_SHA3_256_KEY_DERIVATION, 0],
};
const hashIn = (answer: Fields) => HASHES[textIn(answer, "hash")]!;

function hkdf(answer: KnownAnswer, steps: number): ck.Mechanism {
  const [salt, info] = [hexIn(answer, "salt"), hexIn(answer, "info")];
  const saltType = salt.length > 0 ? ck.CKF_HKDF_SALT_DATA : ck.CKF_HKDF_SALT_NULL;
  const parameter = wireForm([steps, hashIn(answer)[0], saltType, salt.length, 0, info.length], salt, info);
  return { mechanism: ck.CKM_HKDF_DERIVE, parameter };
}

const SP800_MODES: Readonly<Record<string, number>> = {
  counter: ck.CKM_SP800_108_COUNTER_KDF,
  feedback: ck.CKM_SP800_108_FEEDBACK_KDF,
  "double-pipeline": ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF,
};

/**
 * Returns a KDF of SP 800-108. Its input is iteration variable ‖ counter ‖ label ‖ 00 ‖ context ‖ length in bits. In counter
 * mode, the iteration variable is the counter.
 */
function sp800(answer: KnownAnswer): ck.Mechanism {
  const counter = wireForm([0, numberIn(answer, "counterBits")]);
  const length = wireForm([ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, 0, numberIn(answer, "lengthBits")]);
  const isCounter = answer.mode === "counter";
  const parts: readonly (readonly [number, Uint8Array])[] = [
    [ck.CK_SP800_108_ITERATION_VARIABLE, isCounter ? counter : new Uint8Array(0)],
    ...(isCounter ? [] : ([[ck.CK_SP800_108_COUNTER, counter]] as const)),
    [ck.CK_SP800_108_BYTE_ARRAY, hexIn(answer, "label")],
    [ck.CK_SP800_108_BYTE_ARRAY, Uint8Array.of(0)],
    [ck.CK_SP800_108_BYTE_ARRAY, hexIn(answer, "context")],
    [ck.CK_SP800_108_DKM_LENGTH, length],
  ];
  const iv = hexIn(answer, "iv");
  const encoded = parts.map(([type, value]) => wireForm([type, value.length], value));
  const parameter = wireForm([hashIn(answer)[1], parts.length, iv.length], ...encoded, iv);
  return { mechanism: SP800_MODES[textIn(answer, "mode")]!, parameter };
}

function pbkdf2(answer: KnownAnswer): ck.Mechanism {
  const [salt, password] = [hexIn(answer, "salt"), hexIn(answer, "password")];
  const numbers = [hashIn(answer)[3], numberIn(answer, "iterations"), salt.length, password.length];
  return { mechanism: ck.CKM_PKCS5_PBKD2, parameter: wireForm(numbers, salt, password) };
}

/** Returns the mechanism that derives from `baseKey`, or undefined if the HSM does not have it. */
function mechanismOf(answer: KnownAnswer): ck.Mechanism | undefined {
  const [hash, byHash] = /^(SHA3?-\d+)-KEY-DERIVATION$/.exec(textIn(answer, "function")) ?? [];
  if (hash !== undefined) return { mechanism: HASHES[byHash!]![2] };
  switch (answer.function) {
    case "HKDF":
      return hkdf(answer, 3);
    case "SP800-108":
      return sp800(answer);
    case "AES_ECB_ENCRYPT_DATA":
      return mechanism.aesEcbEncryptData(hexIn(answer, "data"));
    case "AES_CBC_ENCRYPT_DATA":
      return mechanism.aesCbcEncryptData({ iv: hexIn(answer, "iv"), data: hexIn(answer, "data") });
    default:
      return undefined;
  }
}

const generic = (length: number) => template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });

async function runPassword({ ep11, importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const { key } = await ep11.generateKey({ mech: pbkdf2(answer), template: generic(numberIn(answer, "length")) });
  expect(await importer.export(key)).toEqual(hexIn(answer, "derivedKey"));
}

async function runDerivation({ ep11, importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const isAes = textIn(answer, "function").startsWith("AES_");
  const { key } = await importer.secret(hexIn(answer, "baseKey"), isAes ? ck.CKK_AES : ck.CKK_GENERIC_SECRET);
  const expected = hexIn(answer, "derivedKey");
  const derive = async (mech: ck.Mechanism, baseKey: ck.KeyArgument, length: number) =>
    importer.export((await ep11.deriveKey({ mech, baseKey, template: generic(length) })).newKey);
  expect(await derive(mechanismOf(answer)!, key, expected.length)).toEqual(expected);
  if (answer.function !== "HKDF") return;
  const prk = hexIn(answer, "prk");
  expect(await derive(hkdf({ ...answer, info: "" }, 1), key, prk.length)).toEqual(prk);
  const { key: extracted } = await importer.secret(prk, ck.CKK_GENERIC_SECRET);
  expect(await derive(hkdf({ ...answer, salt: "" }, 2), extracted, expected.length)).toEqual(expected);
}

/** Checks that the key at the end of a path, when it is exported, contains the private value in the file. */
async function runTree({ ep11, importer }: Hsm, answer: KnownAnswer): Promise<void> {
  const rights = { template: template({ CKA_DERIVE: true, CKA_SIGN: true }), scheme: "EIP-2333" } as const;
  const fromSeed = "seed" in answer;
  const base = fromSeed
    ? (await importer.secret(hexIn(answer, "seed"), ck.CKK_GENERIC_SECRET)).key
    : (await importer.privateKey(ecPkcs8("BLS12-381", hexIn(answer, "parentKey")), ck.CKK_EC)).key;
  const valueAt = async (path: string) =>
    Buffer.from(await importer.export((await deriveKeyPath(ep11, { ...rights, base, path })).key)).toString("hex");
  const index = `${numberIn(answer, "index")}`;
  if (fromSeed && textIn(answer, "keyInfo") === "") expect(await valueAt("m")).toContain(textIn(answer, "masterKey"));
  expect(await valueAt(fromSeed ? `m/${index}` : index)).toContain(textIn(answer, "childKey"));
}

/** The known-answer file of key derivation. */
export const DERIVATIONS: AnswerFile = {
  file: "key-derivation",
  belongs(answer) {
    if (answer.function === "PBKDF2") return hashIn(answer)[3] !== 0;
    return textIn(answer, "function").startsWith("EIP-2333") || mechanismOf(answer) !== undefined;
  },
  run(hsm, answer) {
    if (answer.function === "PBKDF2") return runPassword(hsm, answer);
    return textIn(answer, "function").startsWith("EIP-2333") ? runTree(hsm, answer) : runDerivation(hsm, answer);
  },
};
