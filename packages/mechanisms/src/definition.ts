/** What engine, client, command line and documents share about a mechanism. */
import type { Parameter } from "./layout/parameter.ts";

/** Known answers and where their numbers come from; files of `../shared/vectors`. */
export type VectorFile = `ep11/${string}.json` | `wycheproof/${string}_*`;

// biome-ignore lint/suspicious/noExplicitAny: parameters of all types; ReadBy and WrittenBy have the types
export type AnyParameter = Parameter<any, any>;

/** Mechanisms that are specified together, and what they have in common. */
export interface Section<M extends readonly (readonly [mechanism: number, parameter: AnyParameter])[]> {
  readonly title: string;
  /** Standards with their sections. */
  readonly standard: string;
  /** Files of known answers. */
  readonly vectors: readonly VectorFile[];
  /** What users should know besides, in Markdown. */
  readonly remark?: string;
  /** CKM_* with their parameters, in the order of GetMechanismList; what IBM's cards have is listed before, in their order. */
  readonly mechanisms: M;
}

/** A section whose mechanisms keep their types. */
export function section<const M extends readonly (readonly [number, AnyParameter])[]>(section: Section<M>): Section<M> {
  return section;
}

/** All of `mechanisms` with one parameter. */
export function all<const N extends readonly number[], P>(
  parameter: P,
  ...mechanisms: N
): { readonly [K in keyof N]: readonly [N[K], P] } {
  return mechanisms.map((mechanism) => [mechanism, parameter]) as unknown as ReturnType<typeof all<N, P>>;
}
