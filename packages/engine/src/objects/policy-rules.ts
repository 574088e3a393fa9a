/** What a policy says about the rights of a key: which exclude each other. Off means CKR_FUNCTION_CANCELED (ep11 facts 3.7). */
import {
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_ENCRYPT,
  CKA_IBM_ATTRBOUND,
  CKA_SIGN,
  CKA_UNWRAP,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_RSA,
  CKO_PRIVATE_KEY,
  CKO_PUBLIC_KEY,
  CKO_SECRET_KEY,
  CkError,
  XCP_CPB_ALLOW_NONSESSION,
  XCP_CPB_SIGN_CRYPT_KEYS,
  XCP_CPB_WRAP_CRYPT_KEYS,
  XCP_CPB_WRAP_SIGN_KEYS,
} from "@grep11/cryptoki";
import type { Policy } from "../policy.ts";
import { requireAllowedMaterial } from "./allowed-material.ts";
import { bitOf, hasBoolean } from "./booleans.ts";
import type { Key, KeyMaterial } from "./key.ts";

const CRYPT = bitOf(CKA_ENCRYPT) | bitOf(CKA_DECRYPT);
const SIGN = bitOf(CKA_SIGN) | bitOf(CKA_VERIFY);
const TRANSPORT = bitOf(CKA_WRAP) | bitOf(CKA_UNWRAP);

/** Pairs of rights one key may not have while the control point is off. */
const SEPARATIONS: readonly { controlPoint: number; groups: readonly [number, number]; words: string }[] = [
  { controlPoint: XCP_CPB_WRAP_CRYPT_KEYS, groups: [TRANSPORT, CRYPT], words: "wraps keys and crypts data" },
  { controlPoint: XCP_CPB_SIGN_CRYPT_KEYS, groups: [SIGN, CRYPT], words: "signs and crypts data" },
  { controlPoint: XCP_CPB_WRAP_SIGN_KEYS, groups: [TRANSPORT, SIGN], words: "wraps keys and signs" },
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
  { objectClass: CKO_PRIVATE_KEY, keyType: CKK_RSA, because: CKA_IBM_ATTRBOUND, never: CKA_DECRYPT },
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

/**
 * Throws CKR_FUNCTION_CANCELED if the policy forbids a key with these rights. Public keys are exempt: verifying and
 * encrypting with them cannot be withheld, so they always mix.
 */
export function requireSeparatedRights(policy: Policy, key: Key): void {
  if (key.objectClass === CKO_PUBLIC_KEY) return;
  for (const { controlPoint, groups, words } of SEPARATIONS) {
    const mixes = groups.every((group) => (key.booleans & group) !== 0);
    if (mixes && !policy.allows(controlPoint)) throw CkError.functionCanceled(`the policy allows no key that ${words}`);
  }
  if (policy.mixesDerivation || !hasBoolean(key.booleans, CKA_DERIVE)) return;
  const others = key.objectClass === CKO_SECRET_KEY ? CRYPT | SIGN | TRANSPORT : TRANSPORT;
  if ((key.booleans & others) !== 0) {
    throw CkError.functionCanceled("the policy allows no key that derives keys and does what a derivation could undo");
  }
}

/** All of the policy's rules for a key that is about to be used. Throws CKR_FUNCTION_CANCELED. */
export function requireAllowedUse(policy: Policy, key: Key): void {
  if (!policy.allows(XCP_CPB_ALLOW_NONSESSION) && isUnbound(key)) {
    throw CkError.functionCanceled("the policy allows only keys of a login session");
  }
  requireSeparatedRights(policy, key);
  if (policy.governsKeys) requireAllowedMaterial(policy, key);
}

/** Is it a key in a blob, bound to no login session? A public key belongs to everybody. */
function isUnbound({ objectClass, session }: Key): boolean {
  return objectClass !== CKO_PUBLIC_KEY && session.every((byte) => byte === 0);
}
