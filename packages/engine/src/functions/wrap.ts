import * as ck from "@grep11/cryptoki";
import type { Context, EngineFunction } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean } from "../objects/booleans.ts";
import type { Key } from "../objects/key.ts";
import { requireAllowedKek, requireAllowedUse, requireMayLeave } from "../objects/policy/policy-rules.ts";
import {
  carriesAttributes,
  type KekErrors,
  openKek,
  openMacKey,
  requireBinding,
  requireFittingKek,
  requireStrongKek,
} from "./kek.ts";
import { openAnyKey, requireUsage } from "./open-key.ts";
import { Operation } from "./operation.ts";

const KEK_ERRORS: KekErrors = {
  invalid: ck.CKR_WRAPPING_KEY_HANDLE_INVALID,
  inconsistent: ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
};

/** Follows docs/reference/ep11.md#attribute-rules and docs/reference/ep11.md#attribute-bound. */
function requireWrappable(row: MechanismRow, key: Key, kek: Key): void {
  if (key.objectClass === ck.CKO_PUBLIC_KEY) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "public keys are not wrapped");
  }
  if (!hasBoolean(key.booleans, ck.CKA_EXTRACTABLE)) {
    throw new ck.CkError(ck.CKR_KEY_UNEXTRACTABLE, "the key was made with CKA_EXTRACTABLE false");
  }
  const bound = hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND);
  if (bound && !carriesAttributes(row)) {
    throw new ck.CkError(
      ck.CKR_KEY_NOT_WRAPPABLE,
      "an attribute-bound key is wrapped only together with its attributes",
    );
  }
  if (!bound && carriesAttributes(row)) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "the key is not attribute-bound");
  }
  if (hasBoolean(key.booleans, ck.CKA_WRAP_WITH_TRUSTED) && !hasBoolean(kek.booleans, ck.CKA_TRUSTED)) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "the key is wrapped only with a trusted KEK");
  }
}

function requireKekUsage(context: Context, kek: Key): void {
  requireUsage(context, kek, ck.CKA_WRAP);
  requireAllowedKek(context.policy, kek);
}

export const wrapKey: EngineFunction<"wrapKey"> = async (
  context,
  { mech, key: argument, kek: kekArgument, macKey: macArgument },
  options,
) => {
  const { key } = openAnyKey(context, argument);
  const { key: kek, authentic } = openKek(context, kekArgument, KEK_ERRORS);
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_WRAP, kek);
  requireFittingKek(row, kek, "public", KEK_ERRORS);
  if (!authentic && !context.policy.allows(ck.XCP_CPB_WRAP_WITH_RAW_SPKI)) {
    throw ck.CkError.functionCanceled("the policy does not allow a public key without MAC as KEK; import it first");
  }
  if (authentic) requireKekUsage(context, kek);
  else requireAllowedUse(context.policy, kek);
  requireWrappable(row, key, kek);
  if (!carriesAttributes(row)) requireMayLeave(context.policy, key);
  requireAllowedUse(context.policy, key);
  requireBinding(row, kek);
  const macKey = openMacKey(context, row, macArgument, ck.CKA_SIGN);
  const parameter = row.read(mech.parameter);
  row.family.requireKey?.(kek, parameter);
  requireStrongKek(context, row, parameter, kek, key);
  return { wrapped: await new Operation(context, row, kek, parameter, options).run("wrap", key, macKey) };
};
