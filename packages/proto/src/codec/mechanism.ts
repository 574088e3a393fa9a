/** Creates the fields for mechanisms, and converts their parameters. */
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import * as ck from "@grep11/cryptoki";
import * as wire from "../gen/grep11/server_pb.ts";
import type { BackwardWriter } from "./backward-writer.ts";
import { type Fields, messageCodec } from "./codec.ts";
import { bytes, type Field, type Has, mechanismNumberOf, uint64, wireInteger } from "./field.ts";

type WireParameter = wire.Mechanism["Parameter"];
type Structure = Exclude<ck.MechanismParameter, Uint8Array>;

/** IBM's CKD_* and CKG_* have bit 31 set, which does not fit into a protobuf enum. In messages, bit 23 is set instead. */
const DOMAIN_VENDOR = 0x80000000;
const WIRE_VENDOR = 0x800000;

/** Creates a field whose values `decode` and `encode` convert. */
function converted<N extends string>(
  name: N,
  decode: (value: number) => number,
  encode: (value: number) => number,
): Field<number, Has<N, number>> {
  return {
    decode: (message) => decode(message[name]),
    encode: (value, message) => {
      (message as Record<string, number>)[name] = encode(value);
    },
  };
}

/** Creates a uint32 field. Errors: CKR_MECHANISM_PARAM_INVALID. */
function uint32<N extends string>(name: N): Field<number, Has<N, number>> {
  return converted(name, Number, (value) => {
    if (value >>> 0 === value) return value;
    throw ck.CkError.mechanismParamInvalid("a number of the parameter does not fit into 32 bits");
  });
}

/** Returns the number of an enum in a request. Errors: CKR_MECHANISM_PARAM_INVALID below 0. */
function enumNumberOf(value: number): number {
  if (value < 0) throw ck.CkError.mechanismParamInvalid("an enumeration of the parameter is negative");
  return value;
}

/** Returns `value` as the number of an enum. Errors: CKR_MECHANISM_PARAM_INVALID. */
function wireEnum(value: number): number {
  if ((value | 0) === value && value >= 0) return value;
  throw ck.CkError.mechanismParamInvalid("an enumeration of the parameter is out of range");
}

/** Creates a field for an enum. Errors: CKR_MECHANISM_PARAM_INVALID. */
function enumeration<N extends string>(name: N): Field<number, Has<N, number>> {
  return converted(name, enumNumberOf, wireEnum);
}

/** Creates a field for a CKD_* or CKG_*. Errors: CKR_MECHANISM_PARAM_INVALID. */
function vendorEnumeration<N extends string>(name: N): Field<number, Has<N, number>> {
  return converted(
    name,
    (value) => {
      const number = enumNumberOf(value);
      return number >= WIRE_VENDOR ? number - WIRE_VENDOR + DOMAIN_VENDOR : number;
    },
    (value) => wireEnum(value >= DOMAIN_VENDOR ? value - DOMAIN_VENDOR + WIRE_VENDOR : value),
  );
}

const prepend: Field<boolean, wire.KyberKEMParm> = {
  decode: (message) => message.Prepend,
  encode: (value, message) => {
    message.Prepend = value;
  },
};

const { CkzNoDataSpecified, CkzDataSpecifiied } = wire.RSAOAEPParm_ParmType;

/** The OAEP label. Errors: CKR_MECHANISM_PARAM_INVALID if the type of the label is unknown, or is 0 although there is a label. */
const oaepLabel: Field<Uint8Array | undefined, wire.RSAOAEPParm> = {
  decode({ EncodingParmType: type, EncodingParm: label }) {
    if (type === CkzDataSpecifiied) return label;
    if (type !== CkzNoDataSpecified) throw ck.CkError.mechanismParamInvalid("EncodingParmType is neither 0 nor 1");
    if (label.length === 0) return undefined;
    throw ck.CkError.mechanismParamInvalid("there is an EncodingParm, but EncodingParmType is 0: a label has type 1");
  },
  encode(label, message) {
    message.EncodingParmType = label === undefined ? CkzNoDataSpecified : CkzDataSpecifiied;
    if (label !== undefined) message.EncodingParm = label;
  },
};

/** Converts between a structure and its message. Errors: CKR_MECHANISM_PARAM_INVALID, CKR_ARGUMENTS_BAD for numbers out of range. */
interface StructureCodec {
  readonly decode: (message: object) => Structure;
  readonly encode: (value: Structure) => WireParameter;
  /** Writes the field of Mechanism that `encode` fills. */
  readonly write: (value: Structure, writer: BackwardWriter) => void;
}

/** The codecs by the name of the message's field in Mechanism. */
const byCase = new Map<string, StructureCodec>();

function structure<T extends Structure["type"], S extends DescMessage>(
  type: T,
  schema: S,
  fields: Fields<Omit<Extract<Structure, { readonly type: T }>, "type">, MessageShape<S>>,
): StructureCodec {
  const { localName, number } = wire.MechanismSchema.fields.find(({ message }) => message === schema)!;
  const codec = messageCodec(schema, fields);
  const converter: StructureCodec = {
    decode: (message) => ({ type, ...codec.decode(message as MessageShape<S>) }) as unknown as Structure,
    encode: (value) => ({ case: localName, value: codec.encode(value as never) }) as unknown as WireParameter,
    write: (value, writer) => writer.bytes(number, codec.write(value as never)),
  };
  byCase.set(localName, converter);
  return converter;
}

const STRUCTURES: Readonly<Record<Structure["type"], StructureCodec>> = {
  RSAOAEPParm: structure("RSAOAEPParm", wire.RSAOAEPParmSchema, {
    hashMech: uint64("HashMech"),
    mgf: vendorEnumeration("Mgf"),
    encodingParm: oaepLabel,
  }),
  RSAPSSParm: structure("RSAPSSParm", wire.RSAPSSParmSchema, {
    hashMech: uint64("HashMech"),
    mgf: vendorEnumeration("Mgf"),
    saltByteCount: uint64("SaltByteCount"),
  }),
  ECDH1DeriveParm: structure("ECDH1DeriveParm", wire.ECDH1DeriveParmSchema, {
    kdf: vendorEnumeration("Kdf"),
    sharedData: bytes("SharedData"),
    publicData: bytes("PublicData"),
  }),
  BTCDeriveParm: structure("BTCDeriveParm", wire.BTCDeriveParmSchema, {
    deriveType: enumeration("Type"),
    childKeyIndex: uint64("ChildKeyIndex"),
    chainCode: bytes("ChainCode"),
    version: uint64("Version"),
  }),
  ECSGParm: structure("ECSGParm", wire.ECSGParmSchema, {
    ecsgType: enumeration("Type"),
  }),
  KyberKEMParm: structure("KyberKEMParm", wire.KyberKEMParmSchema, {
    version: uint32("Version"),
    mode: enumeration("Mode"),
    kdf: vendorEnumeration("Kdf"),
    prepend,
    cipherText: bytes("CipherText"),
    sharedData: bytes("SharedData"),
    blob: bytes("Blob"),
  }),
  ECAGGParm: structure("ECAGGParm", wire.ECAGGParmSchema, {
    version: uint32("Version"),
    mode: enumeration("Mode"),
    perElementSize: uint32("PerElementSize"),
    elements: bytes("Elements"),
  }),
};

/** Converts the parameter in a request; undefined if it is absent or empty. Errors: those of StructureCodec. */
function parseParameter(parameter: WireParameter): ck.MechanismParameter | undefined {
  if (parameter.case === undefined) return undefined;
  if (parameter.case !== "ParameterB") return byCase.get(parameter.case)!.decode(parameter.value);
  return parameter.value.length === 0 ? undefined : parameter.value;
}

const { Mechanism, ParameterB } = wire.MechanismSchema.field;

function wireMechanism({ mechanism, parameter }: ck.Mechanism): wire.Mechanism {
  const message = create(wire.MechanismSchema);
  message.Mechanism = wireInteger(mechanism, "Mechanism");
  if (parameter instanceof Uint8Array) message.Parameter = { case: "ParameterB", value: parameter };
  else if (parameter !== undefined) message.Parameter = STRUCTURES[parameter.type].encode(parameter);
  return message;
}

/** Writes the message of wireMechanism directly as bytes. */
function writeMechanism({ mechanism, parameter }: ck.Mechanism, writer: BackwardWriter, number: number): void {
  const before = writer.length;
  if (parameter instanceof Uint8Array) writer.bytes(ParameterB.number, parameter);
  else if (parameter !== undefined) STRUCTURES[parameter.type].write(parameter, writer);
  if (mechanism !== 0) writer.integer(Mechanism.number, Number(wireInteger(mechanism, "Mechanism")));
  writer.close(number, before);
}

/**
 * Creates a field for a mechanism. Fails with:
 * - CKR_MECHANISM_INVALID if the message has no mechanism or its number does not have 32 bits,
 * - CKR_MECHANISM_PARAM_INVALID or CKR_ARGUMENTS_BAD for a wrong number inside its parameter.
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
    direct: [{ name, write: writeMechanism }],
  };
}

/**
 * The CKM_* in a GetMechanismInfo request, which the oldest clients send in another field. Errors: CKR_MECHANISM_INVALID for more
 * than 32 bits.
 */
export const mechanismNumber: Field<number, Has<"Mech" | "OldMech", bigint>> = {
  decode: (message) => mechanismNumberOf(message.Mech === 0n ? message.OldMech : message.Mech),
  encode: (value, message) => {
    message.Mech = wireInteger(value, "Mech");
  },
};
