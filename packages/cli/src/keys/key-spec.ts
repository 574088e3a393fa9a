/** Parses key types such as `aes:256`, and builds templates for keys of these types. */
import { ecParams, parameterSet, template } from "@grep11/client";
import { type Flags, nearest, UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import { parseAttributeText } from "./attributes.ts";
import { KEY_TYPES, type KeyType, type KeyTypeName, USAGES, type Usage } from "./key-types.ts";

/** Curves whose short names are key types of their own on the command line. */
const CURVE_TYPES: Readonly<Record<string, ck.CurveName>> = {
  ed25519: "Ed25519",
  ed448: "Ed448",
  x25519: "X25519",
  x448: "X448",
  bls: "BLS12-381",
};

export interface KeySpec {
  readonly type: KeyTypeName;
  /** The size in bits, if one was given. */
  readonly bits?: number;
  readonly curve?: ck.CurveName;
  /** The parameter set of a post-quantum key. */
  readonly set?: ck.ParameterSetName;
}

/**
 * Parses a key type, ignoring case. After a colon follow the size in bits (`rsa:3072`), the curve (`ec:P-256`) or the parameter
 * set (`ml-dsa:65`). `ec:` can be omitted. Curves may also have their names in OpenSSL and SEC 2 (prime256v1, secp256r1) or
 * EP11 (BP-256R). Errors: UsageError.
 */
export function parseKeySpec(text: string): KeySpec {
  const [given = "", size] = text.split(":", 2);
  const name = given.toLowerCase();
  const curve = CURVE_TYPES[name] ?? curveNamed(name);
  if (curve !== undefined && size === undefined) return { type: "ec", curve };
  if (!Object.hasOwn(KEY_TYPES, name)) {
    const meant = nearest(text, [...KEY_EXAMPLES, ...Object.keys(KEY_TYPES)]);
    const next =
      meant === undefined
        ? `there are ${[...Object.keys(KEY_TYPES), ...Object.keys(CURVE_TYPES)].join(", ")}`
        : `did you mean ${meant}?`;
    throw new UsageError(`${text} is not a key type; ${next}`);
  }
  const type = name as KeyTypeName;
  if (size === undefined) return { type };
  if (type === "ec") return { type, curve: parseCurve(size) };
  if (setsOf(type).length > 0) return { type, set: parseSet(type, size) };
  if (!/^\d{1,5}$/.test(size)) throw new UsageError(`the size of ${type} is a number of bits, not ${size}`);
  return { type, bits: Number(size) };
}

/** Returns the curve called `name`, ignoring case. Errors: UsageError. */
export function parseCurve(name: string): ck.CurveName {
  const curve = curveNamed(name);
  if (curve !== undefined) return curve;
  const meant = nearest(name, ck.curveNames);
  throw new UsageError(
    `${name} is not a curve; ${meant === undefined ? `there are ${ck.curveNames.join(", ")}` : `did you mean ${meant}?`}`,
  );
}

/** Matches the names that NIST's curves have in OpenSSL, in SEC 2 and elsewhere. */
const NIST_CURVE = /^(?:(?:nist-?)?p-?(192|224|256|384|521)|(?:secp|prime)(192|224|256|384|521)(?:r1|v1))$/;

/** Matches the names that Brainpool curves have in EP11. */
const BRAINPOOL_CURVE = /^bp-?(\d{3})([rt])1?$/;

function curveNamed(name: string): ck.CurveName | undefined {
  const small = name.toLowerCase();
  const nist = NIST_CURVE.exec(small);
  const brainpool = BRAINPOOL_CURVE.exec(small);
  const usual =
    nist !== null ? `p-${nist[1] ?? nist[2]}` : brainpool !== null ? `bp-${brainpool[1]}${brainpool[2]}` : small;
  return ck.curveNamed(usual);
}

function setsOf(type: KeyTypeName): readonly ck.ParameterSetName[] {
  return ck.parameterSetNames.filter((name) => name.startsWith(`${type}-`));
}

function parseSet(type: KeyTypeName, name: string): ck.ParameterSetName {
  const set = setsOf(type).find((known) => known === `${type}-${name.toLowerCase()}`);
  if (set === undefined) throw new UsageError(`${name} is not a parameter set of ${type}; there are ${setTexts(type)}`);
  return set;
}

function setTexts(type: KeyTypeName): string {
  return setsOf(type)
    .map((set) => set.replace(`${type}-`, `${type}:`))
    .join(", ");
}

/** Types of secret keys with common sizes, which completion suggests. */
export const SECRET_KEY_EXAMPLES: readonly string[] = [
  ...["aes:256", "aes:192", "aes:128", "aes-xts:512", "aes-xts:256"],
  ...["chacha20", "des3", "des2", "generic:256", "generic:512"],
];

/** The option --type of commands that derive a secret key. */
export const NEW_SECRET_KEY = {
  type: {
    kind: "text",
    value: "TYPE",
    help: "type and size of the new key",
    default: "aes:256",
    suggestions: SECRET_KEY_EXAMPLES,
  },
} as const satisfies Flags;

/** Types of key pairs with common sizes, all curves and all parameter sets, which completion suggests. */
export const KEY_PAIR_EXAMPLES: readonly string[] = [
  ...["rsa:2048", "rsa:3072", "rsa:4096", "dsa:2048", "dh:2048"],
  ...ck.curveNames.filter((name) => ecName(name)).map((name) => `ec:${name}`),
  ...Object.keys(CURVE_TYPES),
  ...(Object.keys(KEY_TYPES) as KeyTypeName[]).flatMap((type) =>
    setsOf(type).map((set) => set.replace(`${type}-`, `${type}:`)),
  ),
];

export const KEY_EXAMPLES: readonly string[] = [...SECRET_KEY_EXAMPLES, ...KEY_PAIR_EXAMPLES];

/** Returns whether the curve is usually written after `ec:`. */
function ecName(name: ck.CurveName): boolean {
  return !Object.values(CURVE_TYPES).includes(name);
}

/** The parsed values of the options in RIGHTS (see flags.ts). */
export interface RightsFlags {
  readonly usage: string | undefined;
  readonly extractable: boolean;
  readonly attr: readonly string[];
}

/** Returns the template of a new secret or private key, with class, key type, `size` and rights. Errors: UsageError. */
export function keyTemplate(cko: number, spec: KeySpec, flags: RightsFlags, size: ck.Template = new Map()) {
  const { keyType } = KEY_TYPES[spec.type];
  return new Map([...template({ CKA_CLASS: cko, CKA_KEY_TYPE: keyType }), ...size, ...rightsTemplate(spec, flags)]);
}

/**
 * Returns the rights of a new secret or private key. Each right that its type can have is either granted or denied, so the HSM's
 * defaults do not matter. CKA_EXTRACTABLE is false without --extractable. --attr overrides everything. Errors: UsageError.
 */
export function rightsTemplate(spec: KeySpec, flags: RightsFlags): ck.Template {
  const { rights } = typeOf(spec);
  return new Map([
    ...grants(rights, usageOf(spec, flags)),
    [ck.CKA_EXTRACTABLE, flags.extractable] as const,
    ...flags.attr.map(parseAttributeText),
  ]);
}

/** Returns the rights of the public key of a new key pair. Errors: UsageError. */
export function publicRightsTemplate(spec: KeySpec, flags: Pick<RightsFlags, "usage">): ck.Template {
  return grants(typeOf(spec).publicRights ?? [], usageOf(spec, flags));
}

/** Returns the properties of a key type. Keys on X25519 and X448 can agree on keys but cannot sign. */
function typeOf({ type, curve }: KeySpec): KeyType {
  if (curve !== "X25519" && curve !== "X448") return KEY_TYPES[type];
  return { ...KEY_TYPES.ec, rights: ["derive", "unwrap"], publicRights: ["wrap"], defaultUsage: ["derive"] };
}

function usageOf(spec: KeySpec, { usage }: Pick<RightsFlags, "usage">): readonly Usage[] {
  const { rights, publicRights = [], defaultUsage } = typeOf(spec);
  if (usage === undefined) return defaultUsage;
  const possible: readonly string[] = [...rights, ...publicRights];
  return usage.split(",").map((name) => {
    if (!possible.includes(name))
      throw new UsageError(`a key of type ${spec.type} cannot ${name}; it can ${possible.join(", ")}`);
    return name as Usage;
  });
}

function grants(rights: readonly Usage[], granted: readonly Usage[]): ck.Template {
  return new Map(rights.map((right) => [USAGES[right], granted.includes(right)]));
}

/** Returns the CKA_EC_PARAMS of the curve. Errors: UsageError if no curve was given. */
export function requireCurve({ curve }: KeySpec): Uint8Array {
  if (curve === undefined) throw new UsageError("name the curve, such as ec:P-256");
  return ecParams(curve);
}

/** Returns the attributes that select the parameter set. Errors: UsageError if none was given. */
export function requireSet({ type, set }: KeySpec): ck.Template {
  if (set === undefined) throw new UsageError(`name the parameter set: ${setTexts(type)}`);
  return parameterSet(set);
}

/** Returns whether the type has parameter sets. */
export function hasSets({ type }: KeySpec): boolean {
  return setsOf(type).length > 0;
}

/** Returns CKA_VALUE_LEN if keys of the type can have different lengths. Errors: as {@link requireBytes}. */
export function sizeTemplate(spec: KeySpec): ck.Template {
  return KEY_TYPES[spec.type].sized ? template({ CKA_VALUE_LEN: requireBytes(spec) }) : new Map();
}

/** Returns CKA_VALUE_LEN if a size was given. Errors: as {@link requireBytes}. */
export function givenSize(spec: KeySpec): ck.Template {
  return spec.bits === undefined ? new Map() : template({ CKA_VALUE_LEN: requireBytes(spec) });
}

/** Returns the size in bytes. Errors: UsageError if no size was given, or if it is not a whole number of bytes. */
function requireBytes(spec: KeySpec): number {
  const bits = requireBits(spec);
  if (bits % 8 !== 0) throw new UsageError(`${bits} bits are not whole bytes`);
  return bits / 8;
}

/** Returns the size in bits. Errors: UsageError if none was given. */
export function requireBits({ type, bits }: KeySpec): number {
  if (bits === undefined)
    throw new UsageError(`name the size of the key in bits, such as ${type}:${type === "rsa" ? 3072 : 256}`);
  return bits;
}
