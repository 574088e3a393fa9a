import * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";
import { type Family, type FamilyMethod, INLINE_BYTES } from "../mechanisms/family.ts";
import type { MechanismRow } from "../mechanisms/row.ts";
import type { Key } from "../objects/key.ts";
import type { Cost } from "../primitives/cost.ts";
import type { RandomSource } from "../primitives/random.ts";
import { bytesIn } from "../workers/message.ts";

export type Method<M extends FamilyMethod> = NonNullable<Family[M]>;
/** The arguments of a method without the random source, which is added where the method runs. */
export type Inputs<M extends FamilyMethod> =
  Parameters<Method<M>> extends [...infer Rest, RandomSource] ? Rest : Parameters<Method<M>>;

/**
 * Runs `method` here or on a worker thread, depending on its cost and the length of its input. Throws the errors of the
 * method, and CKR_MECHANISM_INVALID if the family does not have the method.
 */
export async function perform<M extends FamilyMethod>(
  context: Context,
  row: MechanismRow,
  method: M,
  key: Key | undefined,
  inputs: Inputs<M>,
  options: ck.CallOptions | undefined,
): Promise<ReturnType<Method<M>>> {
  const implementation = row.family[method] as ((...inputs: readonly unknown[]) => ReturnType<Method<M>>) | undefined;
  if (implementation === undefined) throw ck.CkError.mechanismInvalid(row.mechanism, "is not for this function");
  const cost = costOf(row.family, method, key, inputs);
  if (cost === "inline") return implementation.apply(row.family, [...inputs, context.random]);
  const result = await context.executor.run(row.mechanism, method, inputs, cost, options ?? {});
  return result as ReturnType<Method<M>>;
}

/** Long inputs are never `inline`. */
function costOf(family: Family, method: FamilyMethod, key: Key | undefined, inputs: readonly unknown[]): Cost {
  const cost = family.cost?.(method, key, inputs) ?? "inline";
  if (cost !== "inline") return cost;
  const { inlineBytes = INLINE_BYTES } = family;
  const limit = typeof inlineBytes === "number" ? inlineBytes : inlineBytes(key!);
  return bytesIn(inputs.filter((input) => input !== key)) > limit ? "worker" : "inline";
}
