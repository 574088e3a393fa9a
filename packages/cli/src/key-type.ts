/** Key types as the command line writes them, and the rights a key of each type can have. */
import { type AttributeName, type CurveName, curveNames, ecParams, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { parseAttributeText } from "./attributes.ts";
import { UsageError } from "./usage-error.ts";

/** A right, as --usage writes it. */
export type Usage = "encrypt" | "decrypt" | "sign" | "verify" | "wrap" | "unwrap" | "derive";

const ATTRIBUTE_OF_USAGE = {
  encrypt: "CKA_ENCRYPT",
  decrypt: "CKA_DECRYPT",
  sign: "CKA_SIGN",
  verify: "CKA_VERIFY",
  wrap: "CKA_WRAP",
  unwrap: "CKA_UNWRAP",
  derive: "CKA_DERIVE",
} as const satisfies Record<Usage, AttributeName>;

/** What a key of one type can do. */
export interface KeyKind {
  readonly keyType: number;
  /** CKM_* that generates it. */
  readonly generation: number;
  /** Rights of a secret or private key. */
  readonly rights: readonly Usage[];
  /** Rights of the public key of a pair; absent for secret keys. */
  readonly publicRights?: readonly Usage[];
  /** Rights without --usage. */
  readonly defaultUsage: readonly Usage[];
}

const SECRET = ["encrypt", "decrypt", "sign", "verify", "wrap", "unwrap", "derive"] as const;

/** Key types by name. */
export const KEY_KINDS = {
  aes: { keyType: ck.CKK_AES, generation: ck.CKM_AES_KEY_GEN, rights: SECRET, defaultUsage: ["encrypt", "decrypt"] },
  des2: { keyType: ck.CKK_DES2, generation: ck.CKM_DES2_KEY_GEN, rights: SECRET, defaultUsage: ["encrypt", "decrypt"] },
  des3: { keyType: ck.CKK_DES3, generation: ck.CKM_DES3_KEY_GEN, rights: SECRET, defaultUsage: ["encrypt", "decrypt"] },
  generic: {
    keyType: ck.CKK_GENERIC_SECRET,
    generation: ck.CKM_GENERIC_SECRET_KEY_GEN,
    rights: ["sign", "verify", "derive"],
    defaultUsage: ["sign", "verify"],
  },
  rsa: {
    keyType: ck.CKK_RSA,
    generation: ck.CKM_RSA_PKCS_KEY_PAIR_GEN,
    rights: ["decrypt", "sign", "unwrap"],
    publicRights: ["encrypt", "verify", "wrap"],
    defaultUsage: ["encrypt", "decrypt", "sign", "verify"],
  },
  ec: {
    keyType: ck.CKK_EC,
    generation: ck.CKM_EC_KEY_PAIR_GEN,
    rights: ["sign", "derive"],
    publicRights: ["verify"],
    defaultUsage: ["sign", "verify"],
  },
  dsa: {
    keyType: ck.CKK_DSA,
    generation: ck.CKM_DSA_KEY_PAIR_GEN,
    rights: ["sign"],
    publicRights: ["verify"],
    defaultUsage: ["sign", "verify"],
  },
  dh: {
    keyType: ck.CKK_DH,
    generation: ck.CKM_DH_PKCS_KEY_PAIR_GEN,
    rights: ["derive"],
    publicRights: ["derive"],
    defaultUsage: ["derive"],
  },
} as const satisfies Record<string, KeyKind>;

/** Names of {@link KEY_KINDS}. */
export type KeyKindName = keyof typeof KEY_KINDS;

/** Curves that are key types of their own on the command line. */
const CURVE_KINDS: Readonly<Record<string, CurveName>> = {
  ed25519: "Ed25519",
  ed448: "Ed448",
  x25519: "X25519",
  x448: "X448",
};

/** A key type with its size or curve. */
export interface KeySpec {
  readonly kind: KeyKindName;
  /** Size in bits; undefined where the type or the parameters settle it. */
  readonly bits?: number;
  readonly curve?: CurveName;
}

/**
 * `aes:256`, `des3`, `generic:256`, `rsa:3072`, `ec:P-256`, `ed25519`, `dsa:2048`, `dh`: numbers are bits.
 * Errors: UsageError.
 */
export function parseKeySpec(text: string): KeySpec {
  const [name = "", size] = text.split(":", 2);
  const curve = CURVE_KINDS[name.toLowerCase()];
  if (curve !== undefined && size === undefined) return { kind: "ec", curve };
  if (!Object.hasOwn(KEY_KINDS, name)) {
    const names = [...Object.keys(KEY_KINDS), ...Object.keys(CURVE_KINDS)].join(", ");
    throw new UsageError(`${name} is not a key type; there are ${names}`);
  }
  const kind = name as KeyKindName;
  if (size === undefined) return { kind };
  if (kind === "ec") return { kind, curve: parseCurve(size) };
  if (!/^\d{1,5}$/.test(size)) throw new UsageError(`the size of ${kind} is a number of bits, not ${size}`);
  return { kind, bits: Number(size) };
}

function parseCurve(name: string): CurveName {
  const curve = curveNames.find((known) => known.toLowerCase() === name.toLowerCase());
  if (curve === undefined) throw new UsageError(`${name} is not a curve; there are ${curveNames.join(", ")}`);
  return curve;
}

/** The options of RIGHTS in flags.ts. */
export interface RightsFlags {
  readonly usage: string | undefined;
  readonly extractable: boolean;
  readonly attr: readonly string[];
}

/**
 * The rights part of a template for a secret or private key: each right of its type is granted or denied, nothing is
 * left to the HSM's defaults; CKA_EXTRACTABLE is false unless asked for; --attr has the last word. Errors: UsageError.
 */
export function rightsTemplate(spec: KeySpec, flags: RightsFlags): ck.Template {
  const { rights } = kindOf(spec);
  return new Map([
    ...grants(rights, usageOf(spec, flags)),
    [ck.CKA_EXTRACTABLE, flags.extractable] as const,
    ...flags.attr.map(parseAttributeText),
  ]);
}

/** The rights part of a template for the public key of a pair. Errors: UsageError. */
export function publicRightsTemplate(spec: KeySpec, flags: Pick<RightsFlags, "usage">): ck.Template {
  return grants(kindOf(spec).publicRights ?? [], usageOf(spec, flags));
}

/** The row of a key type; curves for key agreement derive and do not sign. */
function kindOf({ kind, curve }: KeySpec): KeyKind {
  if (curve !== "X25519" && curve !== "X448") return KEY_KINDS[kind];
  return { ...KEY_KINDS.ec, rights: ["derive"], publicRights: [], defaultUsage: ["derive"] };
}

function usageOf(spec: KeySpec, { usage }: Pick<RightsFlags, "usage">): readonly Usage[] {
  const { rights, publicRights = [], defaultUsage } = kindOf(spec);
  if (usage === undefined) return defaultUsage;
  const possible: readonly string[] = [...rights, ...publicRights];
  return usage.split(",").map((name) => {
    if (!possible.includes(name))
      throw new UsageError(`a key of type ${spec.kind} cannot ${name}; it can ${possible.join(", ")}`);
    return name as Usage;
  });
}

function grants(rights: readonly Usage[], granted: readonly Usage[]): ck.Template {
  return template(Object.fromEntries(rights.map((right) => [ATTRIBUTE_OF_USAGE[right], granted.includes(right)])));
}

/** CKA_EC_PARAMS of the curve. Errors: UsageError when none was named. */
export function requireCurve({ curve }: KeySpec): Uint8Array {
  if (curve === undefined) throw new UsageError("name the curve, such as ec:P-256");
  return ecParams(curve);
}

/** The size in bytes. Errors: UsageError when none was named or it is not whole bytes. */
export function requireBytes(spec: KeySpec): number {
  const bits = requireBits(spec);
  if (bits % 8 !== 0) throw new UsageError(`${bits} bits are not whole bytes`);
  return bits / 8;
}

/** The size in bits. Errors: UsageError when none was named. */
export function requireBits({ kind, bits }: KeySpec): number {
  if (bits === undefined)
    throw new UsageError(`name the size of the key in bits, such as ${kind}:${kind === "rsa" ? 3072 : 256}`);
  return bits;
}
