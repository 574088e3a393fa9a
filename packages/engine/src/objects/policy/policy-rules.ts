/**
 * The rules of a policy about the rights of a key: which rights exclude each other, how long an exclusion lasts, and
 * which keys may therefore be KEKs. The rules are data, so that the model checker (test/policy-model) reads the same
 * rules as the engine. A violation is CKR_FUNCTION_CANCELED (docs/reference/ep11.md#control-points).
 */
import * as ck from "@grep11/cryptoki";
import { bitOf, hasBoolean } from "../booleans.ts";
import type { Key, KeyMaterial } from "../key.ts";
import { isMadeHere } from "../key-properties.ts";
import { keyTypeRules } from "../key-types.ts";
import { requireAllowedMaterial } from "./allowed-material.ts";
import type { Policy } from "./policy.ts";

/**
 * Groups of rights, in this order: encrypting data, signing data, transporting keys, deriving keys, and serving as data
 * of a derivation.
 */
export const CRYPT = bitOf(ck.CKA_ENCRYPT) | bitOf(ck.CKA_DECRYPT);
export const SIGN = bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_VERIFY);
export const TRANSPORT = bitOf(ck.CKA_WRAP) | bitOf(ck.CKA_UNWRAP);
export const DERIVE = bitOf(ck.CKA_DERIVE);
export const AS_DATA = bitOf(ck.CKA_IBM_USE_AS_DATA);

/** Two groups of rights that one key must not combine, unless a control point or {@link Policy.mixesDerivation} allows it. */
interface Exclusion {
  readonly groups: readonly [number, number];
  /** The XCP_CPB_* that allows the combination, or `derivation` if mixesDerivation does. */
  readonly allowedBy: number | "derivation";
  /**
   * The classes of keys (CKO_*) to which the exclusion applies. It applies to public keys only if it concerns CKA_WRAP,
   * the only right that a public key can lack.
   */
  readonly objectClasses: readonly number[];
  /** Completes the error message "the policy allows no key that ...". */
  readonly does: string;
}

const ALL_CLASSES = [ck.CKO_SECRET_KEY, ck.CKO_PRIVATE_KEY, ck.CKO_PUBLIC_KEY];
const NOT_PUBLIC = [ck.CKO_SECRET_KEY, ck.CKO_PRIVATE_KEY];

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    groups: [TRANSPORT, CRYPT],
    allowedBy: ck.XCP_CPB_WRAP_CRYPT_KEYS,
    objectClasses: ALL_CLASSES,
    does: "wraps keys and encrypts or decrypts data",
  },
  {
    groups: [SIGN, CRYPT],
    allowedBy: ck.XCP_CPB_SIGN_CRYPT_KEYS,
    objectClasses: NOT_PUBLIC,
    does: "signs and encrypts or decrypts data",
  },
  {
    groups: [TRANSPORT, SIGN],
    allowedBy: ck.XCP_CPB_WRAP_SIGN_KEYS,
    objectClasses: ALL_CLASSES,
    does: "wraps keys and signs",
  },
  {
    groups: [DERIVE | AS_DATA, TRANSPORT],
    allowedBy: "derivation",
    objectClasses: ALL_CLASSES,
    does: "wraps keys and takes part in derivations, which could unwrap them",
  },
  {
    groups: [DERIVE, CRYPT | SIGN],
    allowedBy: "derivation",
    objectClasses: [ck.CKO_SECRET_KEY],
    does: "derives keys and encrypts, decrypts or signs, which could compute derived keys",
  },
];

/**
 * Rights that some keys never have under any policy, because they would break the promise of another attribute. They are
 * ignored in templates, and a key in an older blob cannot use them.
 */
export const WITHHELD_RIGHTS: readonly {
  readonly objectClass: number;
  readonly keyType: number;
  /** The attribute (CKA_*) of the keys to which the entry applies. */
  readonly because: number;
  /** The right (CKA_*) that these keys never have. */
  readonly never: number;
}[] = [
  // With decryption, a caller could read the content keys of attribute-bound transports (docs/attribute-bound.md).
  { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_RSA, because: ck.CKA_IBM_ATTRBOUND, never: ck.CKA_DECRYPT },
];

export function isWithheld({ objectClass, keyType }: KeyMaterial, booleans: number, usage: number): boolean {
  return WITHHELD_RIGHTS.some(
    (entry) =>
      entry.objectClass === objectClass &&
      entry.keyType === keyType &&
      entry.never === usage &&
      hasBoolean(booleans, entry.because),
  );
}

/** Returns the exclusions that the policy does not lift for this class of keys. */
function exclusionsOf(policy: Policy, objectClass: number): readonly Exclusion[] {
  return EXCLUSIONS.filter(({ allowedBy, objectClasses }) => {
    const allowed = allowedBy === "derivation" ? policy.mixesDerivation : policy.allows(allowedBy);
    return !allowed && objectClasses.includes(objectClass);
  });
}

/** Whether the policy separates KEKs from keys for data, so that no caller can read what a KEK wraps. */
export function separatesKeks(policy: Policy): boolean {
  return !policy.allows(ck.XCP_CPB_WRAP_CRYPT_KEYS);
}

/**
 * Returns the rights of a key that can exclude each other (see EXCLUSIONS). For a public key, verifying and encrypting
 * are left out, because every public key may do both.
 */
function countedRights({ safeguards }: Policy, { objectClass, booleans, everSet }: Key): number {
  const rights = safeguards.has("rights are remembered") ? everSet : booleans;
  return objectClass === ck.CKO_PUBLIC_KEY ? rights & PAIR_RIGHTS : rights;
}

/** Rights in a public key's history that matter for its pair (objects/key-pair.ts). */
export const PAIR_RIGHTS = TRANSPORT | DERIVE | bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_DECRYPT);

function requireOnePurpose(policy: Policy, key: Key): void {
  const rights = countedRights(policy, key);
  for (const { groups, does } of exclusionsOf(policy, key.objectClass)) {
    if (groups.every((group) => (rights & group) !== 0)) {
      throw ck.CkError.functionCanceled(`the policy allows no key that ${does}, or ever could`);
    }
  }
}

/**
 * Throws CKR_FUNCTION_CANCELED if `key` has rights that exclude each other. Public keys are exempt, because they can
 * always verify and encrypt. {@link requireAllowedKek} checks public keys that wrap.
 */
export function requireSeparatedRights(policy: Policy, key: Key): void {
  if (key.objectClass !== ck.CKO_PUBLIC_KEY) requireOnePurpose(policy, key);
}

/**
 * Throws CKR_FUNCTION_CANCELED unless the right `attribute` may be added to the existing key `key`. The blob without
 * this right stays valid. So the right is refused if that blob could later get a right that excludes it.
 */
export function requireSettledPurpose(policy: Policy, key: Key, attribute: number): void {
  if (!policy.safeguards.has("purpose is settled")) return;
  const exclusions = exclusionsOf(policy, key.objectClass);
  const rights = countedRights(policy, key);
  const excluded = exclusions.reduce(
    (bits, { groups: [a, b] }) => bits | ((a & rights) !== 0 ? b : 0) | ((b & rights) !== 0 ? a : 0),
    0,
  );
  for (const { groups } of exclusions) {
    const own = groups.find((group) => (group & bitOf(attribute)) !== 0);
    if (own === undefined || (rights & own) !== 0) continue;
    const other = groups[0] === own ? groups[1] : groups[0];
    if ((other & possibleRights(key) & ~excluded) !== 0) {
      throw ck.CkError.functionCanceled(
        "the policy fixes the purpose of a key when it is made; make it with this right",
      );
    }
  }
}

/** Returns the rights that keys of the type can have. For a public key, they include any right of its private half. */
function possibleRights({ objectClass, keyType }: Key): number {
  const rules = keyTypeRules(keyType);
  if (rules === undefined || objectClass === ck.CKO_PUBLIC_KEY) return ~0;
  const { applicable } = rules.kind === "secret" ? rules : rules.privateKey;
  return applicable.reduce((rights, usage) => rights | bitOf(usage), rules.kind === "secret" ? AS_DATA : 0);
}

/**
 * Throws CKR_FUNCTION_CANCELED unless `kek` may wrap keys. If the policy separates KEKs from other keys, a KEK must have been
 * generated here for transport alone, or an operator must trust it.
 */
export function requireAllowedKek(policy: Policy, kek: Key): void {
  if (!separatesKeks(policy)) return;
  requireOnePurpose(policy, kek);
  if (!policy.safeguards.has("KEKs are made here")) return;
  if (hasBoolean(kek.booleans, ck.CKA_TRUSTED)) return;
  if (isMadeHere(kek) && (!policy.safeguards.has("halves are one key") || isForTransport(kek))) return;
  throw ck.CkError.functionCanceled(
    "the policy allows a KEK that was not generated here for wrapping only if an operator trusts it (grep11-server key trust)",
  );
}

/**
 * Whether the private half of a public key was ever for unwrapping, as the history of the public key records. False for
 * older public keys, which have no history; true for other classes of keys.
 */
function isForTransport({ objectClass, everSet }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY || hasBoolean(everSet, ck.CKA_UNWRAP);
}

/** Throws CKR_KEY_NOT_WRAPPABLE for a key that may leave the HSM only together with its attributes. */
export function requireMayLeave(policy: Policy, key: Key): void {
  if (!separatesKeks(policy) || !policy.safeguards.has("KEKs stay")) return;
  if ((countedRights(policy, key) & TRANSPORT) === 0) return;
  throw new ck.CkError(
    ck.CKR_KEY_NOT_WRAPPABLE,
    "the policy allows a key that wraps or unwraps to leave only as an attribute-bound key",
  );
}

/** Throws CKR_FUNCTION_CANCELED unless the policy's rules allow the key that is about to be used. */
export function requireAllowedUse(policy: Policy, key: Key): void {
  if (!policy.allows(ck.XCP_CPB_ALLOW_NONSESSION) && isUnbound(key)) {
    throw ck.CkError.functionCanceled("the policy allows only keys of a login session");
  }
  requireSeparatedRights(policy, key);
  if (policy.governsKeys) requireAllowedMaterial(policy, key);
}

function isUnbound({ objectClass, session }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY && session.every((byte) => byte === 0);
}
