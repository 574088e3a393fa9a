import * as ck from "@grep11/cryptoki";
import { isHashState } from "../primitives/hash/hash.ts";
import type { RunningState } from "./family.ts";
import type { MechanismRow } from "./row.ts";

type Hashes = (typeof ck.HASHES)[ck.HashName];
/** The columns of `ck.HASHES` that contain CKM_* numbers. */
type Kind = "digest" | "hmac" | "hmacGeneral" | "keyDerivation" | "rsaPkcs" | "rsaPss" | "ecdsa" | "hashMlDsa";
type NumberOf<K extends Kind, H> = H extends { readonly [P in K]: infer N extends number } ? N : never;
type AliasOf<K extends Kind, H> = H extends { readonly aliases: infer A } ? NumberOf<K, A> : never;

/**
 * Returns one row, made by `create`, for each mechanism of this kind. A hash may have no such mechanism, one, or two
 * with different numbers.
 */
export function hashRows<K extends Kind>(
  kind: K,
  create: (mechanism: NumberOf<K, Hashes> | AliasOf<K, Hashes>, hash: ck.HashName) => MechanismRow,
): MechanismRow[] {
  return ck.hashNames.flatMap((hash) => {
    const numbers: ck.HashNumbers = ck.HASHES[hash];
    const aliases: Partial<Record<Kind, number>> = numbers.aliases ?? {};
    const mechanisms = [numbers[kind], aliases[kind]].filter((number) => number !== undefined);
    return mechanisms.map((mechanism) => create(mechanism as NumberOf<K, Hashes>, hash));
  });
}

/** Returns `runningState`. Throws CKR_SAVED_STATE_INVALID unless it is a state of the hash `name`. */
export function requireHashState(runningState: RunningState, name: ck.HashName): RunningState {
  if (!isHashState(runningState, name)) throw ck.CkError.savedStateInvalid();
  return runningState;
}
