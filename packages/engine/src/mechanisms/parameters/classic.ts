/**
 * Mechanism parameters: parsed once, here. A structured parameter also arrives as bytes in EP11's wire form (every number as
 * 32 bits big-endian in the order of the structure, then the variable parts; docs/reference/ep11.md#parameter-forms), and
 * that form is what state blobs keep. Everything wrong with a parameter is CKR_MECHANISM_PARAM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import type { ParameterParser } from "../row.ts";
import { isEncryptionLabel } from "../wrapping/attribute-bound-label.ts";

const EMPTY = new Uint8Array(0);
/** Longest OAEP label, ECDH public value and shared data, in bytes (ep11.h). */
const MAX_VARIABLE_BYTES = 1024;
/** "As long as the hash", in place of a salt length. */
const SALT_OF_HASH_LENGTH = 0xffffffff;

/** No parameter at all. */
export const noParameter: ParameterParser<undefined> = (parameter) => {
  if (parameter === undefined || (parameter instanceof Uint8Array && parameter.length === 0)) return undefined;
  throw ck.CkError.mechanismParamInvalid("this mechanism takes no parameter");
};

/** An initialisation vector of exactly `length` bytes. */
export function iv(length: number): ParameterParser<Uint8Array> {
  return (parameter) => {
    if (parameter instanceof Uint8Array && parameter.length === length) return parameter;
    throw ck.CkError.mechanismParamInvalid(`the parameter is an initialisation vector of ${length} bytes`);
  };
}

/** Any bytes, at least one. */
export const bytesParameter: ParameterParser<Uint8Array> = (parameter) => {
  if (parameter instanceof Uint8Array && parameter.length > 0) return parameter;
  throw ck.CkError.mechanismParamInvalid("the parameter is a byte string");
};

/** RSA-OAEP: hash, MGF1 hash, label. */
export interface OaepParameter {
  readonly hash: ck.HashName;
  readonly mgfHash: ck.HashName;
  readonly label: Uint8Array;
}

/**
 * RSAOAEPParm, or its wire form hash ‖ mgf ‖ source type ‖ label. The label of attribute-bound transport is refused: only
 * CKM_IBM_ATTRIBUTEBOUND_WRAP opens what was encrypted with it.
 */
export const oaep: ParameterParser<OaepParameter> = (parameter) => {
  const parm = parameter instanceof Uint8Array ? oaepFromWire(parameter) : parameter;
  if (parm?.type !== "RSAOAEPParm") throw ck.CkError.mechanismParamInvalid("the parameter is an RSAOAEPParm");
  const hash = requireHash(parm.hashMech);
  const label = parm.encodingParm ?? EMPTY;
  if (label.length > MAX_VARIABLE_BYTES) throw ck.CkError.mechanismParamInvalid("the OAEP label is too long");
  if (isEncryptionLabel(label)) {
    throw ck.CkError.mechanismParamInvalid("this OAEP label is reserved for CKM_IBM_ATTRIBUTEBOUND_WRAP");
  }
  return { hash, mgfHash: parm.mgf === 0 ? hash : requireMgf(parm.mgf), label };
};

function oaepFromWire(wire: Uint8Array): ck.RsaOaepParm {
  const [hashMech, mgf, source] = words(wire, 3);
  const label = wire.subarray(12);
  if (source === 0 && label.length === 0) return { type: "RSAOAEPParm", hashMech: hashMech!, mgf: mgf! };
  if (source !== 1) throw ck.CkError.mechanismParamInvalid("the OAEP source is neither absent nor data");
  return { type: "RSAOAEPParm", hashMech: hashMech!, mgf: mgf!, encodingParm: label };
}

/** RSA-PSS: hash, MGF1 hash, salt length in bytes. */
export interface PssParameter {
  readonly hash: ck.HashName;
  readonly mgfHash: ck.HashName;
  readonly saltLength: number;
}

/** RSAPSSParm, or its wire form hash ‖ mgf ‖ salt length. */
export const pss: ParameterParser<PssParameter> = (parameter) => {
  const parm = parameter instanceof Uint8Array ? pssFromWire(parameter) : parameter;
  if (parm?.type !== "RSAPSSParm") throw ck.CkError.mechanismParamInvalid("the parameter is an RSAPSSParm");
  const hash = requireHash(parm.hashMech);
  const saltLength = parm.saltByteCount === SALT_OF_HASH_LENGTH ? ck.HASHES[hash].bytes : parm.saltByteCount;
  if (saltLength > 512) throw ck.CkError.mechanismParamInvalid("the PSS salt is longer than any modulus");
  return { hash, mgfHash: parm.mgf === 0 ? hash : requireMgf(parm.mgf), saltLength };
};

/** RSAPSSParm whose hash is the one of the mechanism. */
export function pssOf(hash: ck.HashName): ParameterParser<PssParameter> {
  return (parameter) => {
    const parsed = pss(parameter);
    if (parsed.hash !== hash) throw ck.CkError.mechanismParamInvalid("the parameter's hash is not the mechanism's");
    return parsed;
  };
}

function pssFromWire(wire: Uint8Array): ck.RsaPssParm {
  if (wire.length !== 12) throw ck.CkError.mechanismParamInvalid("an RSAPSSParm has three numbers");
  const [hashMech, mgf, saltByteCount] = words(wire, 3);
  return { type: "RSAPSSParm", hashMech: hashMech!, mgf: mgf!, saltByteCount: saltByteCount! };
}

/** Elliptic-curve Diffie-Hellman: CKD_* number, shared data, the peer's public value. */
export interface EcdhParameter {
  readonly kdf: number;
  readonly sharedData: Uint8Array;
  readonly publicData: Uint8Array;
}

/**
 * ECDH1DeriveParm, its wire form KDF ‖ length of shared data ‖ length of public value ‖ shared data ‖ public value, or the
 * peer's bare public value, which means CKD_NULL without shared data.
 */
export const ecdh1: ParameterParser<EcdhParameter> = (parameter) => {
  const parm = parameter instanceof Uint8Array ? (ecdh1FromWire(parameter) ?? bareEcdh1(parameter)) : parameter;
  if (parm === undefined || !("publicData" in parm)) {
    throw ck.CkError.mechanismParamInvalid("the parameter is an ECDH1DeriveParm or the peer's public value");
  }
  const { kdf, sharedData, publicData } = parm;
  if (publicData.length === 0 || publicData.length > MAX_VARIABLE_BYTES || sharedData.length > MAX_VARIABLE_BYTES) {
    throw ck.CkError.mechanismParamInvalid(`public and shared data have at most ${MAX_VARIABLE_BYTES} bytes`);
  }
  return { kdf, sharedData, publicData };
};

/**
 * Undefined for bytes that are no structure: the lengths of one add up, and it begins with a KDF, whose first byte is 00, or 80
 * for IBM's. No point (02, 03, 04) and no DER (04, 30) begins so; of the 32 or 56 bytes of an X25519 or X448 value one in 2^64
 * has such lengths, and is refused.
 */
function ecdh1FromWire(wire: Uint8Array): EcdhParameter | undefined {
  if (wire.length < 12 || (wire[0] !== 0x00 && wire[0] !== 0x80)) return undefined;
  const [kdf, sharedBytes, publicBytes] = words(wire, 3);
  if (12 + sharedBytes! + publicBytes! !== wire.length) return undefined;
  const publicAt = 12 + sharedBytes!;
  return { kdf: kdf!, sharedData: wire.subarray(12, publicAt), publicData: wire.subarray(publicAt) };
}

function bareEcdh1(publicData: Uint8Array): EcdhParameter {
  return { kdf: ck.CKD_NULL, sharedData: EMPTY, publicData };
}

/** The wire form of a cipher's or signature's parameter, for state blobs; parsing it again gives the same value. */
export function encodeParameter(parameter: ck.MechanismParameter | undefined): Uint8Array {
  if (parameter === undefined) return EMPTY;
  if (parameter instanceof Uint8Array) return parameter;
  switch (parameter.type) {
    case "RSAOAEPParm": {
      const label = parameter.encodingParm;
      return wireForm([parameter.hashMech, parameter.mgf, label === undefined ? 0 : 1], label ?? EMPTY);
    }
    case "RSAPSSParm":
      return wireForm([parameter.hashMech, parameter.mgf, parameter.saltByteCount], EMPTY);
    default:
      throw ck.CkError.mechanismParamInvalid(`${parameter.type} does not belong to an operation in parts`);
  }
}

function wireForm(numbers: readonly number[], tail: Uint8Array): Uint8Array {
  const wire = new Uint8Array(numbers.length * 4 + tail.length);
  const view = new DataView(wire.buffer);
  numbers.forEach((number, index) => {
    view.setUint32(index * 4, number);
  });
  wire.set(tail, numbers.length * 4);
  return wire;
}

/** The first `count` numbers of a wire form, 32 bits each. Errors: CKR_MECHANISM_PARAM_INVALID if it is shorter. */
export function words(wire: Uint8Array, count: number): number[] {
  if (wire.length < count * 4) throw ck.CkError.mechanismParamInvalid("the parameter is too short");
  const view = new DataView(wire.buffer, wire.byteOffset, wire.byteLength);
  return Array.from({ length: count }, (_, index) => view.getUint32(index * 4));
}

function requireHash(mechanism: number): ck.HashName {
  const hash = ck.hashOfDigest(mechanism);
  if (hash === undefined) throw ck.CkError.mechanismParamInvalid("the parameter names an unknown hash");
  return hash;
}

function requireMgf(mgf: number): ck.HashName {
  const hash = ck.hashOfMgf(mgf);
  if (hash === undefined)
    throw ck.CkError.mechanismParamInvalid("the parameter names an unknown mask generation function");
  return hash;
}
