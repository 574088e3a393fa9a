/**
 * Describes what clients can expect of a mechanism, and builds the expectations that repeat for every hash, key type or curve.
 * They do not use the engine's table of mechanisms, so that the suite can compare the two.
 */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import type { Shape } from "../flows.ts";
import type { SampleKey } from "../sample-keys.ts";

/** What clients can expect of one mechanism. */
export interface MechanismExpectation {
  /** The mechanism (CKM_*). */
  readonly mechanism: number;
  /** The smallest and the largest key size in CK_MECHANISM_INFO. */
  readonly min: number;
  readonly max: number;
  /** The flags (CKF_*) in CK_MECHANISM_INFO. */
  readonly flags: number;
  /** The calls that encryption, signing and digesting support. */
  readonly shape: Shape;
  /** The calls that decryption supports. Authenticated ciphers support fewer calls for decryption than for encryption. */
  readonly decryptShape: Shape;
  /** The kinds of keys that the mechanism can be used with; empty if it takes no key. */
  readonly keys: readonly SampleKey[];
  /** A valid parameter. Absent if the mechanism takes none, or if the parameter depends on a key. */
  readonly parameter?: ck.MechanismParameter;
  /** Whether the mechanism also works without a parameter. */
  readonly parameterOptional: boolean;
  /** Message lengths to test, in bytes. */
  readonly data: readonly number[];
  /** Whether two calls with the same input return different outputs. */
  readonly randomised: boolean;
  /** Whether GetMechanismList returns the mechanism. */
  readonly listed: boolean;
  /** Whether the mechanism has a control point that is off by default. */
  readonly offByDefault: boolean;
  /** Whether IBM's cards have the mechanism. GetMechanismList returns these mechanisms before the others. */
  readonly ibm: boolean;
}

export const ENCRYPTION = ck.CKF_ENCRYPT | ck.CKF_DECRYPT;
export const SIGNATURE = ck.CKF_SIGN | ck.CKF_VERIFY;
export const WRAPPING = ck.CKF_WRAP | ck.CKF_UNWRAP;

/**
 * Message lengths in bytes for mechanisms that accept any length: an empty message, one byte, and several blocks of which the
 * last is incomplete.
 */
const ANY = [0, 1, 37];

/** Returns the expectation of one mechanism, in which `rest` replaces the defaults. */
export function row(
  mechanismNumber: number,
  [min, max]: readonly [number, number],
  flags: number,
  rest: Partial<MechanismExpectation> = {},
): MechanismExpectation {
  const shape = rest.shape ?? "one-shot";
  const usual = { keys: [], data: ANY, randomised: false, parameterOptional: false, listed: true, offByDefault: false };
  return { ...usual, ibm: true, decryptShape: shape, ...rest, shape, mechanism: mechanismNumber, min, max, flags };
}

export const NO_KEY = [0, 0] as const;
export const RSA_BITS = [512, 4096] as const;
export const AES_BYTES = [16, 32] as const;
export const DES_BYTES = [16, 24] as const;
export const EC_BITS = [192, 521] as const;
export const FIELD_BITS = [1024, 3072] as const;
export const RSA = ["RSA-2048"] as const;
export const AES = ["AES-128", "AES-192", "AES-256"] as const;
export const DES = ["DES2", "DES3"] as const;
const MAC_KEYS = ["generic-32", "AES-256", "DES3", "generic-200"] as const;
const SOME_CURVES = ["P-256", "P-521", "brainpoolP320t1"] as const;
export const ML_DSA = ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const;
export const ML_KEM = ["ml-kem-768", "ml-kem-512", "ml-kem-1024"] as const;
/** The sizes of the smallest and the largest public key, in bytes. */
export const ML_DSA_BYTES = [1312, 2592] as const;
export const ML_KEM_BYTES = [800, 1568] as const;
/** The data that mechanisms encrypt to derive a key. */
export const DATA = Uint8Array.from({ length: 48 }, (_, index) => 5 * index);
export const HASHED_IV = Uint8Array.from({ length: 16 }, (_, index) => 17 * index);

export const aes = (mechanismNumber: number, flags: number, rest: Partial<MechanismExpectation>) =>
  row(mechanismNumber, AES_BYTES, flags, { shape: "multi", keys: AES, ...rest });
export const des = (mechanismNumber: number, flags: number, rest: Partial<MechanismExpectation>) =>
  row(mechanismNumber, DES_BYTES, flags, { shape: "multi", keys: DES, ...rest });
export const digest = (mechanismNumber: number) =>
  row(mechanismNumber, NO_KEY, ck.CKF_DIGEST, { shape: "multi", data: [1, 37, 150] });
export const hmac = (mechanismNumber: number, min: number) => {
  const keys: readonly SampleKey[] = mechanismNumber === ck.CKM_SHA256_HMAC ? [...MAC_KEYS, "SHA256-HMAC"] : MAC_KEYS;
  return row(mechanismNumber, [min, 32], SIGNATURE, { shape: "multi", keys });
};
export const shaDerive = (mechanismNumber: number) =>
  row(mechanismNumber, NO_KEY, ck.CKF_DERIVE, { keys: ["generic-32", "AES-256", "DES3", "SHA256-HMAC"] });
export const rsaPkcs = (mechanismNumber: number) =>
  row(mechanismNumber, RSA_BITS, SIGNATURE, { shape: "multi", keys: RSA });
export const rsaPss = (hash: mechanism.HashName) => {
  const { mechanism: mechanismNumber, parameter } = mechanism.rsaPssSignature({ hash });
  return row(mechanismNumber, RSA_BITS, SIGNATURE, {
    shape: "multi",
    keys: RSA,
    randomised: true,
    parameter: parameter!,
  });
};
export const NAMED_CURVES = ck.CKF_EC_F_P | ck.CKF_EC_NAMEDCURVE | ck.CKF_EC_UNCOMPRESS;
export const PRIME_FIELD = ck.CKF_EC_F_P | ck.CKF_EC_UNCOMPRESS;
export const ecdsa = (mechanismNumber: number) =>
  row(mechanismNumber, EC_BITS, SIGNATURE | NAMED_CURVES, {
    shape: "multi",
    keys: SOME_CURVES,
    randomised: true,
  });
export const cmac = (mechanismNumber: number, keys: readonly SampleKey[], bytes: readonly [number, number]) =>
  row(mechanismNumber, bytes, SIGNATURE, { shape: "multi", keys });

/** Returns whether a mechanism has a function (CKF_*). */
export function offers(row: MechanismExpectation, flag: number): boolean {
  return (row.flags & flag) !== 0;
}

/** Returns the mechanism with its parameter. */
export function mechanismOf({ mechanism, parameter }: MechanismExpectation): ck.Mechanism {
  return parameter === undefined ? { mechanism } : { mechanism, parameter };
}

/** Returns the bytes of a string of ASCII characters. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
