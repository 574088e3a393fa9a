/** Rules for the key that wraps or unwraps another (KEK), and for the MAC key that some mechanisms need in addition. */
import * as ck from "@grep11/cryptoki";
import type { OpenedKey } from "../blobs/key-cache.ts";
import type { Context } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean } from "../objects/booleans.ts";
import type { Key, KeyMaterial } from "../objects/key.ts";
import { strengthOf } from "../objects/strength.ts";
import { type KeySide, openAnyKey, requireFittingKey, requireUsage } from "./open-key.ts";

/** The CKR_* of WrapKey or UnwrapKey for a KEK that is absent, or of the wrong type. */
export interface KekErrors {
  readonly invalid: number;
  readonly inconsistent: number;
}

/** Throws `to` if `check` throws `from`, because the errors of a KEK have codes of their own. */
function renamed<T>(from: number, to: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof ck.CkError && error.rv === from ? new ck.CkError(to, error.detail) : error;
  }
}

/** Throws the errors of openAnyKey, but `invalid` if the KEK is absent. */
export function openKek(context: Context, argument: ck.KeyArgument | undefined, { invalid }: KekErrors): OpenedKey {
  return renamed(ck.CKR_KEY_HANDLE_INVALID, invalid, () => openAnyKey(context, argument));
}

/** Throws `inconsistent` unless the mechanism takes KEKs of this type and the KEK is the right half of a pair. */
export function requireFittingKek(row: MechanismRow, kek: Key, side: KeySide, { inconsistent }: KekErrors): void {
  renamed(ck.CKR_KEY_TYPE_INCONSISTENT, inconsistent, () => requireFittingKey(row, kek, side));
}

/** Whether the mechanism wraps keys together with their attributes. */
export function carriesAttributes(row: MechanismRow): boolean {
  return row.transport === "attribute-bound";
}

/** Throws CKR_KEY_FUNCTION_NOT_PERMITTED if either only the KEK or only the mechanism is attribute-bound. */
export function requireBinding(row: MechanismRow, kek: Key): void {
  if (carriesAttributes(row) !== hasBoolean(kek.booleans, ck.CKA_IBM_ATTRBOUND)) {
    throw new ck.CkError(
      ck.CKR_KEY_FUNCTION_NOT_PERMITTED,
      "an attribute-bound KEK wraps only attribute-bound keys, and only it does",
    );
  }
}

/** Throws CKR_WRAPPING_KEY_SIZE_RANGE for a key that is stronger than the one that encrypts it, unless the policy allows it. */
export function requireStrongKek(
  { policy }: Context,
  { family }: MechanismRow,
  parameter: unknown,
  kek: Key,
  key: KeyMaterial,
): void {
  if (policy.allows(ck.XCP_CPB_WRAP_STRONGER_KEY)) return;
  const strength = Math.min(strengthOf(kek), family.carrierBits?.(parameter) ?? Number.POSITIVE_INFINITY);
  if (strength < strengthOf(key))
    throw new ck.CkError(ck.CKR_WRAPPING_KEY_SIZE_RANGE, "the KEK is weaker than the key");
}

/**
 * Returns the MAC key of an attribute-bound transport; undefined for other mechanisms. Errors: those of openAnyKey and
 * requireUsage, CKR_KEY_FUNCTION_NOT_PERMITTED unless the MAC key is attribute-bound.
 */
export function openMacKey(
  context: Context,
  row: MechanismRow,
  argument: ck.KeyArgument | undefined,
  usage: number,
): Key | undefined {
  if (!carriesAttributes(row)) return undefined;
  const { key } = openAnyKey(context, argument);
  requireUsage(context, key, usage);
  if (!hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND)) {
    throw new ck.CkError(ck.CKR_KEY_FUNCTION_NOT_PERMITTED, "the MAC key is not attribute-bound");
  }
  return key;
}
