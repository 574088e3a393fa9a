/** How the parameters of one mechanism are written behind its colon. */
import { type HashName, mechanism } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import type * as ck from "@grep11/cryptoki";
import { parseHex } from "../terminal/output.ts";

/** Named values as they were written. */
export type Values = ReadonlyMap<string, string>;

/** What a mechanism takes behind the colon. */
export interface Syntax {
  readonly keys: readonly string[];
  /** The parameter; undefined when it comes from elsewhere or stays out. Errors: UsageError. */
  parse(values: Values): ck.MechanismParameter | undefined;
}

/** The bytes of `key`. Errors: UsageError for anything but hexadecimal, and for nothing. */
export function optionalHex(values: Values, key: string): Uint8Array | undefined {
  const value = values.get(key);
  return value === undefined ? undefined : parseParameterHex(value, key);
}

/**
 * The bytes of a parameter. Empty text is what an unset variable of the shell leaves, and an IV or a label that is silently none
 * does harm: write 0x for no bytes. Errors: UsageError.
 */
export function parseParameterHex(text: string, what: string): Uint8Array {
  if (text === "") throw new UsageError(`${what} is empty: is a shell variable not set? write 0x for no bytes`);
  return parseHex(text, what);
}

/** The bytes of `key`. Errors: UsageError, also when it is missing or empty. */
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

/** The number `key`. Errors: UsageError, also when it is missing. */
export function requireNumber(values: Values, key: string): number {
  const number = optionalNumber(values, key);
  if (number === undefined) throw new UsageError(`the mechanism needs ${key}=`);
  return number;
}

/** The flag `key`; false when it is missing. Errors: UsageError. */
export function optionalFlag(values: Values, key: string): boolean {
  const value = values.get(key) ?? "false";
  if (value !== "true" && value !== "false") throw new UsageError(`${key} is true or false`);
  return value === "true";
}

/** The value of `key` as one of the names of `choices`. Errors: UsageError, also when it is missing. */
export function requireChoice<V>(values: Values, key: string, choices: Readonly<Record<string, V>>): V {
  const name = values.get(key);
  const choice = name !== undefined && Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (choice === undefined) throw new UsageError(`the mechanism needs ${key}=${Object.keys(choices).join("|")}`);
  return choice;
}

/** The hash `name`: sha256, SHA-256, sha3-256. Errors: UsageError. */
export function parseHash(name: string): HashName {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, "");
  const hash = mechanism.hashNames.find((known) => plain(known) === plain(name));
  if (hash === undefined) throw new UsageError(`${name} is not a hash; there are ${mechanism.hashNames.join(", ")}`);
  return hash;
}

/** The hash `key`, SHA-256 when it is missing. Errors: UsageError. */
export function hashIn(values: Values, key = "hash"): HashName {
  return parseHash(values.get(key) ?? "sha256");
}

/** `bytes` under `name`, or nothing: an option of a builder that may be left out. */
export function optional<K extends string, V>(name: K, value: V | undefined): { [Name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [Name in K]?: V });
}
