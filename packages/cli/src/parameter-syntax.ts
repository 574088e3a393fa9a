/** How the parameters of one mechanism are written behind its colon. */
import type { MechanismParameter } from "@grep11/cryptoki";
import { parseHex } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** Named values as they were written. */
export type Values = ReadonlyMap<string, string>;

/** What a mechanism takes behind the colon. */
export interface Syntax {
  readonly keys: readonly string[];
  /** The parameter; undefined when it comes from elsewhere or stays out. Errors: UsageError. */
  parse(values: Values): MechanismParameter | undefined;
}

/** The bytes of `key`. Errors: UsageError for anything but hexadecimal. */
export function optionalHex(values: Values, key: string): Uint8Array | undefined {
  const value = values.get(key);
  return value === undefined ? undefined : parseHex(value, key);
}

/** The bytes of `key`. Errors: UsageError, also when it is missing. */
export function requireHex(values: Values, key: string): Uint8Array {
  const value = optionalHex(values, key);
  if (value === undefined) throw new UsageError(`the mechanism needs ${key}=`);
  return value;
}

/** The number `key`, not negative. Errors: UsageError. */
export function optionalNumber(values: Values, key: string): number | undefined {
  const value = values.get(key);
  if (value !== undefined && !/^\d{1,9}$/.test(value)) throw new UsageError(`${key} is a number`);
  return value === undefined ? undefined : Number(value);
}
