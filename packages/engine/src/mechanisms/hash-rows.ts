/** Creates the rows of mechanisms that exist once per hash. */
import * as ck from "@grep11/cryptoki";
import type { MechanismRow } from "./row.ts";

type Hashes = (typeof ck.HASHES)[ck.HashName];
/** The columns of the table of hashes that contain CKM_* numbers. */
type Kind = "digest" | "hmac" | "hmacGeneral" | "keyDerivation" | "rsaPkcs" | "rsaPss" | "ecdsa" | "hashMlDsa";
type NumberOf<K extends Kind, H> = H extends { readonly [P in K]: infer N extends number } ? N : never;
type AliasOf<K extends Kind, H> = H extends { readonly aliases: infer A } ? NumberOf<K, A> : never;

/**
 * Calls `create` for each hash that has a mechanism of this kind, and once more if the hash has a second number for it.
 * Returns the rows.
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
