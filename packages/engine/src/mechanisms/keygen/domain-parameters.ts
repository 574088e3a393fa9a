import * as ck from "@grep11/cryptoki";
import { der, EncodingError } from "@grep11/encoding";
import type { KeyMaterial } from "../../objects/key.ts";
import { bytesIn, requirePresent } from "../../objects/template-values.ts";

export function domainParameters(keyType: number, value: Uint8Array): KeyMaterial {
  return { objectClass: ck.CKO_DOMAIN_PARAMETERS, keyType, value };
}

/**
 * Returns the numbers of DSA or Diffie-Hellman parameters without leading zeros, prime first. The template contains
 * them in one of three forms: as a SEQUENCE in CKA_IBM_STRUCT_PARAMS; concatenated in CKA_IBM_STRUCT_PARAMS, each as
 * long as the prime (openCryptoki); or in separate attributes, which `attributes` names. Errors:
 * CKR_TEMPLATE_INCOMPLETE, CKR_DOMAIN_PARAMS_INVALID.
 */
export function domainParametersIn<Name extends string>(
  template: ck.Template,
  attributes: Readonly<Record<Name, number>>,
  parse: (der: Uint8Array) => Readonly<Record<Name, Uint8Array>>,
): Readonly<Record<Name, Uint8Array>> {
  const packed = bytesIn(template, ck.CKA_IBM_STRUCT_PARAMS);
  // The length of a prime is a multiple of 8 bits, so its first byte is at least 0x80 and never the tag of a SEQUENCE.
  if (packed?.[0] === der.SEQUENCE_TAG) return parseOrRefuse(packed, parse);
  const names = Object.keys(attributes) as Name[];
  const numbers = packed
    ? equalParts(packed, names.length)
    : names.map((name) => requirePresent(bytesIn(template, attributes[name]), attributes[name]));
  const named = names.map((name, index) => [name, withoutLeadingZeros(numbers[index]!)] as const);
  return Object.fromEntries(named) as Record<Name, Uint8Array>;
}

export function domainParametersInvalid(detail: string): ck.CkError {
  return new ck.CkError(ck.CKR_DOMAIN_PARAMS_INVALID, detail);
}

function parseOrRefuse<T>(der: Uint8Array, parse: (der: Uint8Array) => T): T {
  try {
    return parse(der);
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw domainParametersInvalid("the parameters are not the DER of this key type");
  }
}

function equalParts(packed: Uint8Array, count: number): Uint8Array[] {
  const length = packed.length / count;
  if (!Number.isInteger(length))
    throw domainParametersInvalid(`the parameters are not ${count} numbers of equal length`);
  return Array.from({ length: count }, (_, index) => packed.subarray(index * length, (index + 1) * length));
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}
