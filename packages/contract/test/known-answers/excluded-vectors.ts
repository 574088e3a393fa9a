/**
 * The vectors that cannot be put to an HSM through its own functions, why, and which test proves them instead. Whatever is
 * not named here runs on the engine and over gRPC.
 */
import type { Fields } from "../support/fields.ts";
import { isAboutExtendedKeys, isForeignToBls } from "./digital-assets.ts";

/** Cases of one file. */
export interface ExcludedVectors {
  /** File name without folder and ending. */
  readonly file: string;
  cases(answer: Fields): boolean;
  readonly reason: string;
  /** Test of the engine, below packages/engine/src; absent where nothing of the engine is meant. */
  readonly coveredBy?: string;
}

const isOneOf =
  (field: string, ...values: readonly string[]) =>
  (answer: Fields) =>
    values.includes(String(answer[field]));

/** Cases of ../shared/vectors/ep11. */
export const EXCLUDED_ANSWERS: readonly ExcludedVectors[] = [
  {
    file: "aes",
    cases: isOneOf("mode", "CFB8", "CFB128", "OFB", "CBC_MAC"),
    reason: "modes that neither IBM's list nor this HSM offers",
  },
  {
    file: "aes",
    cases: (answer) => answer.mode === "GCM" && Number(answer.tagBits) < 96,
    reason: "tags of GCM have at least 96 bits here",
    coveredBy: "mechanisms/parameters/symmetric.test.ts",
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
    coveredBy: "mechanisms/rsa/rsa-vectors.test.ts",
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
    reason: "a KDF on given shared secrets, which nobody can bring into an agreement",
    coveredBy: "mechanisms/agreement/ecdh.test.ts",
  },
  {
    file: "bip32",
    cases: isAboutExtendedKeys,
    reason: "Base58 and the fields around a key: EP11 passes keys and chain codes alone",
  },
  {
    file: "bls12381",
    cases: isForeignToBls,
    reason: "one message per key, and hashing to G2 alone: EP11 has neither",
    coveredBy: "primitives/ec/bls.test.ts",
  },
];

/** Files of ../shared/vectors/wycheproof, all of their cases unless `cases` says otherwise. */
export const EXCLUDED_WYCHEPROOF: readonly ExcludedVectors[] = [
  ...["mldsa_65_sign_noseed_test", "mldsa_65_sign_seed_test"].map((file) => ({
    file,
    cases: (test: Fields) => test.msg === undefined,
    reason: "cases that give ML-DSA's inner hash in place of the message, an interface that PKCS #11 has not",
    coveredBy: "mechanisms/signature/ml-dsa.test.ts",
  })),
];
