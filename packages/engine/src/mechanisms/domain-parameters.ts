/** Domain parameters of DSA and Diffie-Hellman in templates: how a key pair generation receives them. */
import {
  CKA_IBM_STRUCT_PARAMS,
  CKO_DOMAIN_PARAMETERS,
  CKR_DOMAIN_PARAMS_INVALID,
  CkError,
  type Template,
} from "@grep11/cryptoki";
import type { KeyMaterial } from "../objects/key.ts";
import { bytesIn, requirePresent } from "../objects/template-values.ts";
import { DerReader, EncodingError } from "../primitives/der.ts";

const SEQUENCE = 0x30;

/** Clear domain parameters as GenerateKey answers them. */
export function domainParameters(keyType: number, value: Uint8Array): KeyMaterial {
  return { objectClass: CKO_DOMAIN_PARAMETERS, keyType, value };
}

/**
 * The numbers in CKA_IBM_STRUCT_PARAMS, without leading zeros: a SEQUENCE as parameter generation answers it, or the
 * numbers one behind the other, each as long as the prime (openCryptoki); else those in `attributes`, the prime first.
 * Errors: CKR_TEMPLATE_INCOMPLETE, CKR_DOMAIN_PARAMS_INVALID.
 */
export function domainNumbersIn(template: Template, attributes: readonly number[]): Uint8Array[] {
  const packed = bytesIn(template, CKA_IBM_STRUCT_PARAMS);
  if (packed === undefined) {
    return attributes.map((attribute) => withoutLeadingZeros(requirePresent(bytesIn(template, attribute), attribute)));
  }
  // A prime fills whole bytes, so its first one is 0x80 or more.
  return packed[0] === SEQUENCE ? unpackDer(packed, attributes.length) : unpackEqualParts(packed, attributes.length);
}

/** CKR_DOMAIN_PARAMS_INVALID. */
export function domainParametersInvalid(detail: string): CkError {
  return new CkError(CKR_DOMAIN_PARAMS_INVALID, detail);
}

function unpackDer(der: Uint8Array, count: number): Uint8Array[] {
  try {
    const reader = DerReader.sequence(der);
    const numbers = Array.from({ length: count }, () => reader.integer());
    reader.end();
    return numbers;
  } catch (error) {
    if (error instanceof EncodingError)
      throw domainParametersInvalid(`the parameters are no SEQUENCE of ${count} INTEGERs`);
    throw error;
  }
}

function unpackEqualParts(packed: Uint8Array, count: number): Uint8Array[] {
  const length = packed.length / count;
  if (!Number.isInteger(length)) throw domainParametersInvalid(`the parameters are no ${count} numbers of one length`);
  return Array.from({ length: count }, (_, index) =>
    withoutLeadingZeros(packed.subarray(index * length, (index + 1) * length)),
  );
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first);
}
