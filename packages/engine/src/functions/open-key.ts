import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { wkidOf } from "../blobs/g11b.ts";
import { openKey } from "../blobs/key-blob.ts";
import type { OpenedKey } from "../blobs/key-cache.ts";
import { openPublicKey } from "../blobs/spki-blob.ts";
import type { Context } from "../context.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import { hasBoolean } from "../objects/booleans.ts";
import { type Key, MAX_KEY_BYTES } from "../objects/key.ts";
import { isWithheld, requireAllowedUse } from "../objects/policy/policy-rules.ts";
import { reportKey } from "./report.ts";

/** The half of a pair that a function uses. Secret keys serve as both. */
export type KeySide = "public" | "private";

/** Throws CKR_IBM_WK_NOT_INITIALIZED without a master key. Functions call this before any other check. */
export function requireMasterKey({ keyring }: Context): void {
  keyring.sealingKey();
}

/** Errors: CKR_KEY_HANDLE_INVALID for an absent key, CKR_IBM_BLOB_ERROR, CKR_IBM_WKID_MISMATCH, CKR_IBM_WK_NOT_INITIALIZED. */
export function openAnyKey(context: Context, argument: ck.KeyArgument | undefined): OpenedKey {
  const [opened, ...more] = openKeys(context, argument);
  if (opened === undefined || more.length > 0) throw ck.CkError.blobError();
  return opened;
}

/**
 * Opens one key, or several concatenated public keys with MACs, with whose sum BLS verifies (docs/reference/ep11.md#bls).
 * Errors: those of openAnyKey.
 */
export function openKeys(context: Context, argument: ck.KeyArgument | undefined): readonly OpenedKey[] {
  const sealed = ck.sealedBytes(argument);
  if (sealed.length === 0) throw new ck.CkError(ck.CKR_KEY_HANDLE_INVALID, "the request names no key");
  // The cache comes first, because it drops its keys if the keyring has changed, even if there is no master key any more.
  const known = context.keyCache?.find(sealed, context.keyring.generation);
  requireMasterKey(context);
  if (known === undefined && sealed.length > MAX_KEY_BYTES) throw ck.CkError.blobError();
  const opened = known ?? openSealed(context, sealed);
  if (known === undefined) context.keyCache?.keep(sealed, opened);
  if (context.report !== undefined) for (const { key, wkid } of opened) reportKey(context, key, wkid);
  return opened;
}

function openSealed(context: Context, sealed: Uint8Array): readonly OpenedKey[] {
  // A public key is DER, and a sealed blob never starts like DER.
  if (sealed[0] !== der.SEQUENCE_TAG) {
    return [{ key: openKey(context.keyring, sealed), authentic: true, wkid: wkidOf(sealed).slice() }];
  }
  const keys: OpenedKey[] = [];
  for (let offset = 0; offset < sealed.length; ) {
    const { key, maced, wkid, length } = openPublicKey(context.keyring, sealed.subarray(offset));
    keys.push({ key, authentic: maced, wkid });
    offset += length;
  }
  return keys;
}

/** Throws CKR_KEY_TYPE_INCONSISTENT unless the mechanism takes keys of this type and the key is the right half of a pair. */
export function requireFittingKey(row: MechanismRow, key: Key, side: KeySide): void {
  const half = side === "public" ? ck.CKO_PUBLIC_KEY : ck.CKO_PRIVATE_KEY;
  if (key.objectClass !== half && key.objectClass !== ck.CKO_SECRET_KEY) {
    throw ck.CkError.keyTypeInconsistent(`this function takes a ${side} or a secret key`);
  }
  if (!row.keyTypes.includes(key.keyType)) {
    throw ck.CkError.keyTypeInconsistent("the mechanism does not take keys of this type");
  }
}

/** Throws CKR_FUNCTION_CANCELED for a key that is too short for the mechanism under the policy. */
export function requireKeyLength(
  { policy }: Context,
  { shortKeysWith, size, mechanism }: MechanismRow,
  key: Key,
): void {
  if (shortKeysWith === undefined || policy.allows(shortKeysWith) || key.value.length >= size.min) return;
  throw ck.CkError.functionCanceled(
    `the policy requires keys of at least ${size.min} bytes for ${ck.ckmName(mechanism)}`,
  );
}

/**
 * Throws CKR_FUNCTION_CANCELED if the policy forbids the key, and CKR_KEY_FUNCTION_NOT_PERMITTED if the key lacks the
 * usage attribute. Public keys may verify and encrypt without the attribute, because no control point of EP11 prevents
 * that.
 */
export function requireUsage(context: Context, key: Key, usage: number): void {
  requireAllowedUse(context.policy, key);
  const open = key.objectClass === ck.CKO_PUBLIC_KEY && (usage === ck.CKA_VERIFY || usage === ck.CKA_ENCRYPT);
  const granted = hasBoolean(key.booleans, usage) && !isWithheld(key, key.booleans, usage);
  if (!open && !granted) throw ck.CkError.keyFunctionNotPermitted(usage);
}
