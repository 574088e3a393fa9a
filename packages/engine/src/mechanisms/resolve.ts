/** From a mechanism number to its row, if the policy allows it for the function that asks. */
import {
  CKF_DECRYPT,
  CKF_DERIVE,
  CKF_DIGEST,
  CKF_ENCRYPT,
  CKF_GENERATE,
  CKF_GENERATE_KEY_PAIR,
  CKF_SIGN,
  CKF_UNWRAP,
  CKF_VERIFY,
  CKF_WRAP,
  CkError,
  ckmName,
  type MechanismInfo,
  XCP_CPB_DECRYPT_ASYMM,
  XCP_CPB_DECRYPT_SYMM,
  XCP_CPB_DERIVE,
  XCP_CPB_ENCRYPT_SYMM,
  XCP_CPB_KEYGEN_ASYMM,
  XCP_CPB_KEYGEN_SYMM,
  XCP_CPB_SIGN_ASYMM,
  XCP_CPB_SIGN_SYMM,
  XCP_CPB_SIGVERIFY_SYMM,
  XCP_CPB_UNWRAP_ASYMM,
  XCP_CPB_UNWRAP_SYMM,
  XCP_CPB_WRAP_ASYMM,
  XCP_CPB_WRAP_SYMM,
} from "@grep11/cryptoki";
import { keyTypeRules } from "../objects/key-types.ts";
import type { Policy } from "../policy.ts";
import type { MechanismRow, Shape } from "./row.ts";

/** The mechanisms of one engine: the table as the policy and the options leave it. */
export interface Mechanisms {
  /** The row of `mechanism`, which must offer `flag`. Errors: CKR_MECHANISM_INVALID, CKR_FUNCTION_CANCELED. */
  resolve(mechanism: number, flag: number): MechanismRow;
  /** Listed mechanisms, in order. */
  list(): readonly number[];
  /** CK_MECHANISM_INFO. Errors: CKR_MECHANISM_INVALID. */
  info(mechanism: number): MechanismInfo;
}

/** The control points of a function, by the kind of key: `symmetric` and `asymmetric` (0: nothing governs it). */
const FUNCTIONS: readonly { flag: number; symmetric: number; asymmetric: number }[] = [
  { flag: CKF_ENCRYPT, symmetric: XCP_CPB_ENCRYPT_SYMM, asymmetric: 0 },
  { flag: CKF_DECRYPT, symmetric: XCP_CPB_DECRYPT_SYMM, asymmetric: XCP_CPB_DECRYPT_ASYMM },
  { flag: CKF_DIGEST, symmetric: 0, asymmetric: 0 },
  { flag: CKF_SIGN, symmetric: XCP_CPB_SIGN_SYMM, asymmetric: XCP_CPB_SIGN_ASYMM },
  { flag: CKF_VERIFY, symmetric: XCP_CPB_SIGVERIFY_SYMM, asymmetric: 0 },
  { flag: CKF_GENERATE, symmetric: XCP_CPB_KEYGEN_SYMM, asymmetric: XCP_CPB_KEYGEN_SYMM },
  { flag: CKF_GENERATE_KEY_PAIR, symmetric: 0, asymmetric: XCP_CPB_KEYGEN_ASYMM },
  { flag: CKF_WRAP, symmetric: XCP_CPB_WRAP_SYMM, asymmetric: XCP_CPB_WRAP_ASYMM },
  { flag: CKF_UNWRAP, symmetric: XCP_CPB_UNWRAP_SYMM, asymmetric: XCP_CPB_UNWRAP_ASYMM },
  { flag: CKF_DERIVE, symmetric: XCP_CPB_DERIVE, asymmetric: XCP_CPB_DERIVE },
];

/** All function flags: a row that has none of them left is gone. */
const FUNCTION_FLAGS = FUNCTIONS.reduce((flags, { flag }) => flags | flag, 0);

/** The flags of `row` that the policy leaves. */
function allowedFlags(row: MechanismRow, policy: Policy): number {
  if (!row.controlPoints.every((controlPoint) => policy.allows(controlPoint))) return 0;
  const first = row.keyTypes[0];
  const symmetric = first !== undefined && keyTypeRules(first)?.kind === "secret";
  let flags = row.flags;
  for (const { flag, ...controlPoints } of FUNCTIONS) {
    const controlPoint = symmetric ? controlPoints.symmetric : controlPoints.asymmetric;
    if (controlPoint !== 0 && row.keyTypes.length > 0 && !policy.allows(controlPoint)) flags &= ~flag;
  }
  return flags;
}

/** The view of `rows` under `policy`. */
export function createMechanisms(rows: readonly MechanismRow[], policy: Policy): Mechanisms {
  const known = new Map(rows.map((row) => [row.mechanism, { row, flags: allowedFlags(row, policy) }]));
  const list = rows
    .filter((row) => row.listed && (known.get(row.mechanism)!.flags & FUNCTION_FLAGS) !== 0)
    .map((row) => row.mechanism);
  return {
    list: () => list,
    resolve(mechanism, flag) {
      const entry = known.get(mechanism);
      if (entry === undefined) throw CkError.mechanismInvalid(mechanism, "is not known");
      if ((entry.row.flags & flag) === 0) throw CkError.mechanismInvalid(mechanism, "is not for this function");
      if ((entry.flags & flag) === 0) {
        throw CkError.functionCanceled(`a control point of the policy forbids ${ckmName(mechanism)}`);
      }
      return entry.row;
    },
    info(mechanism) {
      const entry = known.get(mechanism);
      if (entry === undefined || (entry.flags & FUNCTION_FLAGS) === 0) {
        throw CkError.mechanismInvalid(mechanism, "is not offered");
      }
      return { minKeySize: entry.row.size.min, maxKeySize: entry.row.size.max, flags: entry.flags };
    },
  };
}

/** Throws CKR_MECHANISM_INVALID unless the row allows calls of this shape. */
export function requireShape(row: MechanismRow, shape: Shape): void {
  const legal = shape === "single-only" || row.shape === "multi" || row.shape === shape;
  if (legal) return;
  const only = row.shape === "single-only" ? "only works with the *Single functions" : "does not work in parts";
  throw CkError.mechanismInvalid(row.mechanism, only);
}
