/** WrapKey and UnwrapKey: keys under a KEK, which is a client's key, never a master key. */

import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { OpenedKey } from "../blobs/key-cache.ts";
import type { Context } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean } from "../objects/booleans.ts";
import { bitCount, checkSum } from "../objects/check-value.ts";
import { createKey, requireLegalTemplate } from "../objects/create-key.ts";
import { importCost, importPublic, importUnwrapped } from "../objects/import-key.ts";
import { type Key, type KeyMaterial, MAX_KEY_BYTES } from "../objects/key.ts";
import { sizeInBits } from "../objects/key-facts.ts";
import { keyTypeRules } from "../objects/key-types.ts";
import { KEY_UID_BYTES } from "../objects/key-uid.ts";
import { requireAllowedKek, requireAllowedUse, requireMayLeave } from "../objects/policy-rules.ts";
import { publicHalf } from "../objects/public-half.ts";
import { strengthOf } from "../objects/strength.ts";
import { booleanIn, keyTypeIn, numberIn, requireClass, requirePresent } from "../objects/template-values.ts";
import type { Unwrapped, UnwrapTarget } from "../objects/unwrapped.ts";
import { runtimeHas } from "../primitives/openssl/runtime-features.ts";
import { sealAnyKey, sealInEnvelope } from "./envelope.ts";
import { type KeySide, openAnyKey, requireFittingKey, requireUsage } from "./open-key.ts";
import type { Options } from "./operation.ts";
import { perform } from "./perform.ts";

/** Errors of a key argument in the KEK's slot carry the KEK's own names. */
function openKek(context: Context, argument: ck.KeyArgument | undefined, invalid: number): OpenedKey {
  try {
    return openAnyKey(context, argument);
  } catch (error) {
    if (error instanceof ck.CkError && error.rv === ck.CKR_KEY_HANDLE_INVALID)
      throw new ck.CkError(invalid, error.detail);
    throw error;
  }
}

function requireKek(row: MechanismRow, kek: Key, side: KeySide, inconsistent: number): void {
  try {
    requireFittingKey(row, kek, side);
  } catch (error) {
    if (error instanceof ck.CkError && error.rv === ck.CKR_KEY_TYPE_INCONSISTENT) {
      throw new ck.CkError(inconsistent, error.detail);
    }
    throw error;
  }
}

function carriesAttributes(row: MechanismRow): boolean {
  return row.transport === "attribute-bound";
}

/** Throws unless `key` may leave under `kek` (docs/reference/ep11.md#attribute-rules, docs/reference/ep11.md#attribute-bound). */
function requireWrappable(row: MechanismRow, key: Key, kek: Key): void {
  if (key.objectClass === ck.CKO_PUBLIC_KEY) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "a public key needs no wrapping");
  }
  if (!hasBoolean(key.booleans, ck.CKA_EXTRACTABLE)) {
    throw new ck.CkError(ck.CKR_KEY_UNEXTRACTABLE, "the key was made with CKA_EXTRACTABLE false");
  }
  const bound = hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND);
  if (bound && !carriesAttributes(row)) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "an attribute-bound key travels only with its attributes");
  }
  if (!bound && carriesAttributes(row)) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "the key is not attribute-bound");
  }
  if (hasBoolean(key.booleans, ck.CKA_WRAP_WITH_TRUSTED) && !hasBoolean(kek.booleans, ck.CKA_TRUSTED)) {
    throw new ck.CkError(ck.CKR_KEY_NOT_WRAPPABLE, "the key travels only under a trusted KEK");
  }
}

/** Throws CKR_WRAPPING_KEY_SIZE_RANGE for a key that something weaker carries, where the policy wants otherwise. */
function requireStrongKek(
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

/** Throws unless `kek` and the mechanism agree about attribute binding. */
function requireBinding(row: MechanismRow, kek: Key): void {
  if (carriesAttributes(row) !== hasBoolean(kek.booleans, ck.CKA_IBM_ATTRBOUND)) {
    throw new ck.CkError(ck.CKR_KEY_FUNCTION_NOT_PERMITTED, "attribute-bound keys and others do not wrap one another");
  }
}

/** The MAC key of an attribute-bound transport; undefined for all other mechanisms. */
function openMacKey(context: Context, row: MechanismRow, argument: ck.KeyArgument | undefined, usage: number) {
  if (!carriesAttributes(row)) return undefined;
  const { key } = openAnyKey(context, argument);
  requireUsage(context, key, usage);
  if (!hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND)) {
    throw new ck.CkError(ck.CKR_KEY_FUNCTION_NOT_PERMITTED, "the MAC key is not attribute-bound");
  }
  return key;
}

/** Throws CKR_KEY_FUNCTION_NOT_PERMITTED or CKR_FUNCTION_CANCELED unless keys may be wrapped under `kek`. */
function requireKekUsage(context: Context, kek: Key): void {
  requireUsage(context, kek, ck.CKA_WRAP);
  requireAllowedKek(context.policy, kek);
}

export async function wrapKey(
  context: Context,
  { mech, key: argument, kek: kekArgument, macKey: macArgument }: ck.WrapKeyRequest,
  options: Options,
): Promise<ck.WrapKeyResponse> {
  const { key } = openAnyKey(context, argument);
  const { key: kek, authentic } = openKek(context, kekArgument, ck.CKR_WRAPPING_KEY_HANDLE_INVALID);
  const row = context.mechanisms.resolve(mech.mechanism, ck.CKF_WRAP, kek);
  requireKek(row, kek, "public", ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
  if (!authentic && !context.policy.allows(ck.XCP_CPB_WRAP_WITH_RAW_SPKI)) {
    throw ck.CkError.functionCanceled("the policy takes no public key without MAC as KEK; import it first");
  }
  if (authentic) requireKekUsage(context, kek);
  else requireAllowedUse(context.policy, kek);
  requireWrappable(row, key, kek);
  if (!carriesAttributes(row)) requireMayLeave(context.policy, key);
  requireAllowedUse(context.policy, key);
  requireBinding(row, kek);
  const macKey = openMacKey(context, row, macArgument, ck.CKA_SIGN);
  const parameter = row.parameter(mech.parameter);
  row.family.requireKey?.(kek, parameter);
  requireStrongKek(context, row, parameter, kek, key);
  return { wrapped: await perform(context, row, "wrap", kek, [kek, parameter, key, macKey], options) };
}

/**
 * Throws unless a key that arrives this way may be attribute-bound: only with its attributes, or a public key where the
 * policy lets callers bind them. A bound key of a value that a caller knows would carry bound keys out.
 */
function requireBindable(context: Context, row: MechanismRow, template: ck.Template): void {
  if (carriesAttributes(row) || booleanIn(template, ck.CKA_IBM_ATTRBOUND) !== true) return;
  if (row.transport === "keys") {
    throw ck.CkError.templateInconsistent("an attribute-bound key arrives only with its attributes");
  }
  if (!context.policy.allows(ck.XCP_CPB_USER_SET_ATTRBOUND)) {
    throw ck.CkError.functionCanceled("only an administrator binds an imported public key");
  }
}

/** What the template says is wrapped. A class that is left out follows from the key type (docs/reference/wire.md#unwrapkey). */
function unwrapTarget(row: MechanismRow, template: ck.Template): UnwrapTarget {
  const valueLen = numberIn(template, ck.CKA_VALUE_LEN);
  if (row.transport === "public-keys") {
    requireClass(template, ck.CKO_PUBLIC_KEY);
    return { objectClass: ck.CKO_PUBLIC_KEY, keyType: 0, valueLen };
  }
  const keyType = requirePresent(keyTypeIn(template), ck.CKA_KEY_TYPE);
  const rules = keyTypeRules(keyType);
  if (rules === undefined)
    throw ck.CkError.attributeValueInvalid(ck.CKA_KEY_TYPE, "names a key type the HSM does not know");
  if (rules.needs !== undefined && !runtimeHas(rules.needs)) {
    throw ck.CkError.attributeValueInvalid(
      ck.CKA_KEY_TYPE,
      "names a key type that this version of Node does not support",
    );
  }
  const implied = rules.kind === "pair" ? ck.CKO_PRIVATE_KEY : ck.CKO_SECRET_KEY;
  const objectClass = numberIn(template, ck.CKA_CLASS) ?? implied;
  if (objectClass !== implied) throw ck.CkError.templateInconsistent("CKA_CLASS contradicts CKA_KEY_TYPE");
  return { objectClass, keyType, valueLen };
}

/**
 * The row of an unwrapping. It says whether there is a KEK, yet a blob that is none comes before a mechanism that is none
 * (docs/reference/ep11.md#order-of-checks).
 */
function resolveUnwrapping(context: Context, mech: ck.Mechanism, kek: ck.KeyArgument | undefined): MechanismRow {
  try {
    return context.mechanisms.resolve(mech.mechanism, ck.CKF_UNWRAP);
  } catch (error) {
    if (ck.sealedBytes(kek).length > 0) openAnyKey(context, kek);
    throw error;
  }
}

/** The opened KEK of an unwrapping, or undefined for mechanisms that take none. */
function openUnwrappingKey(context: Context, row: MechanismRow, argument: ck.KeyArgument | undefined): Key | undefined {
  if (row.keyTypes.length === 0) return undefined;
  const { key: kek } = openKek(context, argument, ck.CKR_UNWRAPPING_KEY_HANDLE_INVALID);
  context.mechanisms.resolve(row.mechanism, ck.CKF_UNWRAP, kek);
  requireKek(row, kek, "private", ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
  requireUsage(context, kek, ck.CKA_UNWRAP);
  requireBinding(row, kek);
  return kek;
}

export async function unwrapKey(
  context: Context,
  { wrapped, mech, template, kek: kekArgument, macKey: macArgument }: ck.UnwrapKeyRequest,
  options: Options,
): Promise<ck.UnwrapKeyResponse> {
  context.keyring.sealingKey();
  const row = resolveUnwrapping(context, mech, kekArgument);
  const kek = openUnwrappingKey(context, row, kekArgument);
  const macKey = openMacKey(context, row, macArgument, ck.CKA_VERIFY);
  const parameter = parameterFor(row, mech, kek);
  requireLegalTemplate(context.policy, template);
  requireBindable(context, row, template);
  const target = unwrapTarget(row, template);
  if (target.objectClass === ck.CKO_SECRET_KEY && !context.policy.allows(ck.XCP_CPB_KEYGEN_SYMM)) {
    throw ck.CkError.functionCanceled("the policy makes no secret keys");
  }
  const unwrap = async () => {
    const found = await perform(context, row, "unwrap", kek, [kek, parameter, wrapped, target, macKey], options);
    return { found, material: await importFound(context, row, found, target, template, options) };
  };
  const { found, material } = await (kek === undefined ? unwrap() : context.failures.run(kek, options, unwrap));
  if (kek !== undefined) requireStrongKek(context, row, parameter, kek, material);
  const key = createKey(material, template, {
    policy: context.policy,
    origin: "unwrap",
    mechanism: row.mechanism,
    uid: context.random(KEY_UID_BYTES),
    bound: found.bound,
    underTrusted: kek !== undefined && bringsTrustedKeys(context, kek),
  });
  return { unwrapped: sealInEnvelope(context, key), checkSum: unwrapCheckSum(context, key) };
}

function parameterFor(row: MechanismRow, mech: ck.Mechanism, kek: Key | undefined): unknown {
  const parameter = row.parameter(mech.parameter);
  if (kek !== undefined) row.family.requireKey?.(kek, parameter);
  return parameter;
}

/** Do keys that need a trusted KEK travel under this one? Not where every caller makes keys trusted: there it means nothing. */
function bringsTrustedKeys({ policy }: Context, { booleans }: Key): boolean {
  return hasBoolean(booleans, ck.CKA_TRUSTED) && !policy.allows(ck.XCP_CPB_USER_SET_TRUSTED);
}

/** What was found, checked and in our own form; off the event loop where the checks are long. */
async function importFound(
  context: Context,
  row: MechanismRow,
  found: Unwrapped,
  target: UnwrapTarget,
  template: ck.Template,
  options: Options,
): Promise<KeyMaterial> {
  if (found.value.length > MAX_KEY_BYTES) throw ck.CkError.wrappedKeyInvalid();
  const publicKey = row.transport === "public-keys";
  const cost = importCost(found.value, target.objectClass);
  if (cost === "inline") return publicKey ? importPublic(found.value, template) : importUnwrapped(found, target);
  const made = publicKey
    ? context.executor.runImport("importPublic", [found.value, template], cost, options ?? {})
    : context.executor.runImport("importUnwrapped", [found, target], cost, options ?? {});
  return (await made) as KeyMaterial;
}

/**
 * CheckSum of an unwrapped key: check value and length of a secret; the MACed public half and the size in bits of a private
 * key, from which a lost public key comes back; the size in bits of a public key (docs/reference/ep11.md#check-values).
 */
function unwrapCheckSum(context: Context, key: Key): Uint8Array {
  if (key.objectClass === ck.CKO_SECRET_KEY) return checkSum(key, context.policy);
  const size = bitCount(sizeInBits(key));
  if (key.objectClass === ck.CKO_PUBLIC_KEY) return size;
  return concatenate(sealAnyKey(context, publicHalf(key)), size);
}
