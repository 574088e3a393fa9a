/** UnwrapKey unwraps a key with a KEK, or imports a public key. */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { Context, EngineFunction } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean } from "../objects/booleans.ts";
import { bitCount, checkSum } from "../objects/check-value.ts";
import { createKey } from "../objects/create-key.ts";
import { importCost, importPublic, importUnwrapped } from "../objects/import-key.ts";
import { KEY_UID_BYTES, type Key, type KeyMaterial, MAX_KEY_BYTES } from "../objects/key.ts";
import { publicHalf } from "../objects/key-pair.ts";
import { sizeInBits } from "../objects/key-properties.ts";
import { requireLegalTemplate } from "../objects/legal-template.ts";
import { booleanIn } from "../objects/template-values.ts";
import { type Unwrapped, type UnwrapTarget, unwrapTarget } from "../objects/unwrapped.ts";
import { sealAnyKey, sealInEnvelope } from "./envelope.ts";
import {
  carriesAttributes,
  type KekErrors,
  openKek,
  openMacKey,
  requireBinding,
  requireFittingKek,
  requireStrongKek,
} from "./kek.ts";
import { openAnyKey, requireMasterKey, requireUsage } from "./open-key.ts";
import { Operation } from "./operation.ts";

const KEK_ERRORS: KekErrors = {
  invalid: ck.CKR_UNWRAPPING_KEY_HANDLE_INVALID,
  inconsistent: ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
};

/**
 * Only a transport with attributes may make an attribute-bound key, or the import of a public key if the policy allows it. A
 * caller who knows the value of an attribute-bound key could wrap other keys with it and read them.
 */
function requireBindable(context: Context, row: MechanismRow, template: ck.Template): void {
  if (carriesAttributes(row) || booleanIn(template, ck.CKA_IBM_ATTRBOUND) !== true) return;
  if (row.transport === "keys") {
    throw ck.CkError.templateInconsistent("an attribute-bound key is unwrapped only together with its attributes");
  }
  if (!context.policy.allows(ck.XCP_CPB_USER_SET_ATTRBOUND)) {
    throw ck.CkError.functionCanceled("only an administrator makes an imported public key attribute-bound");
  }
}

/** An invalid KEK blob is reported before an invalid mechanism (docs/reference/ep11.md#order-of-checks). */
function resolveUnwrapping(context: Context, mech: ck.Mechanism, kek: ck.KeyArgument | undefined): MechanismRow {
  try {
    return context.mechanisms.resolve(mech.mechanism, ck.CKF_UNWRAP);
  } catch (error) {
    if (ck.sealedBytes(kek).length > 0) openAnyKey(context, kek);
    throw error;
  }
}

/** Returns undefined for mechanisms without a KEK. */
function openUnwrappingKey(context: Context, row: MechanismRow, argument: ck.KeyArgument | undefined): Key | undefined {
  if (row.keyTypes.length === 0) return undefined;
  const { key: kek } = openKek(context, argument, KEK_ERRORS);
  context.mechanisms.resolve(row.mechanism, ck.CKF_UNWRAP, kek);
  requireFittingKek(row, kek, "private", KEK_ERRORS);
  requireUsage(context, kek, ck.CKA_UNWRAP);
  requireBinding(row, kek);
  return kek;
}

export const unwrapKey: EngineFunction<"unwrapKey"> = async (
  context,
  { wrapped, mech, template, kek: kekArgument, macKey: macArgument },
  options,
) => {
  requireMasterKey(context);
  const row = resolveUnwrapping(context, mech, kekArgument);
  const kek = openUnwrappingKey(context, row, kekArgument);
  const macKey = openMacKey(context, row, macArgument, ck.CKA_VERIFY);
  const parameter = parameterFor(row, mech, kek);
  requireLegalTemplate(context.policy, template);
  requireBindable(context, row, template);
  const target = unwrapTarget(row.transport === "public-keys", template);
  if (target.objectClass === ck.CKO_SECRET_KEY && !context.policy.allows(ck.XCP_CPB_KEYGEN_SYMM)) {
    throw ck.CkError.functionCanceled("the policy does not allow new secret keys");
  }
  const operation = new Operation(context, row, kek, parameter, options);
  const unwrap = async () => {
    const found = await operation.run("unwrap", wrapped, target, macKey);
    return { found, material: await importFound(operation, found, target, template) };
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
};

function parameterFor(row: MechanismRow, mech: ck.Mechanism, kek: Key | undefined): unknown {
  const parameter = row.read(mech.parameter);
  if (kek !== undefined) row.family.requireKey?.(kek, parameter);
  return parameter;
}

/** Whether this KEK may have wrapped keys with CKA_WRAP_WITH_TRUSTED. CKA_TRUSTED means nothing if every caller can set it. */
function bringsTrustedKeys({ policy }: Context, { booleans }: Key): boolean {
  return hasBoolean(booleans, ck.CKA_TRUSTED) && !policy.allows(ck.XCP_CPB_USER_SET_TRUSTED);
}

/** Checks the unwrapped key. Checks that take long run on a worker thread. */
async function importFound(
  { context, row, options }: Operation<Key | undefined>,
  found: Unwrapped,
  target: UnwrapTarget,
  template: ck.Template,
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
 * The CheckSum of a secret key is its check value and length, that of a public key its size in bits. That of a private key is
 * its MACed public key, so that a lost one can be recovered, and the size in bits (docs/reference/ep11.md#check-values).
 */
function unwrapCheckSum(context: Context, key: Key): Uint8Array {
  if (key.objectClass === ck.CKO_SECRET_KEY) return checkSum(key, context.policy);
  const size = bitCount(sizeInBits(key));
  if (key.objectClass === ck.CKO_PUBLIC_KEY) return size;
  return concatenate(sealAnyKey(context, publicHalf(key)), size);
}
