/** Parses mechanisms given as text: `SHA256`, `CKM_AES_CBC_PAD:iv=00..`, `RSA_PKCS_OAEP:hash=sha256`. */
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

/** The values after the colon of a mechanism, by key. */
export type Values = ReadonlyMap<string, string>;

/** Mechanisms whose parameters come from the commands `derive-path`, `encapsulate` and `decapsulate`. */
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

/** The keys of each mechanism that accepts any, for the help. */
export const MECHANISM_KEYS: readonly (readonly [name: string, keys: readonly string[]])[] = MECHANISMS.map(
  (mechanism) => [ck.ckmName(mechanism), keysOf(mechanism)] as const,
).filter(([, keys]) => keys.length > 0);

const shortName = (mechanism: number) => ck.ckmName(mechanism).replace("CKM_", "");

/** Names of mechanisms without CKM_, which completion suggests. */
export const MECHANISM_NAMES: readonly string[] = MECHANISMS.map(shortName);

/**
 * Returns suggestions for --mech: names of mechanisms, and `NAME:key=` for their keys. They are either those that derive from
 * passwords, or all others.
 */
export function mechanismSuggestions(forPasswords = false): readonly string[] {
  return MECHANISMS.filter((mechanism) => takesPassword(mechanism) === forPasswords).flatMap((mechanism) => [
    shortName(mechanism),
    ...keysOf(mechanism).map((key) => `${shortName(mechanism)}:${key}=`),
  ]);
}

/**
 * Parses a mechanism. `parameterHex` overrides its parameter. Members that are not given have the defaults of the mechanism's
 * definition (for OAEP and PSS: SHA-256, and a salt as long as the hash). Only an IV that can be sent with the ciphertext is left
 * out, see carried-iv.ts. Errors: UsageError; CKR_MECHANISM_PARAM_INVALID.
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

/**
 * Returns the number of the mechanism in `text` and the values after its colon. Checks that the mechanism accepts their keys.
 * Errors: UsageError.
 */
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
 * Returns the parameter of `mechanism` that has the members `members` and those in the texts `values`, or undefined if it takes
 * none. Errors: UsageError; CKR_MECHANISM_PARAM_INVALID.
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

/**
 * Returns the mechanism given by --mech and --param-hex (MECHANISM in flags.ts), or `otherwise` if none is given. Errors:
 * UsageError.
 */
export function chooseMechanism(
  flags: { readonly mech: string | undefined; readonly "param-hex": string | undefined },
  otherwise: () => ck.Mechanism,
): ck.Mechanism {
  if (flags.mech !== undefined) return parseMechanism(flags.mech, flags["param-hex"]);
  if (flags["param-hex"] !== undefined) throw new UsageError("--param-hex needs --mech");
  return otherwise();
}

/** Returns the CKM_* of a name, with or without CKM_ and ignoring case. Errors: UsageError. */
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
