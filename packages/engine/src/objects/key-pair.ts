import * as ck from "@grep11/cryptoki";
import { bitOf, hasBoolean, withBoolean } from "./booleans.ts";
import { impliedUid, type Key } from "./key.ts";
import { spkiOf } from "./key-properties.ts";
import type { Policy } from "./policy/policy.ts";
import { requireSeparatedRights, TRANSPORT } from "./policy/policy-rules.ts";

/**
 * Rights of a private key that are also recorded in the history of its public key. A policy that separates wrapping
 * from decrypting needs this history: a public key may wrap keys only if its private key was never allowed to decrypt
 * data.
 */
const PRIVATE_RIGHTS = bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_DECRYPT) | bitOf(ck.CKA_UNWRAP) | bitOf(ck.CKA_DERIVE);

/** Returns what the history `everSet` of a private half adds to the history of its public half. */
export function historyFromPrivateHalf(everSet: number): number {
  return (everSet & PRIVATE_RIGHTS) | transportOf(everSet);
}

/**
 * Returns both transport rights if `rights` contains one of them. If one half of a pair may wrap or unwrap, both halves
 * count as keys for transport.
 */
function transportOf(rights: number): number {
  return (rights & TRANSPORT) === 0 ? 0 : TRANSPORT;
}

/**
 * Returns both halves of a new pair. The history of each half also records the relevant rights of the opposite half.
 * Throws CKR_FUNCTION_CANCELED if the policy forbids a pair with these rights.
 */
export function joinHalves(policy: Policy, privateKey: Key, publicKey: Key): { privateKey: Key; publicKey: Key } {
  if (!policy.safeguards.has("halves are one key")) return { privateKey, publicKey };
  const transport = transportOf(privateKey.everSet | (publicKey.everSet & bitOf(ck.CKA_WRAP)));
  const joined = {
    privateKey: { ...privateKey, everSet: privateKey.everSet | transport },
    publicKey: { ...publicKey, everSet: publicKey.everSet | (privateKey.everSet & PRIVATE_RIGHTS) | transport },
  };
  requireSeparatedRights(policy, joined.privateKey);
  return joined;
}

/** Attributes that both halves of a pair share. */
const SHARED: readonly number[] = [ck.CKA_LOCAL, ck.CKA_IBM_ATTRBOUND];

/** Private rights and the public rights that correspond to them. */
const COUNTERPARTS: readonly (readonly [number, number])[] = [
  [ck.CKA_SIGN, ck.CKA_VERIFY],
  [ck.CKA_DECRYPT, ck.CKA_ENCRYPT],
  [ck.CKA_UNWRAP, ck.CKA_WRAP],
  [ck.CKA_DERIVE, ck.CKA_DERIVE],
];

/** Returns the public key of `privateKey`, with the rights that correspond to those of the private key. */
export function publicHalf(privateKey: Key): Key {
  const half = { objectClass: ck.CKO_PUBLIC_KEY, keyType: privateKey.keyType, value: spkiOf(privateKey) };
  return {
    ...half,
    booleans: counterpartsOf(privateKey.booleans),
    everSet: counterpartsOf(privateKey.everSet) | historyFromPrivateHalf(privateKey.everSet),
    uid: impliedUid(half),
    session: privateKey.session,
    attributes: new Map(),
  };
}

function counterpartsOf(word: number): number {
  let booleans = withBoolean(0, ck.CKA_MODIFIABLE, true);
  for (const [own, others] of COUNTERPARTS) {
    if (hasBoolean(word, own)) booleans = withBoolean(booleans, others, true);
  }
  for (const attribute of SHARED) booleans = withBoolean(booleans, attribute, hasBoolean(word, attribute));
  return booleans;
}
