/** Defines the information about a mechanism that the engine, the client, the command line and the documents share. */
import * as ck from "@grep11/cryptoki";
import type { Parameter } from "./layout/parameter.ts";

/** A file with known answers, relative to `../shared/vectors`. */
export type VectorFile = `ep11/${string}.json` | `wycheproof/${string}_*`;

// biome-ignore lint/suspicious/noExplicitAny: parameters of all types; ReadBy and WrittenBy have the types
export type AnyParameter = Parameter<any, any>;

/** Mechanisms that are specified together, and what they have in common. */
export interface Section<M extends readonly (readonly [mechanism: number, parameter: AnyParameter])[]> {
  readonly title: string;
  /** The standards and their sections. */
  readonly standard: string;
  /** The files with known answers. */
  readonly vectors: readonly VectorFile[];
  /** Further information for users, in Markdown. */
  readonly remark?: string;
  /**
   * The mechanisms (CKM_*) with their parameters, in the order of GetMechanismList. The mechanisms of IBM's cards come before all
   * others, in the order of the cards.
   */
  readonly mechanisms: M;
}

/** Returns `section` with the exact types of its mechanisms. */
export function section<const M extends readonly (readonly [number, AnyParameter])[]>(section: Section<M>): Section<M> {
  return section;
}

/** Gives all of `mechanisms` the same parameter. */
export function all<const N extends readonly number[], P>(
  parameter: P,
  ...mechanisms: N
): { readonly [K in keyof N]: readonly [N[K], P] } {
  return mechanisms.map((mechanism) => [mechanism, parameter]) as unknown as ReturnType<typeof all<N, P>>;
}

type Hashes = typeof ck.HASHES;
/** The members of {@link ck.HashNumbers} that are mechanisms. */
type HashKind = "digest" | "hmac" | "hmacGeneral" | "keyDerivation" | "rsaPkcs" | "rsaPss" | "hashMlDsa";
type OfHash<N, K extends HashKind, P> = N extends { readonly [_ in K]: infer M extends number }
  ? readonly [M, P]
  : never;
type AliasOf<N, K extends HashKind, P> = N extends { readonly aliases: infer A } ? OfHash<A, K, P> : never;

/** Lists the mechanisms of one `kind` for all hashes, and then their aliases. `parameter` returns the parameter for a hash. */
export function ofHashes<const K extends HashKind, P>(
  kind: K,
  parameter: (hash: ck.HashName) => P,
): readonly { [H in ck.HashName]: OfHash<Hashes[H], K, P> | AliasOf<Hashes[H], K, P> }[ck.HashName][] {
  const numbers = (hash: ck.HashName): ck.HashNumbers => ck.HASHES[hash];
  const aliases = (hash: ck.HashName): Partial<Record<string, number>> => numbers(hash).aliases ?? {};
  const pairs = [numbers, aliases].flatMap((of) =>
    ck.hashNames.map((hash) => [of(hash)[kind], parameter(hash)] as const),
  );
  return pairs.filter(([mechanism]) => mechanism !== undefined) as unknown as ReturnType<typeof ofHashes<K, P>>;
}
