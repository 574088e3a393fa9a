import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { OpenedKey } from "../blobs/key-cache.ts";
import type { Context, EngineFunction } from "../context.ts";
import type { Derived } from "../mechanisms/family.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean, leavesUnderAnyKek } from "../objects/booleans.ts";
import { checkSum } from "../objects/check-value.ts";
import { createKey } from "../objects/create-key.ts";
import { KEY_UID_BYTES, type Key, type KeyMaterial } from "../objects/key.ts";
import { requireLegalTemplate } from "../objects/legal-template.ts";
import type { Policy } from "../objects/policy/policy.ts";
import { requireAllowedUse, separatesKeks } from "../objects/policy/policy-rules.ts";
import { MIN_HIDDEN_BYTES } from "../objects/strength.ts";
import { sealInEnvelope } from "./envelope.ts";
import { openAnyKey, requireMasterKey, requireUsage } from "./open-key.ts";
import { Operation } from "./operation.ts";

/** Opens a key inside a parameter. A secret key must be allowed to serve as data. */
function openParameterKey(context: Context, sealed: Uint8Array): Key {
  const { key } = openAnyKey(context, sealed);
  const secret = key.objectClass !== ck.CKO_PUBLIC_KEY;
  if (key.objectClass === ck.CKO_PRIVATE_KEY || (secret && !hasBoolean(key.booleans, ck.CKA_IBM_USE_AS_DATA))) {
    throw ck.CkError.actionProhibited("a secret key inside a parameter needs CKA_IBM_USE_AS_DATA");
  }
  requireAllowedUse(context.policy, key);
  return key;
}

/** Requires CKA_DERIVE, except of a public key without a MAC, or if only the public half is derived. */
function requireBaseKey(context: Context, row: MechanismRow, { key, authentic }: OpenedKey): void {
  if (!row.keyTypes.includes(key.keyType)) {
    throw ck.CkError.keyTypeInconsistent("the mechanism does not take keys of this type");
  }
  if (row.givesPublicHalf || !authentic) requireAllowedUse(context.policy, key);
  else requireUsage(context, key, ck.CKA_DERIVE);
}

/**
 * Throws CKR_KEY_SIZE_RANGE for a short secret that depends on keys which must not leave. Exhaustive search would find the
 * secret, and with derivations of increasing length, it would find those keys byte by byte.
 */
function requireHidden({ objectClass, value }: KeyMaterial, revealed: readonly Key[]): void {
  if (objectClass !== ck.CKO_SECRET_KEY || value.length >= MIN_HIDDEN_BYTES) return;
  if (revealed.every(({ booleans }) => leavesUnderAnyKek(booleans))) return;
  throw ck.CkError.keySizeRange("a key derived from one that must not leave has 112 bits or more");
}

/**
 * Throws for a key that consists of parts of secrets: CKR_TEMPLATE_INCONSISTENT if a secret must not leave,
 * CKR_FUNCTION_CANCELED if the policy promises to keep all keys secret.
 */
function requireWholeSecrets(policy: Policy, { cutsSecrets }: Derived, parameterKeys: readonly Key[]): void {
  if (!cutsSecrets) return;
  if (!parameterKeys.every(({ booleans }) => leavesUnderAnyKek(booleans))) {
    throw ck.CkError.templateInconsistent(
      "without a hash, a secret that must not leave can only become a generic secret of all its bytes",
    );
  }
  if (separatesKeks(policy)) {
    throw ck.CkError.functionCanceled(
      "without a hash, the policy lets two secrets only become a generic secret of all their bytes",
    );
  }
}

export const deriveKey: EngineFunction<"deriveKey"> = async (
  context,
  { mech, template, baseKey: argument, data },
  options,
) => {
  const opened = ck.sealedBytes(argument).length === 0 ? undefined : openAnyKey(context, argument);
  requireMasterKey(context);
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_DERIVE);
  if (opened !== undefined) requireBaseKey(context, row, opened);
  else if (row.keyTypes.length > 0) throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "the mechanism needs a base key");
  const baseKey = opened?.key;
  const parameter = row.read(mech.parameter);
  if (baseKey !== undefined) row.family.requireKey?.(baseKey, parameter);
  requireLegalTemplate(context.policy, template);
  const parameterKeys = (row.parameterKeys?.(parameter) ?? []).map((blob) => openParameterKey(context, blob));
  const operation = new Operation(context, row, baseKey, parameter, options);
  const derived = await operation.run("derive", { template, data: data ?? new Uint8Array(0), parameterKeys });
  // A hybrid key exchange without a hash contains the other key's bytes unchanged.
  const revealed = baseKey !== undefined && derived.revealsBase ? [baseKey, ...parameterKeys] : parameterKeys;
  requireWholeSecrets(context.policy, derived, parameterKeys);
  requireHidden(derived.key, revealed);
  const key = createKey(derived.key, template, {
    policy: context.policy,
    origin: "derive",
    mechanism: row.mechanism,
    uid: context.random(KEY_UID_BYTES),
    base: baseKey,
    revealed,
  });
  const ownCheckSum = derived.checkSum ?? checkSum(key, context.policy);
  const suffix = derived.checkSumSuffix ?? new Uint8Array(0);
  return { newKey: sealInEnvelope(context, key), checkSum: concatenate(ownCheckSum, suffix) };
};
