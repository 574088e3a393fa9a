/**
 * Lists the vectors that cannot be tested through the functions of an HSM, with the reasons, and the tests that cover them
 * instead. All other vectors are run on the engine and over gRPC.
 */
import type { Fields } from "../support/fields.ts";
import { isAboutExtendedKeys, isOutsideEp11 } from "./digital-assets.ts";
import { modeWithIv } from "./symmetric.ts";

/** The cases of one file that are excluded. */
interface ExcludedVectors {
  /** The name of the file, without folder and extension. */
  readonly file: string;
  cases(answer: Fields): boolean;
  readonly reason: string;
  /**
   * The path of the engine's test that covers the cases, relative to packages/engine/src. Absent if the engine does not
   * have the function that the cases test.
   */
  readonly coveredBy?: string;
}

const isOneOf =
  (field: string, ...values: readonly string[]) =>
  (answer: Fields) =>
    values.includes(String(answer[field]));

/** The excluded cases of ../shared/vectors/ep11. */
export const EXCLUDED_ANSWERS: readonly ExcludedVectors[] = [
  {
    file: "aes",
    cases: ({ mode }) => /^(CFB|OFB|CBC_MAC)/.test(String(mode)) && modeWithIv("AES", mode) === undefined,
    reason: "modes that neither IBM's list nor this HSM offers",
  },
  {
    file: "aes",
    cases: (answer) => answer.mode === "GCM" && Number(answer.tagBits) < 96,
    reason: "GCM tags must have at least 96 bits",
    coveredBy: "mechanisms/src/definitions/cipher.test.ts",
  },
  {
    file: "des3",
    cases: isOneOf("mode", "CFB8", "CFB64", "OFB64", "CBC_MAC"),
    reason: "modes that neither IBM's list nor this HSM offers",
  },
  {
    file: "rsa",
    cases: (answer) => Number(answer.modulusBits) > 4096,
    reason: "RSA keys have at most 4096 bits, as on IBM's cards",
  },
  {
    file: "rsa",
    cases: isOneOf("scheme", "RAW"),
    reason: "CKM_RSA_X_509 is off unless an operator turns it on",
    coveredBy: "engine/src/mechanisms/rsa/rsa-vectors.test.ts",
  },
  {
    file: "key-derivation",
    cases: (answer) => /^(XOR|CONCATENATE|EXTRACT)_/.test(String(answer.function)),
    reason: "derivations that reveal the base key piece by piece; neither IBM's list nor this HSM offers them",
  },
  {
    file: "key-derivation",
    cases: (answer) => answer.function === "PBKDF2" && String(answer.hash).startsWith("SHA3"),
    reason: "PKCS #11 has no number for PBKDF2 with SHA-3",
  },
  {
    file: "ecdh-kdf",
    cases: (answer) => answer.curve === undefined,
    reason: "a KDF over given shared secrets, which cannot be set in a key agreement",
    coveredBy: "engine/src/mechanisms/agreement/ecdh.test.ts",
  },
  {
    file: "bip32",
    cases: isAboutExtendedKeys,
    reason: "Base58 and the metadata of extended keys: EP11 handles only keys and chain codes",
  },
  {
    file: "bls12381",
    cases: isOutsideEp11,
    reason: "one message per key, and plain hashing to G2: EP11 has neither",
    coveredBy: "engine/src/primitives/ec/bls.test.ts",
  },
];

/** The excluded cases of ../shared/vectors/wycheproof. Without `cases`, the whole file is excluded. */
export const EXCLUDED_WYCHEPROOF: readonly ExcludedVectors[] = [
  ...["mldsa_65_sign_noseed_test", "mldsa_65_sign_seed_test"].map((file) => ({
    file,
    cases: (test: Fields) => test.msg === undefined,
    reason: "cases with ML-DSA's internal hash instead of the message, an interface that PKCS #11 does not have",
    coveredBy: "engine/src/mechanisms/signature/ml-dsa.test.ts",
  })),
];
