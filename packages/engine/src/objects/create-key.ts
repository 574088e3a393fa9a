/**
 * From the substance of a key to a key with rights: what the template asks, what the type allows, and the defaults of
 * spec decisions 1 and 2. The history bits (LOCAL, NEVER_*) follow from the origin and are nobody's to set.
 */
import {
  type AttributeValue,
  attributeKind,
  CKA_ALLOWED_MECHANISMS,
  CKA_ALWAYS_AUTHENTICATE,
  CKA_ALWAYS_SENSITIVE,
  CKA_CHECK_VALUE,
  CKA_COEFFICIENT,
  CKA_DERIVE_TEMPLATE,
  CKA_ENCRYPT,
  CKA_END_DATE,
  CKA_EXPONENT_1,
  CKA_EXPONENT_2,
  CKA_EXTRACTABLE,
  CKA_IBM_ATTRBOUND,
  CKA_IBM_MACED_PUBLIC_KEY_INFO,
  CKA_IBM_NEVER_MODIFIABLE,
  CKA_IBM_PROTKEY_EXTRACTABLE,
  CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  CKA_IBM_RESTRICTABLE,
  CKA_IBM_USE_AS_DATA,
  CKA_KEY_GEN_MECHANISM,
  CKA_LOCAL,
  CKA_MODIFIABLE,
  CKA_NEVER_EXTRACTABLE,
  CKA_PRIME_1,
  CKA_PRIME_2,
  CKA_PRIVATE_EXPONENT,
  CKA_SEED,
  CKA_SENSITIVE,
  CKA_START_DATE,
  CKA_TRUSTED,
  CKA_UNIQUE_ID,
  CKA_UNWRAP_TEMPLATE,
  CKA_VALUE,
  CKA_VERIFY,
  CKA_WRAP_TEMPLATE,
  CKA_WRAP_WITH_TRUSTED,
  CKK_AES,
  CKK_DES2,
  CKK_DES3,
  CKK_DH,
  CKK_DSA,
  CKK_EC,
  CKK_GENERIC_SECRET,
  CKK_RSA,
  CKO_PRIVATE_KEY,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  CkError,
  isKnownAttribute,
  type Template,
  XCP_CPB_ALLOW_COMBINED_EXTRACT,
  XCP_CPB_DERIVE_NON_AB_KEYS,
  XCP_CPB_SIGN_CRYPT_KEYS,
  XCP_CPB_USER_SET_TRUSTED,
} from "@grep11/cryptoki";
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
  CKA_LOCAL,
  CKA_NEVER_EXTRACTABLE,
  CKA_ALWAYS_SENSITIVE,
  CKA_KEY_GEN_MECHANISM,
  CKA_IBM_NEVER_MODIFIABLE,
  CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  CKA_IBM_MACED_PUBLIC_KEY_INFO,
  CKA_UNIQUE_ID,
  CKA_VALUE,
  CKA_SEED,
  CKA_PRIVATE_EXPONENT,
  CKA_PRIME_1,
  CKA_PRIME_2,
  CKA_EXPONENT_1,
  CKA_EXPONENT_2,
  CKA_COEFFICIENT,
]);

/** Restrictions of PKCS #11 and EP11 that nothing here enforces. */
const UNKEPT_RESTRICTIONS: ReadonlySet<number> = new Set([
  CKA_ALLOWED_MECHANISMS,
  CKA_ALWAYS_AUTHENTICATE,
  CKA_DERIVE_TEMPLATE,
  CKA_END_DATE,
  CKA_START_DATE,
  CKA_UNWRAP_TEMPLATE,
  CKA_WRAP_TEMPLATE,
]);

/** Types of keys that can be attribute-bound (ep11 facts 3.6). */
const BINDABLE: ReadonlySet<number> = new Set([
  CKK_AES,
  CKK_DES2,
  CKK_DES3,
  CKK_GENERIC_SECRET,
  CKK_RSA,
  CKK_EC,
  CKK_DSA,
  CKK_DH,
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
export function requireLegalTemplate(policy: Policy, template: Template): void {
  requireNoSession(template);
  for (const [attribute, value] of template) {
    if (READ_ONLY.has(attribute)) throw CkError.attributeReadOnly(attribute);
    if (policy.refusesUnknownAttributes && (!isKnownAttribute(attribute) || isUnkept(attribute, value))) {
      throw CkError.attributeTypeInvalid(attribute);
    }
    requireKind(attribute, value);
  }
  if (template.get(CKA_TRUSTED) === true && !policy.allows(XCP_CPB_USER_SET_TRUSTED)) {
    throw CkError.functionCanceled("only an administrator makes a key trusted");
  }
  const combined = template.get(CKA_EXTRACTABLE) === true && template.get(CKA_IBM_PROTKEY_EXTRACTABLE) === true;
  if (combined && !policy.allows(XCP_CPB_ALLOW_COMBINED_EXTRACT)) {
    throw CkError.functionCanceled("a key is extractable in one way or the other");
  }
}

/** Does a caller ask for a restriction that the key would not have? */
function isUnkept(attribute: number, value: AttributeValue): boolean {
  const asks = value === true || (value instanceof Uint8Array && value.some((byte) => byte !== 0));
  return UNKEPT_RESTRICTIONS.has(attribute) && asks;
}

function requireKind(attribute: number, value: AttributeValue): void {
  const kind = attributeKind(attribute);
  const fits =
    kind === "boolean"
      ? typeof value === "boolean"
      : kind === "integer"
        ? typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        : true;
  if (!fits) throw CkError.attributeValueInvalid(attribute, `is a ${kind}`);
}

/** Throws CKR_TEMPLATE_INCONSISTENT unless both halves of a pair are attribute-bound or neither is. */
export function requireSameBinding(publicTemplate: Template, privateTemplate: Template): void {
  const [inPublic, inPrivate] = [publicTemplate, privateTemplate].map(
    (template) => booleanIn(template, CKA_IBM_ATTRBOUND) ?? false,
  );
  if (inPublic !== inPrivate) {
    throw CkError.templateInconsistent("CKA_IBM_ATTRBOUND differs between the halves of the pair");
  }
}

/**
 * The key that `material` becomes. The template must have passed {@link requireLegalTemplate}.
 * Errors: CKR_FUNCTION_CANCELED for keys the policy forbids, CKR_TEMPLATE_INCONSISTENT, those of requireAssertedFacts.
 */
export function createKey(material: KeyMaterial, asked: Template, origin: Origin): Key {
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
    uid: material.objectClass === CKO_PUBLIC_KEY ? impliedUid(material) : origin.uid,
    session: NO_SESSION,
    attributes: storedAttributes(material, template, origin),
  };
  requireAssertedFacts(template, key);
  if (hasBoolean(booleans, CKA_IBM_ATTRBOUND)) requireBindable(key, template);
  requireAllowedMaterial(origin.policy, key);
  requireSeparatedRights(origin.policy, key);
  return key;
}

/** What a key knows besides its booleans and its value. */
function storedAttributes({ objectClass }: KeyMaterial, template: Template, origin: Origin): Template {
  const attributes = new Map<number, AttributeValue>();
  if (origin.origin === "generate") attributes.set(CKA_KEY_GEN_MECHANISM, origin.mechanism);
  const { base, revealed = [] } = origin;
  const derived = origin.origin === "derive" && objectClass !== CKO_PUBLIC_KEY && base !== undefined;
  if (derived && [base, ...revealed].every(alwaysSensitive)) attributes.set(CKA_ALWAYS_SENSITIVE, true);
  if (objectClass === CKO_SECRET_KEY && wantsNoCheckValue(template)) attributes.set(CKA_CHECK_VALUE, new Uint8Array(0));
  return attributes;
}

/** Throws CKR_TEMPLATE_INCONSISTENT unless a key of this type can be attribute-bound, and is meant to be secret. */
function requireBindable(key: Key, template: Template): void {
  if (!BINDABLE.has(key.keyType)) throw CkError.templateInconsistent("keys of this type cannot be attribute-bound");
  if (key.objectClass !== CKO_PUBLIC_KEY && booleanIn(template, CKA_SENSITIVE) === false) {
    throw CkError.templateInconsistent("an attribute-bound key is sensitive");
  }
}

/**
 * The rights an attribute-bound key arrives with. They were authenticated, but by a MAC key whose value a caller may know
 * (an agreement with a peer of the caller's own makes one): they never make a key trusted, unbound or of another history.
 */
function carriedBooleans(material: KeyMaterial, { bound, policy }: Origin): number {
  const carried = bound?.booleans ?? 0;
  if (!hasBoolean(carried, CKA_IBM_ATTRBOUND) || !hasBoolean(carried, CKA_EXTRACTABLE))
    throw CkError.wrappedKeyInvalid();
  const history = [CKA_LOCAL, CKA_NEVER_EXTRACTABLE, CKA_IBM_PROTKEY_NEVER_EXTRACTABLE];
  const withheld = Array.from(BOOLEAN_BITS.keys()).filter((attribute) => isWithheld(material, carried, attribute));
  const dropped = [...history, ...withheld, ...(policy.allows(XCP_CPB_USER_SET_TRUSTED) ? [] : [CKA_TRUSTED])];
  return dropped.reduce((booleans, attribute) => withBoolean(booleans, attribute, false), carried & ALL_BOOLEANS);
}

function newBooleans(material: KeyMaterial, template: Template, origin: Origin): number {
  let booleans = 0;
  const set = (attribute: number, value: boolean) => {
    booleans = withBoolean(booleans, attribute, value);
  };
  const asked = (attribute: number, otherwise: boolean) => booleanIn(template, attribute) ?? otherwise;
  const generated = origin.origin === "generate";

  set(CKA_IBM_ATTRBOUND, attributeBound(template, origin));
  for (const usage of usageOf(material, template, origin)) set(usage, !isWithheld(material, booleans, usage));
  const modifiable = asked(CKA_MODIFIABLE, true);
  set(CKA_MODIFIABLE, modifiable);
  set(CKA_IBM_NEVER_MODIFIABLE, !modifiable);
  set(CKA_LOCAL, generated);
  for (const attribute of [CKA_IBM_RESTRICTABLE, CKA_IBM_USE_AS_DATA, CKA_TRUSTED]) {
    set(attribute, asked(attribute, false));
  }
  set(CKA_WRAP_WITH_TRUSTED, needsTrust(origin) || asked(CKA_WRAP_WITH_TRUSTED, false));
  if (material.objectClass === CKO_PUBLIC_KEY) return booleans;

  const extractable = asked(CKA_EXTRACTABLE, origin.policy.extractableByDefault) && mayBeExtractable(origin);
  const protectedKey = asked(CKA_IBM_PROTKEY_EXTRACTABLE, false);
  set(CKA_EXTRACTABLE, extractable);
  set(CKA_NEVER_EXTRACTABLE, !extractable && neverExtractable(origin));
  set(CKA_IBM_PROTKEY_EXTRACTABLE, protectedKey);
  set(CKA_IBM_PROTKEY_NEVER_EXTRACTABLE, generated && !protectedKey);
  return booleans;
}

/** The usage attributes that will be set. Those that mean nothing for the type are ignored (spec decision 3). */
function usageOf(material: KeyMaterial, template: Template, origin: Origin): number[] {
  const rules = usageRules(material);
  const defaults = usageDefaults(rules, template, origin);
  return rules.applicable.filter((usage) => {
    const cannotBeWithheld = material.objectClass === CKO_PUBLIC_KEY && (usage === CKA_VERIFY || usage === CKA_ENCRYPT);
    return cannotBeWithheld || (booleanIn(template, usage) ?? defaults.includes(usage));
  });
}

function usageDefaults(rules: UsageRules, template: Template, { origin, policy }: Origin): readonly number[] {
  if (origin === "unwrap") return [];
  if (policy.allows(XCP_CPB_SIGN_CRYPT_KEYS)) return rules.defaults;
  const explicit = rules.applicable.some((usage) => booleanIn(template, usage) === true);
  return explicit ? [] : (rules.separated ?? rules.defaults);
}

function usageRules(material: KeyMaterial): UsageRules {
  const rules = keyTypeRules(material.keyType);
  if (rules === undefined) throw CkError.templateInconsistent("the HSM does not know this key type");
  if (rules.kind === "secret") return rules;
  return material.objectClass === CKO_PRIVATE_KEY ? rules.privateKey : rules.publicKey;
}

/** A key derived from an attribute-bound key is attribute-bound, unless the policy lets it go (ep11 facts 3.6). */
function attributeBound(template: Template, { base, revealed = [], origin, mechanism, policy }: Origin): boolean {
  const asked = booleanIn(template, CKA_IBM_ATTRBOUND);
  if (asked && FROM_PASSWORDS.has(mechanism)) {
    throw CkError.templateInconsistent("whoever knows the password knows the key: it is not attribute-bound");
  }
  if (origin !== "derive") return asked ?? false;
  const sources = base === undefined ? revealed : [base, ...revealed];
  const inherited = sources.some((key) => hasBoolean(key.booleans, CKA_IBM_ATTRBOUND));
  if (asked === undefined || asked === inherited) return inherited;
  if (asked) throw CkError.templateInconsistent("the base key is not attribute-bound");
  if (revealed.some(isBoundSecret)) {
    throw CkError.templateInconsistent("a key that gives away an attribute-bound one is attribute-bound");
  }
  if (!policy.allows(XCP_CPB_DERIVE_NON_AB_KEYS)) {
    throw CkError.functionCanceled("the policy keeps keys of attribute-bound keys attribute-bound");
  }
  return false;
}

function isBoundSecret({ objectClass, booleans }: Key): boolean {
  return objectClass !== CKO_PUBLIC_KEY && hasBoolean(booleans, CKA_IBM_ATTRBOUND);
}

/** Is it a key, or does it give one away, that leaves only under trusted KEKs? */
function needsTrust({ revealed = [], underTrusted = false, policy }: Origin): boolean {
  const kept = underTrusted && policy.safeguards.has("trusted transport is kept");
  return kept || revealed.some((key) => hasBoolean(key.booleans, CKA_WRAP_WITH_TRUSTED));
}

function mayBeExtractable({ revealed = [] }: Origin): boolean {
  return revealed.every((key) => hasBoolean(key.booleans, CKA_EXTRACTABLE));
}

/** Has no value of this key ever been extractable? Nobody can say that of an imported one. */
function neverExtractable({ base, origin }: Origin): boolean {
  if (origin === "generate") return true;
  return origin === "derive" && base !== undefined && hasBoolean(base.booleans, CKA_NEVER_EXTRACTABLE);
}
