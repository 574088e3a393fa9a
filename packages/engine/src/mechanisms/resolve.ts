import * as ck from "@grep11/cryptoki";
import type { KeyMaterial } from "../objects/key.ts";
import { keyTypeRules } from "../objects/key-types.ts";
import type { Policy } from "../objects/policy/policy.ts";
import { type RuntimeFeature, runtimeHas } from "../primitives/openssl/runtime-features.ts";
import type { MechanismRow, Shape } from "./row.ts";

/** The mechanisms of one engine: the rows of the mechanism table that its policy and its options permit. */
export interface Mechanisms {
  /**
   * Returns the row of `mechanism`, which must offer the function of `flag`, such as CKF_SIGN. If `key` is given, the
   * policy must allow the mechanism for such keys. Errors: CKR_MECHANISM_INVALID, CKR_FUNCTION_CANCELED.
   */
  resolve(mechanism: number, flag: number, key?: KeyMaterial): MechanismRow;
  list(): readonly number[];
  /** Returns CK_MECHANISM_INFO. Throws CKR_MECHANISM_INVALID. */
  info(mechanism: number): ck.MechanismInfo;
}

/** Kinds of keys that have different control points. `none` means that the mechanism works without a key. */
type KeyCategory = "secret" | "pair" | "none";

/** The control points of DeriveKey, whatever the base key is. */
const DERIVATION = [ck.XCP_CPB_DERIVE, ck.XCP_CPB_KEYGEN_SYMM];

/** The control points that must be on for a function, by the kind of its key. */
const FUNCTIONS: readonly ({ readonly flag: number } & Readonly<Record<KeyCategory, readonly number[]>>)[] = [
  { flag: ck.CKF_ENCRYPT, secret: [ck.XCP_CPB_ENCRYPT_SYMM], pair: [], none: [] },
  { flag: ck.CKF_DECRYPT, secret: [ck.XCP_CPB_DECRYPT_SYMM], pair: [ck.XCP_CPB_DECRYPT_ASYMM], none: [] },
  { flag: ck.CKF_DIGEST, secret: [], pair: [], none: [] },
  { flag: ck.CKF_SIGN, secret: [ck.XCP_CPB_SIGN_SYMM], pair: [ck.XCP_CPB_SIGN_ASYMM], none: [] },
  { flag: ck.CKF_VERIFY, secret: [ck.XCP_CPB_SIGVERIFY_SYMM], pair: [], none: [] },
  { flag: ck.CKF_GENERATE, secret: [ck.XCP_CPB_KEYGEN_SYMM], pair: [ck.XCP_CPB_KEYGEN_SYMM], none: [] },
  { flag: ck.CKF_GENERATE_KEY_PAIR, secret: [], pair: [ck.XCP_CPB_KEYGEN_ASYMM], none: [] },
  { flag: ck.CKF_WRAP, secret: [ck.XCP_CPB_WRAP_SYMM], pair: [ck.XCP_CPB_WRAP_ASYMM], none: [] },
  { flag: ck.CKF_UNWRAP, secret: [ck.XCP_CPB_UNWRAP_SYMM], pair: [ck.XCP_CPB_UNWRAP_ASYMM], none: [] },
  { flag: ck.CKF_DERIVE, secret: DERIVATION, pair: DERIVATION, none: DERIVATION },
];

/** The CKF_* of all functions. */
const FUNCTION_FLAGS = FUNCTIONS.reduce((flags, { flag }) => flags | flag, 0);

function flagsFor(kind: KeyCategory, row: MechanismRow, policy: Policy): number {
  const withheld = FUNCTIONS.filter((entry) => entry[kind].some((controlPoint) => !policy.allows(controlPoint)));
  return withheld.reduce((flags, { flag }) => flags & ~flag, transportFlags(row, policy));
}

/** Removes WrapKey and UnwrapKey if the policy does not accept the mechanism for them. */
function transportFlags({ mechanism, flags, transport }: MechanismRow, policy: Policy): number {
  const named = policy.transports?.has(mechanism) ?? true;
  const unbound = transport !== "keys" || policy.allows(ck.XCP_CPB_NON_ATTRBOUND);
  return named && unbound ? flags : flags & ~(ck.CKF_WRAP | ck.CKF_UNWRAP);
}

/** Returns the flags of `row` that the policy permits for at least one kind of key. */
function allowedFlags(row: MechanismRow, policy: Policy): number {
  if (!row.controlPoints.every((controlPoint) => policy.allows(controlPoint))) return 0;
  if (row.keyTypes.length === 0) return flagsFor("none", row, policy);
  const kinds = new Set<KeyCategory>(row.keyTypes.map((keyType) => keyTypeRules(keyType)?.kind ?? "pair"));
  return Array.from(kinds).reduce((flags, kind) => flags | flagsFor(kind, row, policy), 0);
}

/** Returns the rows that the runtime supports, without the functions that it does not support. */
export function availableRows(
  rows: readonly MechanismRow[],
  has: (feature: RuntimeFeature) => boolean = runtimeHas,
): readonly MechanismRow[] {
  const available = rows.map((row) =>
    row.needs === undefined || has(row.needs.feature) ? row : { ...row, flags: row.flags & ~row.needs.flags },
  );
  return available.filter(({ flags }) => (flags & FUNCTION_FLAGS) !== 0);
}

export function createMechanisms(rows: readonly MechanismRow[], policy: Policy): Mechanisms {
  const known = new Map(rows.map((row) => [row.mechanism, { row, flags: allowedFlags(row, policy) }]));
  const list = rows
    .filter((row) => row.listed && (known.get(row.mechanism)!.flags & FUNCTION_FLAGS) !== 0)
    .map((row) => row.mechanism);
  return {
    list: () => list,
    resolve(mechanism, flag, key) {
      const entry = known.get(mechanism);
      if (entry === undefined) throw ck.CkError.mechanismInvalid(mechanism, "is not known");
      if ((entry.row.flags & flag) === 0) throw ck.CkError.mechanismInvalid(mechanism, "is not for this function");
      const left = key === undefined ? entry.flags : entry.flags & flagsFor(kindOf(key), entry.row, policy);
      if ((left & flag) === 0) {
        throw ck.CkError.functionCanceled(`a control point of the policy forbids ${ck.ckmName(mechanism)}`);
      }
      return entry.row;
    },
    info(mechanism) {
      const entry = known.get(mechanism);
      if (entry === undefined || (entry.flags & FUNCTION_FLAGS) === 0) {
        throw ck.CkError.mechanismInvalid(mechanism, "is not offered");
      }
      return { minKeySize: entry.row.size.min, maxKeySize: entry.row.size.max, flags: entry.flags };
    },
  };
}

function kindOf({ objectClass }: KeyMaterial): KeyCategory {
  return objectClass === ck.CKO_SECRET_KEY ? "secret" : "pair";
}

/** Throws CKR_MECHANISM_INVALID unless the row allows calls of this shape for the function with `flag`. */
export function requireShape(row: MechanismRow, flag: number, shape: Shape): void {
  const widest = flag === ck.CKF_DECRYPT ? row.decryptShape : row.shape;
  if (shape === "single-only" || widest === "multi" || widest === shape) return;
  const only = widest === "single-only" ? "only works with the *Single functions" : "does not work in parts";
  throw ck.CkError.mechanismInvalid(row.mechanism, only);
}
