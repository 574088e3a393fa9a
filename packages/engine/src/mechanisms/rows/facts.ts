/** What the rows of the mechanism table are made of: a row from its facts, and facts that many rows share. */
import * as ck from "@grep11/cryptoki";
import type { Family } from "../family.ts";
import type { MechanismRow, ParameterParser, RuntimeNeed, Shape } from "../row.ts";

export const CRYPT: number = ck.CKF_ENCRYPT | ck.CKF_DECRYPT;
export const TRANSPORT: number = ck.CKF_WRAP | ck.CKF_UNWRAP;
export const SIGNATURE: number = ck.CKF_SIGN | ck.CKF_VERIFY;
export const NAMED_CURVES: number = ck.CKF_EC_F_P | ck.CKF_EC_NAMEDCURVE | ck.CKF_EC_UNCOMPRESS;
export const PRIME_FIELD: number = ck.CKF_EC_F_P | ck.CKF_EC_UNCOMPRESS;

/** What a row says beyond its number; what is left out is the usual. */
export interface RowFacts<P> {
  readonly keyTypes?: readonly number[];
  readonly bits?: readonly [number, number];
  readonly bytes?: readonly [number, number];
  /** Sizes that say nothing in one unit. */
  readonly nominal?: readonly [number, number];
  readonly flags: number;
  /** Default: `one-shot`. */
  readonly shape?: Shape;
  /** Default: `shape`. */
  readonly decryptShape?: Shape;
  readonly parameter: ParameterParser<P>;
  readonly controlPoints?: readonly number[];
  readonly shortKeysWith?: number;
  readonly family: Family<P>;
  readonly needs?: RuntimeNeed;
  readonly makesParameters?: boolean;
  readonly transport?: MechanismRow["transport"];
  readonly sumsPublicKeys?: boolean;
  readonly givesPublicHalf?: boolean;
  parameterKeys?(parameter: P): readonly Uint8Array[];
  readonly listed?: boolean;
  /** Default: true. */
  readonly ibm?: boolean;
}

/** The row of `mechanism`. */
export function row<P>(mechanism: number, facts: RowFacts<P>): MechanismRow {
  const [min, max] = facts.bits ?? facts.bytes ?? facts.nominal ?? [0, 0];
  const shape = facts.shape ?? "one-shot";
  const unit = facts.bits ? "bits" : facts.bytes ? "bytes" : "none";
  return {
    mechanism,
    keyTypes: facts.keyTypes ?? [],
    size: { min, max, unit },
    flags: facts.flags,
    shape,
    decryptShape: facts.decryptShape ?? shape,
    parameter: facts.parameter,
    controlPoints: facts.controlPoints ?? [],
    shortKeysWith: facts.shortKeysWith,
    family: facts.family as Family,
    needs: facts.needs,
    makesParameters: facts.makesParameters ?? false,
    transport: facts.transport ?? "keys",
    sumsPublicKeys: facts.sumsPublicKeys ?? false,
    givesPublicHalf: facts.givesPublicHalf ?? false,
    ...(facts.parameterKeys === undefined
      ? {}
      : { parameterKeys: facts.parameterKeys as NonNullable<MechanismRow["parameterKeys"]> }),
    listed: facts.listed ?? true,
    ibm: facts.ibm ?? true,
  };
}

/** The types of keys that HMAC and key derivation by hash take. */
export const SECRET_KEYS: readonly number[] = [
  ck.CKK_AES,
  ck.CKK_DES2,
  ck.CKK_DES3,
  ck.CKK_GENERIC_SECRET,
  ck.CKK_SHA_1_HMAC,
  ck.CKK_SHA224_HMAC,
  ck.CKK_SHA256_HMAC,
  ck.CKK_SHA384_HMAC,
  ck.CKK_SHA512_HMAC,
  ck.CKK_SHA512_224_HMAC,
  ck.CKK_SHA512_256_HMAC,
  ck.CKK_SHA3_224_HMAC,
  ck.CKK_SHA3_256_HMAC,
  ck.CKK_SHA3_384_HMAC,
  ck.CKK_SHA3_512_HMAC,
];
export const DES_KEYS: readonly number[] = [ck.CKK_DES2, ck.CKK_DES3];
/** Algorithms that FIPS of 2021 and 2024 no longer allow: SHA-1 signatures, DES. */
export const OUTDATED: readonly number[] = [ck.XCP_CPB_ALG_NFIPS2021, ck.XCP_CPB_ALG_NFIPS2024];
/** The control points of RSA PKCS #1 v1.5 signatures. */
export const PKCS1: readonly number[] = [ck.XCP_CPB_ALG_RSA, ck.XCP_CPB_ALG_NBSI2017];
/** The control points of the 25519 and 448 curves. */
export const SAFE_CURVES: readonly number[] = [ck.XCP_CPB_ALG_EC, ck.XCP_CPB_ALG_EC_25519];

export const rsa = { keyTypes: [ck.CKK_RSA], bits: [512, 4096] as const, controlPoints: [ck.XCP_CPB_ALG_RSA] };
export const aes = { keyTypes: [ck.CKK_AES], bytes: [16, 32] as const };
export const des3 = { keyTypes: DES_KEYS, bytes: [16, 24] as const, controlPoints: OUTDATED };
export const ec = { keyTypes: [ck.CKK_EC], bits: [192, 521] as const, controlPoints: [ck.XCP_CPB_ALG_EC] };
export const dsaKeys = { keyTypes: [ck.CKK_DSA], bits: [1024, 3072] as const, controlPoints: [ck.XCP_CPB_ALG_DSA] };
export const dhKeys = { keyTypes: [ck.CKK_DH], bits: [1024, 3072] as const, controlPoints: [ck.XCP_CPB_ALG_DH] };
