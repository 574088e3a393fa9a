/**
 * The boolean attributes that a key starts with. Callers cannot set the history bits (CKA_LOCAL, CKA_NEVER_EXTRACTABLE and the
 * like), which follow from the key's origin.
 */
import * as ck from "@grep11/cryptoki";
import { takesPassword } from "@grep11/mechanisms";
import { ALL_BOOLEANS, BOOLEAN_BITS, hasBoolean, withBoolean } from "./booleans.ts";
import type { Key, KeyMaterial } from "./key.ts";
import { keyTypeRules, type UsageRules } from "./key-types.ts";
import type { Policy } from "./policy/policy.ts";
import { isWithheld } from "./policy/policy-rules.ts";
import { booleanIn } from "./template-values.ts";
import type { BoundAttributes } from "./unwrapped.ts";

/** Where a key comes from. */
export interface Origin {
  readonly policy: Policy;
  readonly origin: "generate" | "derive" | "unwrap";
  /** CKM_* of the mechanism that made the key. */
  readonly mechanism: number;
  /** The uid of a secret or private key: 16 new random bytes. */
  readonly uid: Uint8Array;
  /** The key from which the new key was derived. */
  readonly base?: Key | undefined;
  /**
   * Keys whose values the derived key may reveal. The restrictions of these keys therefore also apply to the derived
   * key.
   */
  readonly revealed?: readonly Key[];
  /**
   * The rights and the history that were wrapped together with an attribute-bound key. These rights replace those in
   * the template.
   */
  readonly bound?: Pick<BoundAttributes, "booleans" | "everSet"> | undefined;
  /** Whether the key was unwrapped with a trusted KEK. If so, it may have had CKA_WRAP_WITH_TRUSTED before. */
  readonly underTrusted?: boolean;
}

/**
 * Returns the booleans that were wrapped together with an attribute-bound key. A MAC key authenticates them, but the
 * caller may know that key: it may come from a key agreement with a peer that the caller controls. So these booleans
 * must not make a key trusted or unbound, nor change its history.
 */
export function carriedBooleans(material: KeyMaterial, { bound, policy }: Origin): number {
  const carried = bound?.booleans ?? 0;
  if (!hasBoolean(carried, ck.CKA_IBM_ATTRBOUND) || !hasBoolean(carried, ck.CKA_EXTRACTABLE))
    throw ck.CkError.wrappedKeyInvalid();
  const history = [ck.CKA_LOCAL, ck.CKA_NEVER_EXTRACTABLE, ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE];
  const withheld = Array.from(BOOLEAN_BITS.keys()).filter((attribute) => isWithheld(material, carried, attribute));
  const dropped = [...history, ...withheld, ...(policy.allows(ck.XCP_CPB_USER_SET_TRUSTED) ? [] : [ck.CKA_TRUSTED])];
  return dropped.reduce((booleans, attribute) => withBoolean(booleans, attribute, false), carried & ALL_BOOLEANS);
}

/**
 * Returns the booleans of a new key. Those that the template does not contain get the defaults of
 * docs/reference/decisions.md#template-defaults.
 */
export function newBooleans(material: KeyMaterial, template: ck.Template, origin: Origin): number {
  let booleans = 0;
  const set = (attribute: number, value: boolean) => {
    booleans = withBoolean(booleans, attribute, value);
  };
  const asked = (attribute: number, otherwise: boolean) => booleanIn(template, attribute) ?? otherwise;
  const generated = origin.origin === "generate";

  set(ck.CKA_IBM_ATTRBOUND, attributeBound(template, origin));
  for (const usage of usageOf(material, template, origin)) set(usage, !isWithheld(material, booleans, usage));
  const modifiable = asked(ck.CKA_MODIFIABLE, true);
  set(ck.CKA_MODIFIABLE, modifiable);
  set(ck.CKA_IBM_NEVER_MODIFIABLE, !modifiable);
  set(ck.CKA_LOCAL, generated);
  for (const attribute of [ck.CKA_IBM_RESTRICTABLE, ck.CKA_IBM_USE_AS_DATA, ck.CKA_TRUSTED]) {
    set(attribute, asked(attribute, false));
  }
  set(ck.CKA_WRAP_WITH_TRUSTED, needsTrust(origin) || asked(ck.CKA_WRAP_WITH_TRUSTED, false));
  if (material.objectClass === ck.CKO_PUBLIC_KEY) return booleans;

  const extractable = asked(ck.CKA_EXTRACTABLE, origin.policy.extractableByDefault) && mayBeExtractable(origin);
  const protectedKey = asked(ck.CKA_IBM_PROTKEY_EXTRACTABLE, false);
  set(ck.CKA_EXTRACTABLE, extractable);
  set(ck.CKA_NEVER_EXTRACTABLE, !extractable && neverExtractable(origin));
  set(ck.CKA_IBM_PROTKEY_EXTRACTABLE, protectedKey);
  set(ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE, generated && !protectedKey);
  return booleans;
}

/** Rights that the key type does not have are ignored (docs/reference/decisions.md#ignored-attributes). */
function usageOf(material: KeyMaterial, template: ck.Template, origin: Origin): number[] {
  const rules = usageRules(material);
  const defaults = usageDefaults(rules, template, origin);
  return rules.applicable.filter((usage) => {
    const cannotBeWithheld =
      material.objectClass === ck.CKO_PUBLIC_KEY && (usage === ck.CKA_VERIFY || usage === ck.CKA_ENCRYPT);
    return cannotBeWithheld || (booleanIn(template, usage) ?? defaults.includes(usage));
  });
}

function usageDefaults(rules: UsageRules, template: ck.Template, { origin, policy }: Origin): readonly number[] {
  if (origin === "unwrap") return [];
  if (policy.allows(ck.XCP_CPB_SIGN_CRYPT_KEYS)) return rules.defaults;
  const explicit = rules.applicable.some((usage) => booleanIn(template, usage) === true);
  return explicit ? [] : rules.separated;
}

function usageRules(material: KeyMaterial): UsageRules {
  const rules = keyTypeRules(material.keyType);
  if (rules === undefined) throw ck.CkError.templateInconsistent("the HSM does not support this key type");
  if (rules.kind === "secret") return rules;
  return material.objectClass === ck.CKO_PRIVATE_KEY ? rules.privateKey : rules.publicKey;
}

/**
 * Whether the new key is attribute-bound. Keys derived from attribute-bound keys are attribute-bound too, unless the
 * policy lets the template say otherwise (docs/reference/ep11.md#attribute-bound).
 */
function attributeBound(template: ck.Template, { base, revealed = [], origin, mechanism, policy }: Origin): boolean {
  const asked = booleanIn(template, ck.CKA_IBM_ATTRBOUND);
  if (asked && takesPassword(mechanism)) {
    throw ck.CkError.templateInconsistent("a key made from a password cannot be attribute-bound");
  }
  if (origin !== "derive") return asked ?? false;
  const sources = base === undefined ? revealed : [base, ...revealed];
  const inherited = sources.some((key) => hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND));
  if (asked === undefined || asked === inherited) return inherited;
  if (asked) throw ck.CkError.templateInconsistent("the base key is not attribute-bound");
  if (revealed.some(isBoundSecret)) {
    throw ck.CkError.templateInconsistent("a key that reveals an attribute-bound one must be attribute-bound");
  }
  if (!policy.allows(ck.XCP_CPB_DERIVE_NON_AB_KEYS)) {
    throw ck.CkError.functionCanceled("under the policy, keys derived from attribute-bound keys are attribute-bound");
  }
  return false;
}

function isBoundSecret({ objectClass, booleans }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY && hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND);
}

/**
 * Whether the key gets CKA_WRAP_WITH_TRUSTED whatever its template says. It does if it may have had this attribute
 * before, or if it reveals a key that has it.
 */
function needsTrust({ revealed = [], underTrusted = false, policy }: Origin): boolean {
  const kept = underTrusted && policy.safeguards.has("trusted transport is kept");
  return kept || revealed.some((key) => hasBoolean(key.booleans, ck.CKA_WRAP_WITH_TRUSTED));
}

function mayBeExtractable({ revealed = [] }: Origin): boolean {
  return revealed.every((key) => hasBoolean(key.booleans, ck.CKA_EXTRACTABLE));
}

/** CKA_NEVER_EXTRACTABLE is never true for imported keys, because their history is unknown. */
function neverExtractable({ base, origin }: Origin): boolean {
  if (origin === "generate") return true;
  return origin === "derive" && base !== undefined && hasBoolean(base.booleans, ck.CKA_NEVER_EXTRACTABLE);
}
