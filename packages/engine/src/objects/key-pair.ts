/**
 * The two halves of a pair are sealed apart, but what one may do bears on the other: a public half that wraps keys goes with
 * a private half that decrypts nothing. So each half's history has the rights of the other that matter.
 */
import * as ck from "@grep11/cryptoki";
import { bitOf } from "./booleans.ts";
import type { Key } from "./key.ts";
import type { Policy } from "./policy.ts";
import { requireSeparatedRights, TRANSPORT } from "./policy-rules.ts";

/** Rights of a private half that bear on what its public half may do. */
const PRIVATE_RIGHTS = bitOf(ck.CKA_SIGN) | bitOf(ck.CKA_DECRYPT) | bitOf(ck.CKA_UNWRAP) | bitOf(ck.CKA_DERIVE);

/** The history of a public half whose private half has the history `everSet`, besides its own rights. */
export function historyFromPrivateHalf(everSet: number): number {
  return (everSet & PRIVATE_RIGHTS) | transportOf(everSet);
}

/** A pair that wraps or unwraps is for transport, both halves of it. */
function transportOf(rights: number): number {
  return (rights & TRANSPORT) === 0 ? 0 : TRANSPORT;
}

/**
 * Both halves of a new pair, with each other's rights in their history. Throws CKR_FUNCTION_CANCELED if the policy forbids
 * a pair with these rights.
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
