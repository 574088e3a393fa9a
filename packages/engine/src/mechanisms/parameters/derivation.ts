/**
 * Parameters of the standard key derivations, as bytes (docs/reference/ep11.md#parameter-forms): numbers of 32 bits in the
 * order of the PKCS #11 structure with lengths in place of pointers, then the variable parts. Lengths must add up exactly.
 * Everything wrong is CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import type { Sp800Mode, Sp800Part } from "../../primitives/kdf/kdf-sp800-108.ts";
import type { ParameterParser } from "../row.ts";
import { WireReader } from "./wire-reader.ts";

const NOTHING = new Uint8Array(0);
/** Longest parameter: every block of a derived key hashes nearly all of it. */
const MAX_PARAMETER_BYTES = 4096;
/** Longest password and longest salt of PBE (docs/reference/ep11.md#parameter-forms). */
const MAX_PASSWORD_BYTES = 1024;
const MAX_PBE_SALT_BYTES = 256;
/** Most iterations of PBE (docs/reference/ep11.md#parameter-forms) and of PBKDF2; the latter take about 4 seconds. */
const MAX_PBE_ITERATIONS = 65536;
const MAX_PBKDF2_ITERATIONS = 10_000_000;

/** CKM_HKDF_DERIVE. */
export interface HkdfParameter {
  readonly extract: boolean;
  readonly expand: boolean;
  readonly hash: ck.HashName;
  /** Empty: none, or it is a key. */
  readonly salt: Uint8Array;
  /** The sealed key that is the salt; empty: there is none. */
  readonly saltKey: Uint8Array;
  readonly info: Uint8Array;
}

/**
 * flags (1 extract, 2 expand) ‖ hash ‖ salt type ‖ salt length ‖ length of salt key ‖ info length ‖ salt ‖ salt key ‖ info.
 * Without extraction the salt means nothing, whatever its type says (PKCS #11 v3.2, CK_HKDF_PARAMS).
 */
export const hkdf: ParameterParser<HkdfParameter> = (parameter) => {
  const reader = readerOf(parameter);
  const flags = reader.number();
  const hash = requireHash(ck.hashOfDigest(reader.number()));
  const saltType = reader.number();
  const [saltBytes, saltKeyBytes, infoBytes] = [reader.number(), reader.number(), reader.number()];
  if (flags < 1 || flags > 3) throw invalid("HKDF extracts (1), expands (2) or does both (3)");
  const [salt, saltKey, info] = [reader.bytes(saltBytes), reader.bytes(saltKeyBytes), reader.bytes(infoBytes)];
  const [extract, expand] = [(flags & 1) !== 0, (flags & 2) !== 0];
  if (!extract) return reader.end({ extract, expand, hash, salt: NOTHING, saltKey: NOTHING, info });
  requireSaltType(saltType, salt, saltKey);
  return reader.end({ extract, expand, hash, salt, saltKey, info });
};

function requireSaltType(saltType: number, salt: Uint8Array, saltKey: Uint8Array): void {
  if (![ck.CKF_HKDF_SALT_NULL, ck.CKF_HKDF_SALT_DATA, ck.CKF_HKDF_SALT_KEY].includes(saltType)) {
    throw invalid("the type of the salt is not known");
  }
  if (
    (salt.length > 0 && saltType !== ck.CKF_HKDF_SALT_DATA) ||
    saltKey.length > 0 !== (saltType === ck.CKF_HKDF_SALT_KEY)
  ) {
    throw invalid("the salt is of another type");
  }
}

/** For `MechanismRow.parameterKeys`. */
export function hkdfParameterKeys({ saltKey }: HkdfParameter): readonly Uint8Array[] {
  return saltKey.length === 0 ? [] : [saltKey];
}

/** The pseudo-random function of SP 800-108: HMAC with a hash, or CMAC. */
export type Sp800Prf =
  | { readonly name: "hmac"; readonly hash: ck.HashName }
  | { readonly name: "cmac"; readonly mechanism: number };

/** How the length of the derived key is written. */
export interface Sp800Length {
  readonly kind: "length";
  /** Of the key itself, or of all blocks that were needed for it. */
  readonly of: "key" | "blocks";
  readonly bytes: number;
  readonly littleEndian: boolean;
}

/** CKM_SP800_108_*_KDF. */
export interface Sp800Parameter {
  readonly prf: Sp800Prf;
  readonly mode: Sp800Mode;
  readonly parts: readonly (Sp800Part | Sp800Length)[];
}

/** PRF ‖ number of parts ‖ IV length (feedback, else 0) ‖ {type ‖ length ‖ value} for each part ‖ IV. */
export function sp800(name: Sp800Mode["name"]): ParameterParser<Sp800Parameter> {
  return (parameter) => {
    const reader = readerOf(parameter);
    const prf = prfOf(reader.number());
    const [count, ivBytes] = [reader.number(), reader.number()];
    if (count > MAX_PARTS) throw invalid(`there are at most ${MAX_PARTS} parts`);
    if (ivBytes > 0 && name !== "feedback") throw invalid("only feedback mode has an initial value");
    const parts = Array.from({ length: count }, () => sp800Part(name, reader));
    requireOnce(parts, "iteration", name === "counter" ? 0 : 1);
    requireOnce(parts, "counter", name === "counter" ? 1 : 0, 1);
    requireOnce(parts, "length", 0, 1);
    const iv = reader.bytes(ivBytes);
    return reader.end({ prf, mode: name === "feedback" ? { name, iv } : { name }, parts });
  };
}

const MAX_PARTS = 64;

function prfOf(mechanism: number): Sp800Prf {
  if (mechanism === ck.CKM_AES_CMAC || mechanism === ck.CKM_DES3_CMAC) return { name: "cmac", mechanism };
  return { name: "hmac", hash: requireHash(ck.hashOfHmac(mechanism)) };
}

function sp800Part(mode: Sp800Mode["name"], reader: WireReader): Sp800Part | Sp800Length {
  const type = reader.number();
  const value = reader.bytes(reader.number());
  switch (type) {
    case ck.CK_SP800_108_ITERATION_VARIABLE:
      if (mode === "counter") return counterPart(value);
      if (value.length > 0) throw invalid("only the iteration variable of counter mode has a format");
      return { kind: "iteration" };
    case ck.CK_SP800_108_COUNTER:
      if (mode === "counter") throw invalid("in counter mode the iteration variable is the counter");
      return counterPart(value);
    case ck.CK_SP800_108_DKM_LENGTH:
      return lengthPart(value);
    case ck.CK_SP800_108_BYTE_ARRAY:
      return { kind: "fixed", value };
    default:
      throw invalid("the type of a part is not known");
  }
}

/** little-endian ‖ bits. */
function counterPart(format: Uint8Array): Sp800Part {
  const reader = new WireReader(format);
  const littleEndian = isSet(reader.number());
  return reader.end({ kind: "counter", littleEndian, bytes: wholeBytes(reader.number(), 32) });
}

/** method ‖ little-endian ‖ bits. */
function lengthPart(format: Uint8Array): Sp800Length {
  const reader = new WireReader(format);
  const method = reader.number();
  const littleEndian = isSet(reader.number());
  if (method !== ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS && method !== ck.CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS) {
    throw invalid("the method of the length is not known");
  }
  const of = method === ck.CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS ? "key" : "blocks";
  return reader.end({ kind: "length", of, littleEndian, bytes: wholeBytes(reader.number(), 64) });
}

function wholeBytes(bits: number, max: number): number {
  if (bits >= 8 && bits <= max && bits % 8 === 0) return bits / 8;
  throw invalid(`a number has 8 to ${max} bits, in whole bytes`);
}

function isSet(flag: number): boolean {
  if (flag > 1) throw invalid("a flag is 0 or 1");
  return flag === 1;
}

function requireOnce(parts: Sp800Parameter["parts"], kind: string, min: number, max = min): void {
  const count = parts.filter((part) => part.kind === kind).length;
  if (count < min || count > max) throw invalid(`there are ${min} to ${max} parts of the kind "${kind}", not ${count}`);
}

/** CKM_PKCS5_PBKD2. */
export interface PasswordParameter {
  readonly hash: ck.HashName;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly password: Uint8Array;
}

const PRF_HASHES: ReadonlyMap<number, ck.HashName> = new Map([
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA1, "sha1"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA224, "sha224"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA256, "sha256"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA384, "sha384"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA512, "sha512"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA512_224, "sha512-224"],
  [ck.CKP_PKCS5_PBKD2_HMAC_SHA512_256, "sha512-256"],
]);

/** PRF (CKP_PKCS5_PBKD2_*) ‖ iterations ‖ salt length ‖ password length ‖ salt ‖ password. */
export const pbkdf2: ParameterParser<PasswordParameter> = (parameter) => {
  const reader = readerOf(parameter);
  const hash = requireHash(PRF_HASHES.get(reader.number()));
  const iterations = requireIterations(reader.number(), MAX_PBKDF2_ITERATIONS);
  const [saltBytes, passwordBytes] = [reader.number(), reader.number()];
  const salt = reader.bytes(saltBytes);
  return reader.end({ hash, iterations, salt, password: requirePassword(reader.bytes(passwordBytes)) });
};

/**
 * EP11's PBE block: length of the initialisation vector (0 or 8; none is answered) ‖ password length ‖ salt length ‖
 * iterations ‖ password ‖ salt. The hash is SHA-1.
 */
export const pbe: ParameterParser<PasswordParameter> = (parameter) => {
  const reader = readerOf(parameter);
  const [ivBytes, passwordBytes, saltBytes] = [reader.number(), reader.number(), reader.number()];
  const iterations = requireIterations(reader.number(), MAX_PBE_ITERATIONS);
  if (ivBytes !== 0 && ivBytes !== 8) throw invalid("an initialisation vector of DES3 has 8 bytes");
  const password = requirePassword(reader.bytes(passwordBytes));
  const salt = reader.bytes(saltBytes);
  if (salt.length === 0 || salt.length > MAX_PBE_SALT_BYTES)
    throw invalid(`a salt has 1 to ${MAX_PBE_SALT_BYTES} bytes`);
  return reader.end({ hash: "sha1", iterations, salt, password });
};

function requirePassword(password: Uint8Array): Uint8Array {
  if (password.length > MAX_PASSWORD_BYTES) throw invalid(`a password has at most ${MAX_PASSWORD_BYTES} bytes`);
  return password;
}

function requireIterations(iterations: number, max: number): number {
  if (iterations < 1 || iterations > max) throw invalid(`there are 1 to ${max} iterations`);
  return iterations;
}

function requireHash(hash: ck.HashName | undefined): ck.HashName {
  if (hash === undefined) throw invalid("the parameter names an unknown hash");
  return hash;
}

function readerOf(parameter: ck.MechanismParameter | undefined): WireReader {
  const wire = parameter ?? NOTHING;
  if (!(wire instanceof Uint8Array)) throw invalid("the parameter is given as bytes");
  if (wire.length > MAX_PARAMETER_BYTES) throw invalid(`the parameter has at most ${MAX_PARAMETER_BYTES} bytes`);
  return new WireReader(wire);
}

function invalid(detail: string): ck.CkError {
  return ck.CkError.mechanismParamInvalid(detail);
}
