/** Builders of standard key derivations. Sources: RFC 5869, SP 800-108r1, RFC 8018; PKCS #11 v3.2, 6.37, 6.42, 6.62. */
import * as ck from "@grep11/cryptoki";
import { wireForm } from "@grep11/encoding";
import type { HashName } from "./hashes.ts";

const NOTHING = new Uint8Array(0);

/** What {@link hkdf} takes. */
export interface HkdfOptions {
  readonly hash: HashName;
  /** Extract and expand by default. */
  readonly steps?: "extract" | "expand" | "both";
  /** Bytes, or a sealed secret key with CKA_IBM_USE_AS_DATA as `saltKey`. */
  readonly salt?: Uint8Array;
  readonly saltKey?: ck.KeyArgument;
  readonly info?: Uint8Array;
}

const HKDF_STEPS = { extract: 1, expand: 2, both: 3 } as const;

/** CKM_HKDF_DERIVE: a key of CKA_VALUE_LEN bytes. */
export function hkdf({ hash, steps = "both", salt = NOTHING, saltKey, info = NOTHING }: HkdfOptions): ck.Mechanism {
  const sealed = ck.sealedBytes(saltKey);
  const saltType =
    sealed.length > 0 ? ck.CKF_HKDF_SALT_KEY : salt.length > 0 ? ck.CKF_HKDF_SALT_DATA : ck.CKF_HKDF_SALT_NULL;
  const numbers = [HKDF_STEPS[steps], ck.HASHES[hash].digest, saltType, salt.length, sealed.length, info.length];
  return { mechanism: ck.CKM_HKDF_DERIVE, parameter: wireForm(numbers, salt, sealed, info) };
}

/** What {@link sp800Counter} and its kin take. */
export interface Sp800Options {
  /** HMAC with this hash, or AES-CMAC with an AES base key. */
  readonly prf: HashName | "cmac";
  readonly label: Uint8Array;
  readonly context: Uint8Array;
}

/**
 * CKM_SP800_108_COUNTER_KDF in the form of SP 800-108r1, 4.1: counter of 32 bits ‖ label ‖ 00 ‖ context ‖ length
 * of the key in bits, 32 bits. A key of CKA_VALUE_LEN bytes.
 */
export function sp800Counter(options: Sp800Options): ck.Mechanism {
  return sp800(ck.CKM_SP800_108_COUNTER_KDF, options, [[ck.CK_SP800_108_ITERATION_VARIABLE, BIG_ENDIAN_32]]);
}

/** CKM_SP800_108_FEEDBACK_KDF in the form of 4.2: the last block, at first `iv`, stands in front of what the counter mode has. */
export function sp800Feedback({ iv, ...options }: Sp800Options & { readonly iv?: Uint8Array }): ck.Mechanism {
  return sp800(ck.CKM_SP800_108_FEEDBACK_KDF, options, CHAINED, iv);
}

/** CKM_SP800_108_DOUBLE_PIPELINE_KDF in the form of 4.3: as feedback, with a second chain in place of the last block. */
export function sp800DoublePipeline(options: Sp800Options): ck.Mechanism {
  return sp800(ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF, options, CHAINED);
}

/** CK_SP800_108_*, and the value that goes with it. */
type Sp800Part = readonly [type: number, value: Uint8Array];

/** Format of a number: not little-endian, 32 bits. */
const BIG_ENDIAN_32 = wireForm([0, 32]);
const CHAINED: readonly Sp800Part[] = [
  [ck.CK_SP800_108_ITERATION_VARIABLE, NOTHING],
  [ck.CK_SP800_108_COUNTER, BIG_ENDIAN_32],
];

function sp800(
  mechanism: number,
  { prf, label, context }: Sp800Options,
  leading: readonly Sp800Part[],
  iv: Uint8Array = NOTHING,
): ck.Mechanism {
  const parts: readonly Sp800Part[] = [
    ...leading,
    [ck.CK_SP800_108_BYTE_ARRAY, label],
    [ck.CK_SP800_108_BYTE_ARRAY, Uint8Array.of(0)],
    [ck.CK_SP800_108_BYTE_ARRAY, context],
    [ck.CK_SP800_108_DKM_LENGTH, wireForm([ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS], BIG_ENDIAN_32)],
  ];
  const encoded = parts.map(([type, value]) => wireForm([type, value.length], value));
  const numbers = [prf === "cmac" ? ck.CKM_AES_CMAC : ck.HASHES[prf].hmac, parts.length, iv.length];
  return { mechanism, parameter: wireForm(numbers, ...encoded, iv) };
}

const PBKDF2_PRFS = {
  sha1: ck.CKP_PKCS5_PBKD2_HMAC_SHA1,
  sha224: ck.CKP_PKCS5_PBKD2_HMAC_SHA224,
  sha256: ck.CKP_PKCS5_PBKD2_HMAC_SHA256,
  sha384: ck.CKP_PKCS5_PBKD2_HMAC_SHA384,
  sha512: ck.CKP_PKCS5_PBKD2_HMAC_SHA512,
} as const;

/** What {@link pbkdf2} takes. */
export interface Pbkdf2Options {
  readonly hash: keyof typeof PBKDF2_PRFS;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly password: Uint8Array;
}

/** CKM_PKCS5_PBKD2 for GenerateKey: a key from a password. It travels in the parameter, inside the connection. */
export function pbkdf2(options: Pbkdf2Options): ck.Mechanism {
  const { hash, iterations, salt, password } = options;
  const numbers = [PBKDF2_PRFS[hash], iterations, salt.length, password.length];
  return { mechanism: ck.CKM_PKCS5_PBKD2, parameter: wireForm(numbers, salt, password) };
}

/**
 * CKM_PBE_SHA1_DES3_EDE_CBC for GenerateKey: the DES3 key that PKCS #12 makes of a password (RFC 7292, appendix B), which
 * comes as PKCS #12 hashes it: UTF-16BE with two zero bytes behind. No initialisation vector is asked for.
 */
export function pbeSha1Des3({ iterations, salt, password }: Omit<Pbkdf2Options, "hash">): ck.Mechanism {
  const parameter = wireForm([0, password.length, salt.length, iterations], password, salt);
  return { mechanism: ck.CKM_PBE_SHA1_DES3_EDE_CBC, parameter };
}
