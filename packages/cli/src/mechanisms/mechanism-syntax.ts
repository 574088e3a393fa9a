/** Parses mechanisms that are given as text, such as `SHA256`, `CKM_AES_CBC_PAD:iv=00..` or `RSA_PKCS_OAEP:hash=sha256`. */
import { nearest, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import {
  definitionOf,
  ParameterTextError,
  parseBytes,
  parseParameter,
  SECTIONS,
  takesPassword,
  textMembers,
} from "@grep11/mechanisms";

/** The pairs `key=value` after the colon of a mechanism. */
export type Values = ReadonlyMap<string, string>;

/** Mechanisms that only the commands `derive path`, `encapsulate` and `decapsulate` use. They build the parameters themselves. */
const OF_OTHER_COMMANDS: readonly number[] = [
  ck.CKM_IBM_BTC_DERIVE,
  ck.CKM_IBM_ETH_DERIVE,
  ck.CKM_IBM_KYBER,
  ck.CKM_IBM_ML_KEM,
  ck.CKM_ML_KEM,
];

/** Returns the keys that `mechanism` accepts after the colon. */
export function keysOf(mechanism: number): readonly string[] {
  const definition = OF_OTHER_COMMANDS.includes(mechanism) ? undefined : definitionOf(mechanism);
  return definition === undefined ? [] : textMembers(definition.parameter).map(({ key }) => key);
}

/** All mechanisms in the order of docs/MECHANISMS.md. */
const MECHANISMS = SECTIONS.flatMap(({ mechanisms }) => mechanisms.map(([mechanism]) => mechanism));

/** The mechanisms that accept keys after the colon, with these keys, for the help. */
export const MECHANISM_KEYS: readonly (readonly [name: string, keys: readonly string[]])[] = MECHANISMS.map(
  (mechanism) => [ck.ckmName(mechanism), keysOf(mechanism)] as const,
).filter(([, keys]) => keys.length > 0);

const shortName = (mechanism: number) => ck.ckmName(mechanism).replace("CKM_", "");

/** The names of all mechanisms without CKM_, which completion suggests. */
export const MECHANISM_NAMES: readonly string[] = MECHANISMS.map(shortName);

/** Returns NAME and `NAME:key=` as suggestions for --mech, for mechanisms that derive from passwords or for all others. */
export function mechanismSuggestions(forPasswords = false): readonly string[] {
  return MECHANISMS.filter((mechanism) => takesPassword(mechanism) === forPasswords).flatMap((mechanism) => [
    shortName(mechanism),
    ...keysOf(mechanism).map((key) => `${shortName(mechanism)}:${key}=`),
  ]);
}

/**
 * Parses a mechanism. `parameterHex` replaces its whole parameter. Members that are not given have the defaults of the
 * mechanism's definition. An IV without a value is left out, because it can be sent with the ciphertext (see carried-iv.ts).
 * Errors: UsageError; CKR_MECHANISM_PARAM_INVALID.
 */
export function parseMechanism(text: string, parameterHex?: string): ck.Mechanism {
  const { mechanism, values } = readMechanism(text);
  if (takesPassword(mechanism)) {
    throw new UsageError(`${ck.ckmName(mechanism)} derives keys from passwords: use it with key gen`);
  }
  const parameter =
    parameterHex === undefined
      ? parameterOf(mechanism, values)
      : orUsageError(() => parseBytes(parameterHex, "--param-hex"));
  return { mechanism, ...(parameter === undefined ? {} : { parameter }) };
}

/** Returns the number of the mechanism in `text`, and the values after the colon. Errors: UsageError, also for unknown keys. */
export function readMechanism(text: string): { mechanism: number; values: Values } {
  const colon = text.indexOf(":");
  const mechanism = parseMechanismName(colon < 0 ? text : text.slice(0, colon));
  const values = parseValues(colon < 0 ? "" : text.slice(colon + 1));
  const keys = keysOf(mechanism);
  const unknown = [...values.keys()].find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    const known = keys.length === 0 ? "no parameter by name" : keys.join(", ");
    throw new UsageError(`${ck.ckmName(mechanism)} takes ${known}, not ${unknown}`);
  }
  return { mechanism, values };
}

/**
 * Builds the parameter of `mechanism` from `members` and from the texts `values`, or returns undefined if it takes none. Errors:
 * UsageError; CKR_MECHANISM_PARAM_INVALID.
 */
export function parameterOf(
  mechanism: number,
  values: Values,
  members?: Readonly<Record<string, unknown>>,
): ck.MechanismParameter | undefined {
  if (keysOf(mechanism).length === 0) return undefined;
  return orUsageError(() => parseParameter(definitionOf(mechanism)!.parameter, values, members));
}

function orUsageError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof ParameterTextError ? new UsageError(error.message) : error;
  }
}

/** Returns the mechanism of --mech and --param-hex, or the result of `otherwise` if the user gave none. Errors: UsageError. */
export function chooseMechanism(
  flags: { readonly mech: string | undefined; readonly "param-hex": string | undefined },
  otherwise: () => ck.Mechanism,
): ck.Mechanism {
  if (flags.mech !== undefined) return parseMechanism(flags.mech, flags["param-hex"]);
  if (flags["param-hex"] !== undefined) throw new UsageError("--param-hex needs --mech");
  return otherwise();
}

/** Returns the number of the mechanism `name`, which may lack CKM_, ignoring case. Errors: UsageError. */
export function parseMechanismName(name: string): number {
  const number = ck.ckmNumber(name) ?? ck.ckmNumber(name.toUpperCase());
  if (number === undefined) {
    const prefix = /^CKM_/i.test(name) ? "" : "CKM_";
    const meant = nearest(`${prefix}${name}`, ck.ckmNames())?.slice(prefix.length);
    const next = meant === undefined ? "see `grep11 mech list`" : `did you mean ${meant}?`;
    throw new UsageError(`${name} is not a mechanism; ${next}`);
  }
  return number;
}

function parseValues(text: string): Values {
  const pairs = text === "" ? [] : text.split(",");
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw new UsageError(`a mechanism's parameters are written key=value, not ${pair}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
