/**
 * From the substance of a key to a key with rights: what the template asks, what the type allows, and the defaults of
 * docs/reference/decisions.md#template-defaults. The history bits (LOCAL, NEVER_*) follow from the origin and are nobody's
 * to set.
 */
import * as ck from "@grep11/cryptoki";
import { requireAllowedMaterial } from "./allowed-material.ts";
import { alwaysSensitive } from "./always-sensitive.ts";
import { requireAssertedFacts, wantsNoCheckValue } from "./asserted-facts.ts";
import { ALL_BOOLEANS, BOOLEAN_BITS, hasBoolean, withBoolean } from "./booleans.ts";
import { type Key, type KeyMaterial, NO_SESSION } from "./key.ts";
import { keyTypeRules, type UsageRules } from "./key-types.ts";
import { impliedUid } from "./key-uid.ts";
import { requireNoSession } from "./login-session.ts";
import { FROM_PASSWORDS } from "./made-here.ts";
import type { Policy } from "./policy.ts";
import { isWithheld, requireSeparatedRights } from "./policy-rules.ts";
import { requireCurveOfType, withEp11Rights } from "./standard-names.ts";
import { booleanIn } from "./template-values.ts";
import type { BoundFacts } from "./unwrapped.ts";

/** Attributes that only the HSM knows: a key's history, its name and its very value. A template that has them is wrong. */
const READ_ONLY: ReadonlySet<number> = new Set([
  ck.CKA_LOCAL,
  ck.CKA_NEVER_EXTRACTABLE,
  ck.CKA_ALWAYS_SENSITIVE,
  ck.CKA_KEY_GEN_MECHANISM,
  ck.CKA_IBM_NEVER_MODIFIABLE,
  ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  ck.CKA_IBM_MACED_PUBLIC_KEY_INFO,
  ck.CKA_UNIQUE_ID,
  ck.CKA_VALUE,
  ck.CKA_SEED,
  ck.CKA_PRIVATE_EXPONENT,
  ck.CKA_PRIME_1,
  ck.CKA_PRIME_2,
  ck.CKA_EXPONENT_1,
  ck.CKA_EXPONENT_2,
  ck.CKA_COEFFICIENT,
]);

/** Restrictions of PKCS #11 and EP11 that nothing here enforces. */
const UNKEPT_RESTRICTIONS: ReadonlySet<number> = new Set([
  ck.CKA_ALLOWED_MECHANISMS,
  ck.CKA_ALWAYS_AUTHENTICATE,
  ck.CKA_DERIVE_TEMPLATE,
  ck.CKA_END_DATE,
  ck.CKA_START_DATE,
  ck.CKA_UNWRAP_TEMPLATE,
  ck.CKA_WRAP_TEMPLATE,
]);

/** Types of keys that can be attribute-bound (docs/reference/ep11.md#attribute-bound). */
const BINDABLE: ReadonlySet<number> = new Set([
  ck.CKK_AES,
  ck.CKK_DES2,
  ck.CKK_DES3,
  ck.CKK_GENERIC_SECRET,
  ck.CKK_RSA,
  ck.CKK_EC,
  ck.CKK_DSA,
  ck.CKK_DH,
]);

/** Where a key comes from. */
export interface Origin {
  readonly policy: Policy;
  readonly origin: "generate" | "derive" | "unwrap";
  /** CKM_* that made it. */
  readonly mechanism: number;
  /** 16 fresh random bytes: the uid of a secret or private key. */
  readonly uid: Uint8Array;
  /** The key it was derived from. */
  readonly base?: Key | undefined;
  /** Keys that the derived key may give away, so that it keeps what keeps them inside. */
  readonly revealed?: readonly Key[];
  /** Rights and history that travelled with an attribute-bound key: they replace the template's. */
  readonly bound?: Pick<BoundFacts, "booleans" | "everSet"> | undefined;
  /** The key was unwrapped under a trusted KEK, so it may have been one that travels under no other. */
  readonly underTrusted?: boolean;
}

/**
 * Throws unless every attribute of the template may stand in one: CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_VALUE_INVALID for
 * a value of the wrong kind, CKR_IBM_SESSION_IMMUTABLE for a login session, CKR_ATTRIBUTE_TYPE_INVALID for attributes nobody
 * knows or keeps where the policy refuses them, CKR_FUNCTION_CANCELED where it forbids a value.
 */
export function requireLegalTemplate(policy: Policy, template: ck.Template): void {
  requireNoSession(template);
  for (const [attribute, value] of template) {
    if (READ_ONLY.has(attribute)) throw ck.CkError.attributeReadOnly(attribute);
    if (policy.refusesUnknownAttributes && (!ck.isKnownAttribute(attribute) || isUnkept(attribute, value))) {
      throw ck.CkError.attributeTypeInvalid(attribute);
    }
    requireKind(attribute, value);
  }
  if (template.get(ck.CKA_TRUSTED) === true && !policy.allows(ck.XCP_CPB_USER_SET_TRUSTED)) {
    throw ck.CkError.functionCanceled("only an administrator makes a key trusted");
  }
  const combined = template.get(ck.CKA_EXTRACTABLE) === true && template.get(ck.CKA_IBM_PROTKEY_EXTRACTABLE) === true;
  if (combined && !policy.allows(ck.XCP_CPB_ALLOW_COMBINED_EXTRACT)) {
    throw ck.CkError.functionCanceled("a key is extractable in one way or the other");
  }
}

/** Does a caller ask for a restriction that the key would not have? */
function isUnkept(attribute: number, value: ck.AttributeValue): boolean {
  const asks = value === true || (value instanceof Uint8Array && value.some((byte) => byte !== 0));
  return UNKEPT_RESTRICTIONS.has(attribute) && asks;
}

function requireKind(attribute: number, value: ck.AttributeValue): void {
  const kind = ck.attributeKind(attribute);
  const fits =
    kind === "boolean"
      ? typeof value === "boolean"
      : kind === "integer"
        ? typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        : true;
  if (!fits) throw ck.CkError.attributeValueInvalid(attribute, `is a ${kind}`);
}

/** Throws CKR_TEMPLATE_INCONSISTENT unless both halves of a pair are attribute-bound or neither is. */
export function requireSameBinding(publicTemplate: ck.Template, privateTemplate: ck.Template): void {
  const [inPublic, inPrivate] = [publicTemplate, privateTemplate].map(
    (template) => booleanIn(template, ck.CKA_IBM_ATTRBOUND) ?? false,
  );
  if (inPublic !== inPrivate) {
    throw ck.CkError.templateInconsistent("CKA_IBM_ATTRBOUND differs between the halves of the pair");
  }
}

/**
 * The key that `material` becomes. The template must have passed {@link requireLegalTemplate}.
 * Errors: CKR_FUNCTION_CANCELED for keys the policy forbids, CKR_TEMPLATE_INCONSISTENT, those of requireAssertedFacts.
 */
export function createKey(material: KeyMaterial, asked: ck.Template, origin: Origin): Key {
  requireCurveOfType(asked, material);
  const template = withEp11Rights(asked, material);
  const booleans =
    origin.bound === undefined ? newBooleans(material, template, origin) : carriedBooleans(material, origin);
  const key: Key = {
    objectClass: material.objectClass,
    keyType: material.keyType,
    value: material.value,
    booleans,
    everSet: ((origin.bound?.everSet ?? 0) & ALL_BOOLEANS) | booleans,
    uid: material.objectClass === ck.CKO_PUBLIC_KEY ? impliedUid(material) : origin.uid,
    session: NO_SESSION,
    attributes: storedAttributes(material, template, origin),
  };
  requireAssertedFacts(template, key);
  if (hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND)) requireBindable(key, template);
  requireAllowedMaterial(origin.policy, key);
  requireSeparatedRights(origin.policy, key);
  return key;
}

/** What a key knows besides its booleans and its value. */
function storedAttributes({ objectClass }: KeyMaterial, template: ck.Template, origin: Origin): ck.Template {
  const attributes = new Map<number, ck.AttributeValue>();
  if (origin.origin === "generate") attributes.set(ck.CKA_KEY_GEN_MECHANISM, origin.mechanism);
  const { base, revealed = [] } = origin;
  const derived = origin.origin === "derive" && objectClass !== ck.CKO_PUBLIC_KEY && base !== undefined;
  if (derived && [base, ...revealed].every(alwaysSensitive)) attributes.set(ck.CKA_ALWAYS_SENSITIVE, true);
  if (objectClass === ck.CKO_SECRET_KEY && wantsNoCheckValue(template))
    attributes.set(ck.CKA_CHECK_VALUE, new Uint8Array(0));
  return attributes;
}

/** Throws CKR_TEMPLATE_INCONSISTENT unless a key of this type can be attribute-bound, and is meant to be secret. */
function requireBindable(key: Key, template: ck.Template): void {
  if (!BINDABLE.has(key.keyType)) throw ck.CkError.templateInconsistent("keys of this type cannot be attribute-bound");
  if (key.objectClass !== ck.CKO_PUBLIC_KEY && booleanIn(template, ck.CKA_SENSITIVE) === false) {
    throw ck.CkError.templateInconsistent("an attribute-bound key is sensitive");
  }
}

/**
 * The rights an attribute-bound key arrives with. They were authenticated, but by a MAC key whose value a caller may know
 * (an agreement with a peer of the caller's own makes one): they never make a key trusted, unbound or of another history.
 */
function carriedBooleans(material: KeyMaterial, { bound, policy }: Origin): number {
  const carried = bound?.booleans ?? 0;
  if (!hasBoolean(carried, ck.CKA_IBM_ATTRBOUND) || !hasBoolean(carried, ck.CKA_EXTRACTABLE))
    throw ck.CkError.wrappedKeyInvalid();
  const history = [ck.CKA_LOCAL, ck.CKA_NEVER_EXTRACTABLE, ck.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE];
  const withheld = Array.from(BOOLEAN_BITS.keys()).filter((attribute) => isWithheld(material, carried, attribute));
  const dropped = [...history, ...withheld, ...(policy.allows(ck.XCP_CPB_USER_SET_TRUSTED) ? [] : [ck.CKA_TRUSTED])];
  return dropped.reduce((booleans, attribute) => withBoolean(booleans, attribute, false), carried & ALL_BOOLEANS);
}

function newBooleans(material: KeyMaterial, template: ck.Template, origin: Origin): number {
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

/**
 * The usage attributes that will be set. Those that mean nothing for the type are ignored
 * (docs/reference/decisions.md#ignored-attributes).
 */
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
  if (rules === undefined) throw ck.CkError.templateInconsistent("the HSM does not know this key type");
  if (rules.kind === "secret") return rules;
  return material.objectClass === ck.CKO_PRIVATE_KEY ? rules.privateKey : rules.publicKey;
}

/**
 * A key derived from an attribute-bound key is attribute-bound, unless the policy lets it go
 * (docs/reference/ep11.md#attribute-bound).
 */
function attributeBound(template: ck.Template, { base, revealed = [], origin, mechanism, policy }: Origin): boolean {
  const asked = booleanIn(template, ck.CKA_IBM_ATTRBOUND);
  if (asked && FROM_PASSWORDS.has(mechanism)) {
    throw ck.CkError.templateInconsistent("whoever knows the password knows the key: it is not attribute-bound");
  }
  if (origin !== "derive") return asked ?? false;
  const sources = base === undefined ? revealed : [base, ...revealed];
  const inherited = sources.some((key) => hasBoolean(key.booleans, ck.CKA_IBM_ATTRBOUND));
  if (asked === undefined || asked === inherited) return inherited;
  if (asked) throw ck.CkError.templateInconsistent("the base key is not attribute-bound");
  if (revealed.some(isBoundSecret)) {
    throw ck.CkError.templateInconsistent("a key that gives away an attribute-bound one is attribute-bound");
  }
  if (!policy.allows(ck.XCP_CPB_DERIVE_NON_AB_KEYS)) {
    throw ck.CkError.functionCanceled("the policy keeps keys of attribute-bound keys attribute-bound");
  }
  return false;
}

function isBoundSecret({ objectClass, booleans }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY && hasBoolean(booleans, ck.CKA_IBM_ATTRBOUND);
}

/** Is it a key, or does it give one away, that leaves only under trusted KEKs? */
function needsTrust({ revealed = [], underTrusted = false, policy }: Origin): boolean {
  const kept = underTrusted && policy.safeguards.has("trusted transport is kept");
  return kept || revealed.some((key) => hasBoolean(key.booleans, ck.CKA_WRAP_WITH_TRUSTED));
}

function mayBeExtractable({ revealed = [] }: Origin): boolean {
  return revealed.every((key) => hasBoolean(key.booleans, ck.CKA_EXTRACTABLE));
}

/** Has no value of this key ever been extractable? Nobody can say that of an imported one. */
function neverExtractable({ base, origin }: Origin): boolean {
  if (origin === "generate") return true;
  return origin === "derive" && base !== undefined && hasBoolean(base.booleans, ck.CKA_NEVER_EXTRACTABLE);
}
