/** Mechanisms and their parameters. */
import { create, type UnknownEnum } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import * as wire from "../gen/grep11/server_pb.ts";
import type { Field, Has } from "./field.ts";
import { mechanismNumberOf, numberOf, wireInteger } from "./field.ts";

type WireParameter = wire.Mechanism["Parameter"];
type Structure = Exclude<ck.MechanismParameter, Uint8Array>;

/** IBM's CKD_* and CKG_* have bit 31 set, which does not fit a protobuf enum. On the wire, bit 23 is set instead. */
const DOMAIN_VENDOR = 0x80000000;
const WIRE_VENDOR = 0x800000;

/** Returns an enum value of a request. Errors: CKR_MECHANISM_PARAM_INVALID below 0. */
function enumNumberOf(value: number): number {
  if (value < 0) throw ck.CkError.mechanismParamInvalid("an enumeration of the parameter is negative");
  return value;
}

/** Converts an enum value to a CKD_* or CKG_*. Errors: as enumNumberOf. */
function vendorNumberOf(value: number): number {
  const number = enumNumberOf(value);
  return number >= WIRE_VENDOR ? number - WIRE_VENDOR + DOMAIN_VENDOR : number;
}

/** Returns `value` if it is a uint32. Errors: CKR_MECHANISM_PARAM_INVALID. */
function wireUint32(value: number): number {
  if (value >>> 0 !== value)
    throw ck.CkError.mechanismParamInvalid("a number of the parameter does not fit into 32 bits");
  return value;
}

/** Returns `value` as an enum value of any type. Errors: CKR_MECHANISM_PARAM_INVALID. */
function wireEnum(value: number): UnknownEnum {
  if ((value | 0) !== value || value < 0) {
    throw ck.CkError.mechanismParamInvalid("an enumeration of the parameter is out of range");
  }
  return value as UnknownEnum;
}

function wireVendorEnum(value: number): UnknownEnum {
  return wireEnum(value >= DOMAIN_VENDOR ? value - DOMAIN_VENDOR + WIRE_VENDOR : value);
}

/**
 * Returns the OAEP label. Errors: CKR_MECHANISM_PARAM_INVALID for an unknown type, and for a label whose type says that there is
 * none.
 */
function oaepLabel(type: wire.RSAOAEPParm_ParmType, label: Uint8Array): { encodingParm?: Uint8Array } {
  if (type === wire.RSAOAEPParm_ParmType.CkzNoDataSpecified) {
    if (label.length === 0) return {};
    throw ck.CkError.mechanismParamInvalid("there is an EncodingParm, but EncodingParmType is 0: a label has type 1");
  }
  if (type === wire.RSAOAEPParm_ParmType.CkzDataSpecifiied) return { encodingParm: label };
  throw ck.CkError.mechanismParamInvalid("EncodingParmType is neither 0 nor 1");
}

/**
 * Converts the parameter in a request; undefined if it is absent or empty. Errors: CKR_MECHANISM_PARAM_INVALID,
 * CKR_ARGUMENTS_BAD.
 */
function parseParameter(parameter: WireParameter): ck.MechanismParameter | undefined {
  switch (parameter.case) {
    case undefined:
      return undefined;
    case "ParameterB":
      return parameter.value.length === 0 ? undefined : parameter.value;
    case "RSAOAEPParameter": {
      const { HashMech, Mgf, EncodingParmType, EncodingParm } = parameter.value;
      const label = oaepLabel(EncodingParmType, EncodingParm);
      return { type: "RSAOAEPParm", hashMech: numberOf(HashMech, "HashMech"), mgf: vendorNumberOf(Mgf), ...label };
    }
    case "RSAPSSParameter": {
      const { HashMech, Mgf, SaltByteCount } = parameter.value;
      const hashMech = numberOf(HashMech, "HashMech");
      return {
        type: "RSAPSSParm",
        hashMech,
        mgf: vendorNumberOf(Mgf),
        saltByteCount: numberOf(SaltByteCount, "SaltByteCount"),
      };
    }
    case "ECDH1DeriveParameter": {
      const { Kdf, SharedData, PublicData } = parameter.value;
      return { type: "ECDH1DeriveParm", kdf: vendorNumberOf(Kdf), sharedData: SharedData, publicData: PublicData };
    }
    case "BTCDeriveParameter": {
      const { Type, ChildKeyIndex, ChainCode, Version } = parameter.value;
      return {
        type: "BTCDeriveParm",
        deriveType: enumNumberOf(Type),
        childKeyIndex: numberOf(ChildKeyIndex, "ChildKeyIndex"),
        chainCode: ChainCode,
        version: numberOf(Version, "Version"),
      };
    }
    case "ECSGParameter":
      return { type: "ECSGParm", ecsgType: enumNumberOf(parameter.value.Type) };
    case "KyberKEMParameter": {
      const { Version, Mode, Kdf, Prepend, CipherText, SharedData, Blob } = parameter.value;
      return {
        type: "KyberKEMParm",
        version: Version,
        mode: enumNumberOf(Mode),
        kdf: vendorNumberOf(Kdf),
        prepend: Prepend,
        cipherText: CipherText,
        sharedData: SharedData,
        blob: Blob,
      };
    }
    case "ECAGGParameter": {
      const { Version, Mode, PerElementSize, Elements } = parameter.value;
      const mode = enumNumberOf(Mode);
      return { type: "ECAGGParm", version: Version, mode, perElementSize: PerElementSize, elements: Elements };
    }
  }
}

/**
 * Converts a structured parameter to its message. Errors: CKR_MECHANISM_PARAM_INVALID, CKR_ARGUMENTS_BAD for numbers out of
 * range.
 */
function wireStructure(p: Structure): WireParameter {
  switch (p.type) {
    case "RSAOAEPParm":
      return {
        case: "RSAOAEPParameter",
        value: create(wire.RSAOAEPParmSchema, {
          HashMech: wireInteger(p.hashMech, "HashMech"),
          Mgf: wireVendorEnum(p.mgf),
          EncodingParmType:
            wire.RSAOAEPParm_ParmType[p.encodingParm === undefined ? "CkzNoDataSpecified" : "CkzDataSpecifiied"],
          ...(p.encodingParm === undefined ? {} : { EncodingParm: p.encodingParm }),
        }),
      };
    case "RSAPSSParm":
      return {
        case: "RSAPSSParameter",
        value: create(wire.RSAPSSParmSchema, {
          HashMech: wireInteger(p.hashMech, "HashMech"),
          Mgf: wireVendorEnum(p.mgf),
          SaltByteCount: wireInteger(p.saltByteCount, "SaltByteCount"),
        }),
      };
    case "ECDH1DeriveParm":
      return {
        case: "ECDH1DeriveParameter",
        value: create(wire.ECDH1DeriveParmSchema, {
          Kdf: wireVendorEnum(p.kdf),
          SharedData: p.sharedData,
          PublicData: p.publicData,
        }),
      };
    case "BTCDeriveParm":
      return {
        case: "BTCDeriveParameter",
        value: create(wire.BTCDeriveParmSchema, {
          Type: wireEnum(p.deriveType),
          ChildKeyIndex: wireInteger(p.childKeyIndex, "ChildKeyIndex"),
          ChainCode: p.chainCode,
          Version: wireInteger(p.version, "Version"),
        }),
      };
    case "ECSGParm":
      return { case: "ECSGParameter", value: create(wire.ECSGParmSchema, { Type: wireEnum(p.ecsgType) }) };
    case "KyberKEMParm":
      return {
        case: "KyberKEMParameter",
        value: create(wire.KyberKEMParmSchema, {
          Version: wireUint32(p.version),
          Mode: wireEnum(p.mode),
          Kdf: wireVendorEnum(p.kdf),
          Prepend: p.prepend,
          CipherText: p.cipherText,
          SharedData: p.sharedData,
          Blob: p.blob,
        }),
      };
    case "ECAGGParm":
      return {
        case: "ECAGGParameter",
        value: create(wire.ECAGGParmSchema, {
          Version: wireUint32(p.version),
          Mode: wireEnum(p.mode),
          PerElementSize: wireUint32(p.perElementSize),
          Elements: p.elements,
        }),
      };
  }
}

function wireMechanism({ mechanism, parameter }: ck.Mechanism): wire.Mechanism {
  const message = create(wire.MechanismSchema);
  message.Mechanism = wireInteger(mechanism, "Mechanism");
  if (parameter instanceof Uint8Array) message.Parameter = { case: "ParameterB", value: parameter };
  else if (parameter !== undefined) message.Parameter = wireStructure(parameter);
  return message;
}

/**
 * Creates a field for a mechanism. Errors: CKR_MECHANISM_INVALID if the message has none or its number is above 2^53;
 * CKR_MECHANISM_PARAM_INVALID, CKR_ARGUMENTS_BAD for the numbers inside its parameter.
 */
export function mechanism<N extends string>(name: N): Field<ck.Mechanism, { [K in N]?: wire.Mechanism | undefined }> {
  return {
    decode: (message) => {
      const given = message[name];
      if (given === undefined) throw new ck.CkError(ck.CKR_MECHANISM_INVALID, "the request has no mechanism");
      const parameter = parseParameter(given.Parameter);
      const number = mechanismNumberOf(given.Mechanism);
      return parameter === undefined ? { mechanism: number } : { mechanism: number, parameter };
    },
    encode: (value, message) => {
      (message as Record<string, wire.Mechanism>)[name] = wireMechanism(value);
    },
  };
}

/**
 * The CKM_* in a GetMechanismInfo request. The oldest clients send it in another field. Errors: CKR_MECHANISM_INVALID above 2^53.
 */
export const mechanismNumber: Field<number, Has<"Mech" | "OldMech", bigint>> = {
  decode: (message) => mechanismNumberOf(message.Mech === 0n ? message.OldMech : message.Mech),
  encode: (value, message) => {
    message.Mech = wireInteger(value, "Mech");
  },
};
