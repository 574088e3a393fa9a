/**
 * The two halves of a pair are sealed separately, but the rights of one matter for the other: a public half may wrap keys
 * only if the private half cannot decrypt data. Therefore the history of each half includes the relevant rights of the other.
 */
import * as ck from "@grep11/cryptoki";
import { bitOf } from "./booleans.ts";
import type { Key } from "./key.ts";
import type { Policy } from "./policy/policy.ts";
import { requireSeparatedRights, TRANSPORT } from "./policy/policy-rules.ts";

/** Rights of a private half that matter for its public half. */
const PRIVATE_RIGHTS = bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_DECRYPT) | bitOf(ck.CKA_UNWRAP) | bitOf(ck.CKA_DERIVE);

/** Returns what the history `everSet` of a private half adds to the history of its public half. */
export function historyFromPrivateHalf(everSet: number): number {
  return (everSet & PRIVATE_RIGHTS) | transportOf(everSet);
}

/** Returns the rights to wrap and unwrap if either is among `rights`, because then both halves count as keys for transport. */
function transportOf(rights: number): number {
  return (rights & TRANSPORT) === 0 ? 0 : TRANSPORT;
}

/**
 * Returns both halves of a new pair, each with the relevant rights of the other in its history. Throws CKR_FUNCTION_CANCELED
 * if the policy forbids a pair with these rights.
 */
export function joinHalves(
  policy: Policy,
  privateKey: Key,
  publicKey: Key,
): { readonly privateKey: Key; readonly publicKey: Key } {
  if (!policy.safeguards.has("halves are one key")) return { privateKey, publicKey };
  const transport = transportOf(privateKey.everSet | (publicKey.everSet & bitOf(ck.CKA_WRAP)));
  const joined = {
    privateKey: { ...privateKey, everSet: privateKey.everSet | transport },
    publicKey: { ...publicKey, everSet: publicKey.everSet | (privateKey.everSet & PRIVATE_RIGHTS) | transport },
  };
  requireSeparatedRights(policy, joined.privateKey);
  return joined;
}
