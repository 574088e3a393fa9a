/** Mechanisms as people write them: `SHA256`, `CKM_AES_CBC_PAD:iv=00..`, `RSA_PKCS_OAEP:hash=sha256`. */
import { mechanism as build, type HashName } from "@grep11/client";
import { nearest, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { ASYMMETRIC_SYNTAX } from "./asymmetric-syntax.ts";
import { DERIVATION_SYNTAX } from "./derivation-syntax.ts";
import {
  hashIn,
  optionalHex,
  optionalNumber,
  parseHash,
  parseParameterHex,
  type Syntax,
  type Values,
} from "./parameter-syntax.ts";
import { PASSWORD_SYNTAX } from "./password-syntax.ts";
import { bytesSyntax, SYMMETRIC_SYNTAX } from "./symmetric-syntax.ts";

const IV = bytesSyntax("iv");

const OAEP: Syntax = {
  keys: ["hash", "mgf", "label"],
  parse: (values) => {
    const hash = hashIn(values);
    const label = optionalHex(values, "label");
    const mgf = parseHash(values.get("mgf") ?? hash);
    return build.rsaOaep({ hash, mgf, ...(label === undefined ? {} : { label }) }).parameter;
  },
};

function pss(fixed?: HashName): Syntax {
  return {
    keys: fixed === undefined ? ["hash", "salt"] : ["salt"],
    parse: (values) => {
      const saltLength = optionalNumber(values, "salt");
      const hash = fixed ?? hashIn(values);
      return build.rsaPss({ hash, ...(saltLength === undefined ? {} : { saltLength }) }).parameter;
    },
  };
}

const ECDH: Syntax = {
  keys: ["public", "kdf", "shared"],
  parse: (values) => {
    const publicData = optionalHex(values, "public");
    const kdf = values.get("kdf");
    const sharedData = optionalHex(values, "shared");
    return build.ecdh1({
      // The peer's point may come from --peer instead: see commands/derive.ts.
      publicData: publicData ?? new Uint8Array(0),
      ...(kdf === undefined || kdf === "null" ? {} : { kdf: kdf === "hybrid" ? kdf : parseHash(kdf) }),
      ...(sharedData === undefined ? {} : { sharedData }),
    }).parameter;
  },
};

const SYNTAX: ReadonlyMap<number, Syntax> = new Map<number, Syntax>([
  [ck.CKM_AES_CBC, IV],
  [ck.CKM_AES_CBC_PAD, IV],
  [ck.CKM_DES3_CBC, IV],
  [ck.CKM_DES3_CBC_PAD, IV],
  [ck.CKM_RSA_PKCS_OAEP, OAEP],
  [ck.CKM_RSA_PKCS_PSS, pss()],
  [ck.CKM_SHA1_RSA_PKCS_PSS, pss("sha1")],
  [ck.CKM_SHA224_RSA_PKCS_PSS, pss("sha224")],
  [ck.CKM_SHA256_RSA_PKCS_PSS, pss("sha256")],
  [ck.CKM_SHA384_RSA_PKCS_PSS, pss("sha384")],
  [ck.CKM_SHA512_RSA_PKCS_PSS, pss("sha512")],
  [ck.CKM_SHA3_224_RSA_PKCS_PSS, pss("sha3-224")],
  [ck.CKM_SHA3_256_RSA_PKCS_PSS, pss("sha3-256")],
  [ck.CKM_SHA3_384_RSA_PKCS_PSS, pss("sha3-384")],
  [ck.CKM_SHA3_512_RSA_PKCS_PSS, pss("sha3-512")],
  [ck.CKM_ECDH1_DERIVE, ECDH],
  [ck.CKM_ECDH1_COFACTOR_DERIVE, ECDH],
  [ck.CKM_IBM_EC_X25519, ECDH],
  [ck.CKM_IBM_EC_X448, ECDH],
  ...SYMMETRIC_SYNTAX,
  ...ASYMMETRIC_SYNTAX,
  ...DERIVATION_SYNTAX,
  ...[...PASSWORD_SYNTAX].map(
    ([number, { keys }]) => [number, { keys, parse: () => refuseElsewhere(number) }] as const,
  ),
]);

/** Mechanisms with a password are built by key gen, which reads it. */
function refuseElsewhere(number: number): never {
  throw new UsageError(`${ck.ckmName(number)} makes keys of passwords: use it with key gen`);
}

/** What each mechanism with parameters takes, for the help: name and keys. */
export function mechanismSyntax(): readonly (readonly [name: string, keys: readonly string[]])[] {
  return [...SYNTAX].map(([number, { keys }]) => [ck.ckmName(number), keys] as const);
}

/**
 * The mechanism in `text`, with the parameter `parameterHex` when that is given. A mechanism with structured parameters
 * gets the defaults of the syntax above (OAEP and PSS: SHA-256, a salt as long as the hash); a missing IV stays missing,
 * see carried-iv.ts. Errors: UsageError.
 */
export function parseMechanism(text: string, parameterHex?: string): ck.Mechanism {
  const { number, values } = readMechanism(text);
  if (PASSWORD_SYNTAX.has(number)) refuseElsewhere(number);
  const parameter =
    parameterHex === undefined ? SYNTAX.get(number)?.parse(values) : parseParameterHex(parameterHex, "--param-hex");
  return { mechanism: number, ...(parameter === undefined ? {} : { parameter }) };
}

/** The number of the mechanism in `text` and the values behind its colon, which are of keys that it takes. Errors: UsageError. */
export function readMechanism(text: string): { number: number; values: Values } {
  const colon = text.indexOf(":");
  const number = parseMechanismName(colon < 0 ? text : text.slice(0, colon));
  const values = parseValues(colon < 0 ? "" : text.slice(colon + 1));
  const keys = SYNTAX.get(number)?.keys;
  const unknown = [...values.keys()].find((key) => !keys?.includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`${ck.ckmName(number)} takes ${keys?.join(", ") ?? "no parameter by name"}, not ${unknown}`);
  }
  return { number, values };
}

/** The mechanism of --mech and --param-hex (MECHANISM in flags.ts), else `otherwise`. Errors: UsageError. */
export function chooseMechanism(
  flags: { readonly mech: string | undefined; readonly "param-hex": string | undefined },
  otherwise: () => ck.Mechanism,
): ck.Mechanism {
  if (flags.mech !== undefined) return parseMechanism(flags.mech, flags["param-hex"]);
  if (flags["param-hex"] !== undefined) throw new UsageError("--param-hex needs --mech");
  return otherwise();
}

/** The CKM_* of a name with or without CKM_, in any case. Errors: UsageError. */
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

function parseValues(text: string): Map<string, string> {
  const pairs = text === "" ? [] : text.split(",");
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw new UsageError(`a mechanism's parameters are written key=value, not ${pair}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
