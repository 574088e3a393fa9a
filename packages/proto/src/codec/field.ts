/**
 * Describes how a property of a cryptoki value is written to a message and read from it. The table in `methods.ts` consists of
 * such fields.
 */
import * as ck from "@grep11/cryptoki";
import type { BackwardWriter } from "./backward-writer.ts";

/**
 * Converts a value of type `T` to and from fields of messages that have at least the fields of `W`. For a field of a response,
 * `R` is the type of the request message.
 */
export interface Field<T, W, R = unknown> {
  /** Reads the value. Errors: mostly CKR_ARGUMENTS_BAD, otherwise those that the field names. */
  readonly decode: (message: W) => T;
  /** Writes the value into an empty message. */
  readonly encode: (value: T, message: W, request?: R) => void;
  /** The fields of the message that contain the value, if it can be written without creating a message. */
  readonly direct?: readonly DirectField<T>[];
}

/** Writes a field of a message directly as bytes, with the same result as `encode` and protobuf. */
export interface DirectField<T> {
  readonly name: string;
  /** Errors: as `encode`. */
  readonly write: (value: T, writer: BackwardWriter, number: number) => void;
}

/** A message with a field `N` of type `V`. */
export type Has<N extends string, V> = { [K in N]: V };

const NO_BYTES = new Uint8Array(0);

/**
 * Returns `message` with a type that allows assignments to its field `name`. TypeScript does not allow them for the generic type.
 */
function own<N extends string, V>(message: Has<N, V>): Record<string, V> {
  return message;
}

/** Creates a bytes field. In proto3, an absent field and an empty one are the same. */
export function bytes<N extends string>(name: N): Field<Uint8Array, Has<N, Uint8Array>> {
  return {
    decode: (message) => message[name],
    encode: (value, message) => {
      own(message)[name] = value;
    },
    direct: [directBytes(name, (value) => value)],
  };
}

/** Creates a field with the bytes that `bytesOf` returns for the value. If there are no bytes, the field is left out. */
export function directBytes<T>(name: string, bytesOf: (value: T) => Uint8Array): DirectField<T> {
  return {
    name,
    write(value, writer, number) {
      const found = bytesOf(value);
      if (found.length !== 0) writer.bytes(number, found);
    },
  };
}

/** Creates a bytes field whose value is undefined if it is empty. */
export function optionalBytes<N extends string>(name: N): Field<Uint8Array | undefined, Has<N, Uint8Array>> {
  return {
    decode: (message) => (message[name].length === 0 ? undefined : message[name]),
    encode: (value, message) => {
      own(message)[name] = value ?? NO_BYTES;
    },
  };
}

/** Creates a uint64 field. Errors: CKR_ARGUMENTS_BAD above 2^53 - 1. */
export function uint64<N extends string>(name: N): Field<number, Has<N, bigint>> {
  return {
    decode: (message) => numberOf(message[name], name),
    encode: (value, message) => {
      own(message)[name] = wireInteger(value, name);
    },
  };
}

/** Creates a repeated uint64 field. Errors: as uint64. */
export function uint64List<N extends string>(name: N): Field<readonly number[], Has<N, bigint[]>> {
  return {
    decode: (message) => message[name].map((value) => numberOf(value, name)),
    encode: (value, message) => {
      own(message)[name] = value.map((one) => wireInteger(one, name));
    },
  };
}

/** Converts the `value` of the field `name` to a number without rounding. Errors: CKR_ARGUMENTS_BAD above 2^53 - 1. */
export function numberOf(value: bigint, name: string): number {
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw ck.CkError.argumentsBad(`${name}: expected an integer from 0 to 2^53 - 1`);
  return result;
}

/** The smallest number above 2^32 that {@link constantOf} converts: -2^31 in two's complement with 64 bits. */
const SIGN_EXTENDED = 2n ** 64n - 2n ** 31n;

/**
 * Converts `value` to a PKCS #11 constant (CKM_*, CKA_*), all of which have 32 bits; returns undefined for other values. Vendor
 * constants begin at 2^31, which is negative as a 32-bit int, so programs in Java or C may send them sign-extended to 64 bits.
 * These numbers are accepted too.
 */
export function constantOf(value: bigint): number | undefined {
  if (value >= 0n && value < 2n ** 32n) return Number(value);
  return value >= SIGN_EXTENDED && value < 2n ** 64n ? Number(value & 0xffffffffn) : undefined;
}

/** Converts `value` to a CKM_*. Errors: CKR_MECHANISM_INVALID for a value that is not a constant. */
export function mechanismNumberOf(value: bigint): number {
  const result = constantOf(value);
  if (result === undefined) throw new ck.CkError(ck.CKR_MECHANISM_INVALID, "the mechanism is not a 32-bit number");
  return result;
}

/** Converts the `value` of the field `name` to a uint64. Errors: CKR_ARGUMENTS_BAD unless it is an integer from 0 to 2^53 - 1. */
export function wireInteger(value: number, name: string): bigint {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw ck.CkError.argumentsBad(`${name}: expected an integer from 0 to 2^53 - 1`);
  }
  return BigInt(value);
}
