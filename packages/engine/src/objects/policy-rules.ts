/**
 * What a policy says about the rights of a key: which exclude each other, for how long, and what that means for KEKs. The
 * rules are data, so that the model checker (test/policy-model) reads the ones that the engine keeps. What a policy forbids
 * is CKR_FUNCTION_CANCELED (docs/reference/ep11.md#control-points).
 */
import * as ck from "@grep11/cryptoki";
import { requireAllowedMaterial } from "./allowed-material.ts";
import { bitOf, hasBoolean } from "./booleans.ts";
import type { Key, KeyMaterial } from "./key.ts";
import { keyTypeRules } from "./key-types.ts";
import { isMadeHere } from "./made-here.ts";
import type { Policy } from "./policy.ts";

/** Encrypting and decrypting data. */
export const CRYPT = bitOf(ck.CKA_ENCRYPT) | bitOf(ck.CKA_DECRYPT);
/** Signing and verifying data. */
export const SIGN = bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_VERIFY);
/** Wrapping and unwrapping keys. */
export const TRANSPORT = bitOf(ck.CKA_WRAP) | bitOf(ck.CKA_UNWRAP);
/** Deriving keys. */
export const DERIVE = bitOf(ck.CKA_DERIVE);
/** Serving as the data that a key is derived from. */
export const AS_DATA = bitOf(ck.CKA_IBM_USE_AS_DATA);

/** Two purposes that one key may not have while a control point is off, or while the policy keeps derivation apart. */
export interface Exclusion {
  readonly groups: readonly [number, number];
  /** XCP_CPB_* that allows both, or `derivation` for {@link Policy.mixesDerivation}. */
  readonly allowedBy: number | "derivation";
  /** CKO_* that it is about. Of public keys only CKA_WRAP can be withheld. */
  readonly objectClasses: readonly number[];
  /** What such a key would do. */
  readonly words: string;
}

const ALL_CLASSES = [ck.CKO_SECRET_KEY, ck.CKO_PRIVATE_KEY, ck.CKO_PUBLIC_KEY];
const NOT_PUBLIC = [ck.CKO_SECRET_KEY, ck.CKO_PRIVATE_KEY];

/** Everything that excludes each other. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    groups: [TRANSPORT, CRYPT],
    allowedBy: ck.XCP_CPB_WRAP_CRYPT_KEYS,
    objectClasses: ALL_CLASSES,
    words: "wraps keys and crypts data",
  },
  {
    groups: [SIGN, CRYPT],
    allowedBy: ck.XCP_CPB_SIGN_CRYPT_KEYS,
    objectClasses: NOT_PUBLIC,
    words: "signs and crypts data",
  },
  {
    groups: [TRANSPORT, SIGN],
    allowedBy: ck.XCP_CPB_WRAP_SIGN_KEYS,
    objectClasses: ALL_CLASSES,
    words: "wraps keys and signs",
  },
  {
    groups: [DERIVE | AS_DATA, TRANSPORT],
    allowedBy: "derivation",
    objectClasses: ALL_CLASSES,
    words: "wraps keys and takes part in derivations, which could undo it",
  },
  {
    groups: [DERIVE, CRYPT | SIGN],
    allowedBy: "derivation",
    objectClasses: [ck.CKO_SECRET_KEY],
    words: "derives keys and does what a derivation could undo",
  },
];

/**
 * Rights that no key of the kind has under any policy, because they would undo what `because` promises. Templates that ask
 * for them are read as if they did not; a key of an older blob that has one may not use it.
 */
export const WITHHELD_RIGHTS: readonly {
  readonly objectClass: number;
  readonly keyType: number;
  /** CKA_* that the key has. */
  readonly because: number;
  /** CKA_* that it therefore never has. */
  readonly never: number;
}[] = [
  // Decrypting would open the content keys of attribute-bound transports (docs/attribute-bound.md).
  { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_RSA, because: ck.CKA_IBM_ATTRBOUND, never: ck.CKA_DECRYPT },
];

/** Is `usage` withheld from keys of this kind with these booleans? */
export function isWithheld({ objectClass, keyType }: KeyMaterial, booleans: number, usage: number): boolean {
  return WITHHELD_RIGHTS.some(
    (entry) =>
      entry.objectClass === objectClass &&
      entry.keyType === keyType &&
      entry.never === usage &&
      hasBoolean(booleans, entry.because),
  );
}

/** What excludes each other on keys of the class under the policy. */
export function exclusionsOf(policy: Policy, objectClass: number): readonly Exclusion[] {
  return EXCLUSIONS.filter(({ allowedBy, objectClasses }) => {
    const allowed = allowedBy === "derivation" ? policy.mixesDerivation : policy.allows(allowedBy);
    return !allowed && objectClasses.includes(objectClass);
  });
}

/** Does the policy keep KEKs apart from keys for data, so that what they carry stays unknown? */
export function separatesKeks(policy: Policy): boolean {
  return !policy.allows(ck.XCP_CPB_WRAP_CRYPT_KEYS);
}

/**
 * The rights that count when the policy looks for two that exclude each other. Verifying and encrypting with a public key
 * needs no secret and says nothing; its history has the rights of the private half (objects/key-pair.ts).
 */
export function countedRights({ safeguards }: Policy, { objectClass, booleans, everSet }: Key): number {
  const rights = safeguards.has("rights are remembered") ? everSet : booleans;
  return objectClass === ck.CKO_PUBLIC_KEY ? rights & PAIR_RIGHTS : rights;
}

/** What the history of a public key says about its pair. */
export const PAIR_RIGHTS = TRANSPORT | DERIVE | bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_DECRYPT);

/** Throws CKR_FUNCTION_CANCELED if the key has, or ever had, rights of which the policy allows only one. */
function requireOnePurpose(policy: Policy, key: Key): void {
  const rights = countedRights(policy, key);
  for (const { groups, words } of exclusionsOf(policy, key.objectClass)) {
    if (groups.every((group) => (rights & group) !== 0)) {
      throw ck.CkError.functionCanceled(`the policy allows no key that ${words}, or ever could`);
    }
  }
}

/**
 * Throws CKR_FUNCTION_CANCELED if the policy forbids a key with these rights. Public keys are exempt: verifying and
 * encrypting with them cannot be withheld. Where they wrap, {@link requireAllowedKek} looks at them.
 */
export function requireSeparatedRights(policy: Policy, key: Key): void {
  if (key.objectClass !== ck.CKO_PUBLIC_KEY) requireOnePurpose(policy, key);
}

/**
 * Throws CKR_FUNCTION_CANCELED unless `key` may get the right `attribute` now that it exists. The HSM keeps nothing, so the
 * blob as it is stays valid beside the changed one, and could get a right that excludes this one.
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
        "the policy settles what a key is for when it is made; make it with this right",
      );
    }
  }
}

/** The rights that a key of the type can have at all; a public key counts for its pair. */
function possibleRights({ objectClass, keyType }: Key): number {
  const rules = keyTypeRules(keyType);
  if (rules === undefined || objectClass === ck.CKO_PUBLIC_KEY) return ~0;
  const { applicable } = rules.kind === "secret" ? rules : rules.privateKey;
  return applicable.reduce((rights, usage) => rights | bitOf(usage), rules.kind === "secret" ? AS_DATA : 0);
}

/**
 * Throws CKR_FUNCTION_CANCELED unless keys may be wrapped under `kek`: where the policy keeps KEKs apart, that is one which
 * was made here for transport alone, or one that an operator trusts.
 */
export function requireAllowedKek(policy: Policy, kek: Key): void {
  if (!separatesKeks(policy)) return;
  requireOnePurpose(policy, kek);
  if (!policy.safeguards.has("KEKs are made here")) return;
  if (hasBoolean(kek.booleans, ck.CKA_TRUSTED)) return;
  if (isMadeHere(kek) && (!policy.safeguards.has("halves are one key") || isForTransport(kek))) return;
  throw ck.CkError.functionCanceled(
    "the policy wraps under keys that were not generated here for it only if an operator trusts them (grep11-server key trust)",
  );
}

/**
 * Was the key made to wrap or unwrap? A public key was if its history says so of the private half (objects/key-pair.ts);
 * without history, which public keys did not always have, nobody knows what that half may do.
 */
function isForTransport({ objectClass, everSet }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY || hasBoolean(everSet, ck.CKA_UNWRAP);
}

/** Throws CKR_KEY_NOT_WRAPPABLE for a key that the policy lets go only together with its rights. */
export function requireMayLeave(policy: Policy, key: Key): void {
  if (!separatesKeks(policy) || !policy.safeguards.has("KEKs stay")) return;
  if ((countedRights(policy, key) & TRANSPORT) === 0) return;
  throw new ck.CkError(
    ck.CKR_KEY_NOT_WRAPPABLE,
    "the policy lets a key that wraps or unwraps leave only attribute-bound",
  );
}

/** All of the policy's rules for a key that is about to be used. Throws CKR_FUNCTION_CANCELED. */
export function requireAllowedUse(policy: Policy, key: Key): void {
  if (!policy.allows(ck.XCP_CPB_ALLOW_NONSESSION) && isUnbound(key)) {
    throw ck.CkError.functionCanceled("the policy allows only keys of a login session");
  }
  requireSeparatedRights(policy, key);
  if (policy.governsKeys) requireAllowedMaterial(policy, key);
}

/** Is it a key in a blob, bound to no login session? A public key belongs to everybody. */
function isUnbound({ objectClass, session }: Key): boolean {
  return objectClass !== ck.CKO_PUBLIC_KEY && session.every((byte) => byte === 0);
}
