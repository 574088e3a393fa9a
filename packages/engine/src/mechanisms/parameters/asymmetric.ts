/**
 * Parameters of standard mechanisms for key pairs that no structure of GREP11 stands for, as bytes
 * (docs/reference/ep11.md#standard-parameters). Everything wrong is CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import type { EddsaForm } from "../../primitives/ec/eddsa.ts";
import type { ParameterParser } from "../row.ts";
import { type OaepParameter, oaep } from "./classic.ts";
import { WireReader } from "./wire-reader.ts";

/** Longest context of EdDSA in bytes (RFC 8032, 2). */
const MAX_CONTEXT_BYTES = 255;
/** Longest shared data of a key derivation in bytes (ep11.h). */
const MAX_SHARED_BYTES = 1024;

/** CK_EDDSA_PARAMS: pre-hash flag ‖ context length ‖ context; absent: the plain signature. */
export const eddsaForm: ParameterParser<EddsaForm | undefined> = (parameter) => {
  if (parameter === undefined) return undefined;
  if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
  if (parameter.length === 0) return undefined;
  const reader = new WireReader(parameter);
  const [flag, length] = [reader.number(), reader.number()];
  if (flag > 1) throw ck.CkError.mechanismParamInvalid("the pre-hash flag is 0 or 1");
  if (length > MAX_CONTEXT_BYTES) throw ck.CkError.mechanismParamInvalid("a context has at most 255 bytes");
  return reader.end({ prehashed: flag === 1, context: reader.bytes(length) });
};

/** CKM_RSA_AES_KEY_WRAP. */
export interface RsaAesParameter {
  /** Length in bytes of the AES key that carries the wrapped one. */
  readonly aesBytes: number;
  readonly oaep: OaepParameter;
}

/** CK_RSA_AES_KEY_WRAP_PARAMS: AES bits ‖ OAEP parameter (hash ‖ MGF ‖ source ‖ label). */
export const rsaAes: ParameterParser<RsaAesParameter> = (parameter) => {
  if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
  const aesBytes = aesBytesOf(new WireReader(parameter).number());
  return { aesBytes, oaep: oaep(parameter.subarray(4)) };
};

/** CKM_ECDH_AES_KEY_WRAP and its kin. */
export interface EcdhAesParameter {
  /** Length in bytes of the AES key that both sides agree on. */
  readonly aesBytes: number;
  /** CKD_*. */
  readonly kdf: number;
  readonly sharedData: Uint8Array;
}

/** CK_ECDH_AES_KEY_WRAP_PARAMS: AES bits ‖ KDF ‖ length of shared data ‖ shared data. */
export const ecdhAes: ParameterParser<EcdhAesParameter> = (parameter) => {
  if (!(parameter instanceof Uint8Array)) throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
  const reader = new WireReader(parameter);
  const aesBytes = aesBytesOf(reader.number());
  const [kdf, length] = [reader.number(), reader.number()];
  if (length > MAX_SHARED_BYTES) throw ck.CkError.mechanismParamInvalid("the shared data is too long");
  return reader.end({ aesBytes, kdf, sharedData: reader.bytes(length) });
};

function aesBytesOf(bits: number): number {
  if (bits === 128 || bits === 192 || bits === 256) return bits / 8;
  throw ck.CkError.mechanismParamInvalid("an AES key has 128, 192 or 256 bits");
}
